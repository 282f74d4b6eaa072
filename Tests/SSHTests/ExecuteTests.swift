import Foundation
import Shell
import Testing

@testable import SSH

@Suite("Execute")
struct ExecuteTests {
    @Test("The exit status of a command is its result, whatever it is", arguments: [0, 1, 7, 255])
    func exitStatus(status: Int) async throws {
        try await withConnection { (connection, _) async throws in
            let result = try await connection.execute("exit \(status)")
            #expect(result.termination == .exited(status))
            #expect(connection.isAlive)
            #expect(connection.methods.hostKey == "ssh-ed25519")
        }
    }

    @Test("A command that dies by a signal says which")
    func signal() async throws {
        try await withConnection { (connection, _) async throws in
            #expect(try await connection.execute("kill -KILL $$").termination == .signalled("KILL"))
            #expect(try await connection.execute("kill -TERM $$").termination == .signalled("TERM"))
        }
    }

    @Test("Standard output and standard error are kept apart, also when both exceed the channel's window")
    func bothOutputs() async throws {
        try await withConnection { (connection, _) async throws in
            let passed = Collector<(SSHOutputStream, Int)>()
            let count = 5_000_000
            let result = try await connection.execute(
                "head -c \(count) /dev/zero | tr '\\0' e >&2; head -c \(count) /dev/zero | tr '\\0' o; printf end; printf fin >&2",
                outputLimit: 1000
            ) { stream, bytes in passed.append((stream, bytes.count)) }
            #expect(result.outputText == String(repeating: "o", count: 997) + "end")
            #expect(result.errorText == String(repeating: "e", count: 997) + "fin")
            #expect(result.droppedOutput == count + 3 - 1000)
            #expect(result.droppedError == count + 3 - 1000)
            for stream in [SSHOutputStream.standardOutput, .standardError] {
                #expect(passed.all.filter { $0.0 == stream }.reduce(0) { $0 + $1.1 } == count + 3)
            }
        }
    }

    @Test("Standard input arrives whole, and its end ends the command")
    func standardInput() async throws {
        try await withConnection { (connection, _) async throws in
            let input = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let result = try await connection.execute("cat", standardInput: input, outputLimit: 4_000_000)
            #expect(result.standardOutput == input)
            #expect(try await connection.execute("cat; echo over").outputText == "over\n")
        }
    }

    @Test("A command that does not read its input ends all the same")
    func unreadInput() async throws {
        try await withConnection { (connection, _) async throws in
            let input = [UInt8](repeating: 1, count: 5_000_000)
            let result = try await connection.execute(
                "head -c 3 >/dev/null; exit 4", standardInput: input, deadline: .seconds(10))
            #expect(result.termination == .exited(4))
        }
    }

    @Test("A command that closes its outputs early is waited for")
    func earlyEnd() async throws {
        try await withConnection { (connection, _) async throws in
            let result = try await connection.execute("exec <&- >&- 2>&-; sleep 0.2; exit 3")
            #expect(result.termination == .exited(3))
        }
    }

    @Test("Twenty commands at once share one connection")
    func concurrentCommands() async throws {
        try await withConnection { (connection, _) async throws in try await runMany(connection, count: 20) }
    }

    @Test("More commands than the server allows at once wait for each other", arguments: [1, 2, 5, 10])
    func sessionLimit(sessions: Int) async throws {
        try await withConnection(extra: ["MaxSessions \(sessions)"]) { (connection, _) async throws in
            try await runMany(connection, count: 20)
        }
    }

    @Test("Programs behave as command lines do, also once the login shell is known")
    func programs() async throws {
        try await withConnection { (connection, _) async throws in
            for _ in 0..<3 {
                let words = ["sh", "-c", "echo \"$0 $1\"; cat; exit 9", "it's", "a $(b) 'c'\nd"]
                let result = try await connection.execute(ShellCommand(words), standardInput: Array("in".utf8))
                #expect(result.outputText == "it's a $(b) 'c'\nd\nin")
                #expect(result.termination == .exited(9))
            }
            let error = try await failure {
                _ = try await connection.execute(ShellCommand(["sleep", "100"]), deadline: .milliseconds(200))
            }
            #expect(error.message.contains("were ended"), "\(error)")
        }
    }

