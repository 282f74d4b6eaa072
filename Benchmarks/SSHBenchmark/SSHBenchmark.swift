import Foundation
import SSH
import Shell

/// What the connections of Planner cost by themselves, without a plan around them: the program that `Benchmarks/run` measures beside others.
///
///     ssh-benchmark fleet DIRECTORY HOSTS COMMANDS    connects to HOSTS and runs `true` COMMANDS times on each
///     ssh-benchmark sequential DIRECTORY COUNT        one connection, COUNT times `true`, one after the other; prints ms for each
///     ssh-benchmark upload DIRECTORY FILE TARGET sftp|pipe
///     ssh-benchmark sessions DIRECTORY COUNT          opens COUNT connections, runs a command on each, prints the memory in use
@main
struct SSHBenchmark {
    private static let port = 22022

    static func main() async throws {
        let words = CommandLine.arguments.dropFirst().map { $0 }
        guard words.count >= 3 else { throw Complaint("usage: ssh-benchmark fleet|sequential|upload|sessions DIRECTORY ...") }
        let bench = try SSHBenchmark(directory: words[1])
        // As tasks of a run do.
        try await withTaskExecutorPreference(bench.loop.executor) { try await bench.measure(words) }
        await bench.loop.shutdown()
    }

    private func measure(_ words: [String]) async throws {
        switch words[0] {
        case "fleet": try await fleet(try Self.number(words, 2), commands: try Self.number(words, 3))
        case "sequential": try await sequential(try Self.number(words, 2))
        case "upload": try await upload(words[2], to: words[3], way: words[4])
        case "sessions": try await sessions(try Self.number(words, 2))
        default: throw Complaint("unknown: \(words[0])")
        }
    }

    private let hosts: [String]
    private let configuration: SSHConfiguration
    private let loop: SSHEventLoop

    private init(directory: String) throws {
        hosts = try String(contentsOfFile: directory + "/hosts", encoding: .utf8).split(separator: "\n").map(String.init)
        var configuration = SSHConfiguration(
            identities: [.file(path: directory + "/id_ed25519")], knownHosts: try KnownHosts(files: [directory + "/known_hosts"]))
        configuration.connectDeadline = .seconds(60)
        configuration.authenticationDeadline = .seconds(60)
        self.configuration = configuration
        loop = try SSHEventLoop()
    }

    private static func number(_ words: [String], _ index: Int) throws -> Int {
        guard index < words.count, let number = Int(words[index]) else { throw Complaint("a number is wanted") }
        return number
    }

    private func connect(_ index: Int) async throws -> SSHConnection {
        let endpoint = SSHEndpoint(host: hosts[index % hosts.count], port: Self.port, user: NSUserName())
        return try await SSHConnection.connect(to: endpoint, configuration: configuration, on: loop)
    }

    private func require(_ connection: SSHConnection) async throws {
        guard try await connection.execute(ShellCommand(["true"]), deadline: .seconds(60)).isSuccess else {
            throw Complaint("it failed")
        }
    }

    private func fleet(_ count: Int, commands: Int) async throws {
        try await atMost(50, of: count) { index in
            let connection = try await connect(index)
            for _ in 0..<commands { try await require(connection) }
            await connection.close()
        }
    }

    private func sequential(_ count: Int) async throws {
        let connection = try await connect(0)
        for _ in 0..<10 { try await require(connection) }
        var times: [Duration] = []
        for _ in 0..<count {
            let start = ContinuousClock.now
            try await require(connection)
            times.append(start.duration(to: .now))
        }
        let sorted = times.sorted()
        print(String(format: "%.3f", Double(sorted[count / 2].components.attoseconds) / 1e15))
        await connection.close()
    }

    private func upload(_ file: String, to target: String, way: String) async throws {
        let connection = try await connect(0)
        if way == "pipe" {
            _ = try await connection.upload(.file(path: file), to: target, mode: 0o600, ownerName: nil, as: nil)
        } else {
            _ = try await connection.upload(.file(path: file), to: target, mode: 0o600)
        }
        await connection.close()
    }

    private func sessions(_ count: Int) async throws {
        let connections = try await withThrowingTaskGroup(of: SSHConnection.self) { group in
            var open: [SSHConnection] = []
            for index in 0..<count {
                if index >= 50, let connection = try await group.next() { open.append(connection) }
                group.addTask {
                    let connection = try await connect(index)
                    try await require(connection)
                    return connection
                }
            }
            for try await connection in group { open.append(connection) }
            return open
        }
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let memory = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }?.split(separator: " ").dropFirst().first
        print("\(connections.count) sessions, \((memory.flatMap { Int($0) } ?? 0) / 1024) MB")
        for connection in connections { await connection.close() }
    }

    private func atMost(_ width: Int, of count: Int, _ body: @Sendable @escaping (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                if index >= width { try await group.next() }
                group.addTask { try await body(index) }
            }
            for try await _ in group {}
        }
    }
}

/// Why it cannot go on.
struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
