import Shell
import Synchronization
import TaskKit
import TestSupport
import Testing

@Suite("Waiting for a command")
struct WaitForCommandTests {
    @Test("It holds when the command succeeds, and fails at its limit with the last answer")
    func waits() async throws {
        let bench = try ActionBench()
        let file = bench.path("ready")
        let action = WaitForCommandAction("test -e '\(file)' || { echo no file yet; exit 1; }", what: file, interval: .milliseconds(20), limit: .seconds(20))
        #expect(try await action.check(in: bench.context) == .needed("the check ended with exit status 1: no file yet"))
        let waiting = Task { try await action.apply(in: bench.context) }
        try bench.directory.write("", to: "ready")
        try await waiting.value
        #expect(try await action.check(in: bench.context) == .holds)

        let never = WaitForCommandAction("exit 4", what: "the moon", interval: .milliseconds(10), limit: .zero)
        let failure = try await #require(throws: TaskFailure.self) { try await never.apply(in: bench.context) }
        #expect(failure.failureClass == .timedOut)
        #expect(failure.message.contains("waited 0 s for the moon") && failure.message.contains("exit status 4"), "\(failure.message)")
    }

    @Test("A command that does not exist is a failure at once, not a wait")
    func broken() async throws {
        let bench = try ActionBench()
        let action = WaitForCommandAction("no-such-command", what: "x", interval: .milliseconds(10), limit: .seconds(60))
        let failure = try await #require(throws: TaskFailure.self) { try await action.apply(in: bench.context) }
        #expect(failure.failureClass == .failed)
    }
}

@Suite("Files of the controller")
struct UploadActionTests {
    private func action(_ bench: ActionBench, _ content: String) -> UploadAction {
        UploadAction(
            source: bench.path("source"), sha256: Digest.hexadecimal(of: content), path: bench.path("target"), mode: 0o640,
            limit: .seconds(30))
    }

    @Test("A file is sent and then found as it should be", arguments: LocalTaskHost.Tools.installed)
    func sends(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ActionBench(tools)
        try bench.directory.write("content", to: "source")
        let action = action(bench, "content")
        #expect(try await action.check(in: bench.context) == .needed("\(bench.path("target")) does not exist"))
        try await action.apply(in: bench.context)
        #expect(try await action.check(in: bench.context) == .satisfied)
    }

    @Test("A file with another content does not take the place")
    func wrong() async throws {
        let bench = try ActionBench()
        try bench.directory.write("old", to: "target")
        try bench.directory.write("other", to: "source")
        await #expect(throws: TaskFailure.self) { try await action(bench, "content").apply(in: bench.context) }
        #expect(bench.directory.read("target") == "old")
    }

    @Test("What the host cannot reach is sent by the controller; without a copy there it may pass")
    func fallback() async throws {
        let bench = try ActionBench()
        try bench.directory.write("content", to: "source")
        func fetch(_ source: String?) -> FetchAction {
            FetchAction(
                url: "http://127.0.0.1:1/x", sha256: Digest.hexadecimal(of: "content"), path: bench.path("target"), limit: .seconds(30),
                source: source)
        }
        let failure = try await #require(throws: TaskFailure.self) { try await fetch(nil).apply(in: bench.context) }
        #expect(failure.failureClass == .transient)
        try await fetch(bench.path("source")).apply(in: bench.context)
        #expect(bench.directory.read("target") == "content")
    }
}

@Suite("Callbacks into plugins")
struct CallbackTests {
    private static func callback(version: Int) -> TaskCallback {
        TaskCallback(name: "test/touch", version: version) { arguments, context async throws(TaskFailure) in
            let path = arguments["path"] ?? ""
            let result = try await context.host.run(ShellCommand(["test", "-e", path]), input: [], limit: .seconds(9), onOutput: nil)
            return result.status == 0 ? .satisfied : .needed("there is no \(path)")
        } apply: { arguments, context async throws(TaskFailure) in
            _ = try await context.host.run(
                ShellCommand(["touch", arguments["path"] ?? ""]), input: [], limit: .seconds(9), onOutput: nil)
        }
    }

    @Test("A plan finds the code of a plugin again by name and version, and says when it is another")
    func finds() async throws {
        let bench = try ActionBench()
        let action = CallbackAction(Self.callback(version: 1), arguments: ["path": bench.path("touched")])
        var context = bench.context
        context.callbacks = CallbackLibrary([Self.callback(version: 1)])
        #expect(try await action.check(in: context) == .needed("there is no \(bench.path("touched"))"))
        try await action.apply(in: context)
        #expect(try await action.verify(in: context) == .satisfied)
        for library in [CallbackLibrary(), CallbackLibrary([Self.callback(version: 2)])] {
            var context = context
            context.callbacks = library
            let failure = try await #require(throws: TaskFailure.self) { try await action.check(in: context) }
            #expect(failure.message.contains("test/touch") && failure.nextStep != nil)
        }
    }
}