    @Test("A command that found no free session in time was not started")
    func noSession() async throws {
        try await withConnection(extra: ["MaxSessions 1"]) { (connection, server) async throws in
            let seen = Collector<String>()
            let first = Task {
                try await connection.execute("echo on; exec sleep 1000") { _, bytes in
                    seen.append(String(decoding: bytes, as: UTF8.self))
                }
            }
            try await eventually("the first runs") { !seen.all.isEmpty }
            let error = try await failure {
                _ = try await connection.execute("touch \(server.folder)/touched", deadline: .milliseconds(300))
            }
            #expect(error.code == .timedOut(.command))
            #expect(error.message.contains("not started"))
            #expect(!FileManager.default.fileExists(atPath: server.folder + "/touched"))
            first.cancel()
            _ = try await failure { _ = try await first.value }
        }
    }

    @Test("A loop that waits uses no processor")
    func idle() async throws {
        try await withConnection(extra: ["MaxSessions 1"]) { (connection, _) async throws in
            let times = Collector<Int>()
            let waiting = Task { try await connection.execute("true") }
            let result = try await connection.execute("echo on; sleep 0.7; echo off") { _, _ in
                let text = try? String(contentsOfFile: "/proc/thread-self/schedstat", encoding: .utf8)
                times.append(text?.split(separator: " ").first.flatMap { Int($0) } ?? 0)
            }
            #expect(result.isSuccess)
            _ = try await waiting.value
            let used = try #require(times.all.last) - (try #require(times.all.first))
            #expect(used > 0 && used < 150_000_000, "\(used) ns of 700 ms")
        }
    }

    private func runMany(_ connection: SSHConnection, count: Int) async throws {
        try await withThrowingTaskGroup(of: (Int, SSHExecution).self) { group in
            for number in 0..<count {
                group.addTask {
                    (
                        number,
                        try await connection.execute("sleep 0.1; echo \(number); exit \(number)", deadline: .seconds(20))
                    )
                }
            }
            for try await (number, result) in group {
                #expect(result.outputText == "\(number)\n")
                #expect(result.termination == .exited(number))
            }
        }
    }

    @Test("Twenty connections live on one loop")
    func concurrentConnections() async throws {
        try await withServer { (server, loop) async throws in
            let configuration = try server.configuration()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let connection = try await SSHConnection.connect(
                            to: server.endpoint, configuration: configuration, on: loop)
                        let result = try await connection.execute("echo \(number)")
                        await connection.close()
                        return Int(result.outputText.dropLast()) ?? -1
                    }
                }
                var seen: Set<Int> = []
                for try await number in group { seen.insert(number) }
                #expect(seen == Set(0..<20))
            }
        }
    }

    @Test("What a login shell prints before the command is part of the output, not a riddle")
    func noise() throws {
        var marker = SessionMarker(token: "planner-x")
        #expect(marker.filter(Array("hello planner-".utf8)).isEmpty)
        #expect(marker.filter(Array("x 12".utf8)).isEmpty)
        #expect(marker.filter(Array("34\nrest".utf8)) == Array("hello rest".utf8))
        #expect(marker.processID == 1234)
        var silent = SessionMarker(token: "planner-x")
        #expect(silent.filter(Array("no login".utf8)).isEmpty)
        #expect(silent.finish() == Array("no login".utf8))
        #expect(silent.processID == nil)
    }

    @Test("A command that is too long for the far side is refused here")
    func tooLong() async throws {
        try await withConnection { (connection, _) async throws in
            let error = try await failure { _ = try await connection.execute(": " + String(repeating: "x", count: 40_000)) }
            #expect(error.code == .library(E2BIG))
            let long = try await connection.execute("true " + String(repeating: "x", count: 32_000))
            #expect(long.isSuccess)
        }
    }
}
