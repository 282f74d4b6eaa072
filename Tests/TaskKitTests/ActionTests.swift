import Shell
import Synchronization
import TaskKit
import TestSupport
import Testing

/// What the tests of one action need: a host and a context on it.
struct ActionBench {
    let directory: TemporaryDirectory
    let context: TaskContext

    init(_ tools: LocalTaskHost.Tools = .system, scripts: [Script] = [], run: String = "run-1") throws {
        directory = try TemporaryDirectory()
        context = TaskContext(
            host: try LocalTaskHost(directory, tools: tools), scripts: ScriptLibrary(scripts), runIdentifier: run,
            reconnectLimit: .seconds(5))
    }

    func path(_ name: String) -> String { directory.path + "/" + name }
}

@Suite("Files")
struct FileActionTests {
    @Test("A file is written once and then found as it should be", arguments: LocalTaskHost.Tools.installed)
    func writes(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ActionBench(tools)
        let action = FileAction(path: bench.path("a file"), content: "one\n'two'\n", mode: 0o640)
        #expect(try await action.check(in: bench.context) == .needed("\(bench.path("a file")) does not exist"))
        try await action.apply(in: bench.context)
        #expect(try await action.check(in: bench.context) == .satisfied)
        #expect(bench.directory.read("a file") == "one\n'two'\n")
    }

    @Test("The check says what differs", arguments: LocalTaskHost.Tools.installed)
    func differs(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ActionBench(tools)
        let path = bench.path("f")
        try await FileAction(path: path, content: "old", mode: 0o600).apply(in: bench.context)
        func reason(_ action: FileAction) async throws -> CheckResult { try await action.check(in: bench.context) }
        #expect(
            try await reason(FileAction(path: path, content: "new", mode: 0o600)) == .needed("\(path): content differs")
        )
        #expect(
            try await reason(FileAction(path: path, content: "old", mode: 0o644))
                == .needed("\(path): mode is 600, not 644"))
        guard
            case .needed(let owner) = try await reason(
                FileAction(path: path, content: "old", mode: 0o600, owner: "nobody:nogroup"))
        else { return #expect(Bool(false), "the owner was not looked at") }
        #expect(owner.contains("not nobody:nogroup"))
        #expect(
            try await reason(FileAction(path: bench.directory.path, content: "", mode: 0o755))
                == .needed("\(bench.directory.path) is not a regular file"))
    }

    @Test("The preview shows the content only of a file that everybody may read")
    func preview() {
        #expect(FileAction(path: "/f", content: "text", mode: 0o644).preview.joined().contains("text"))
        #expect(!FileAction(path: "/f", content: "secret", mode: 0o600).preview.joined().contains("secret"))
    }
}

@Suite("Scripts and commands")
struct ScriptActionTests {
    private let script = Script(
        name: "test/marker",
        content: Array(
            """
            case $1 in
            check) if [ -e "$2" ]; then exit 0; fi; echo "no $2"; exit 3 ;;
            apply) echo "making $2"; if [ "${3:-}" = fail ]; then seq 1 30; echo broken >&2; exit 9; fi; : >"$2" ;;
            esac
            """.utf8))

    @Test("A script is asked, applied and asked again")
    func applies() async throws {
        let bench = try ActionBench(scripts: [script])
        let action = ScriptAction(script: script, arguments: [bench.path("m")], limit: .seconds(20))
        #expect(try await action.check(in: bench.context) == .needed("no \(bench.path("m"))"))
        #expect(try await !action.hasUnfinishedRun(in: bench.context))
        try await action.apply(in: bench.context)
        #expect(try await action.hasUnfinishedRun(in: bench.context))
        #expect(try await action.verify(in: bench.context) == .satisfied)
    }

    @Test("A failed apply carries its exit status and the last 20 lines of its output")
    func failure() async throws {
        let bench = try ActionBench(scripts: [script])
        let action = ScriptAction(script: script, arguments: [bench.path("m"), "fail"], limit: .seconds(20))
        let failure = try await #require(throws: TaskFailure.self) { try await action.apply(in: bench.context) }
        #expect(failure.failureClass == .failed)
        let lines = failure.message.split(separator: "\n")
        #expect(lines.first == "test/marker failed (exit status 9)")
        #expect(lines.dropFirst().count == 20)
        #expect(lines.last == "broken")
    }

    @Test("A plan does not run another text than the one it was made with")
    func digest() async throws {
        let other = Script(name: script.name, content: Array("exit 0".utf8))
        let bench = try ActionBench(scripts: [other])
        let action = ScriptAction(script: script, arguments: [], limit: .seconds(20))
        await #expect(throws: TaskFailure.self) { try await action.check(in: bench.context) }
        await #expect(throws: TaskFailure.self) { try await action.apply(in: bench.context) }
    }

    @Test(
        "The exit status of a check decides",
        arguments: [
            ("true", CheckResult.satisfied), ("exit 1", .needed("the check ended with exit status 1")),
            ("exit 125", .needed("the check ended with exit status 125")),
        ])
    func commandCheck(_ text: String, _ result: CheckResult) async throws {
        let bench = try ActionBench()
        #expect(try await CommandAction(check: text, apply: "", limit: .seconds(5)).check(in: bench.context) == result)
    }

    @Test(
        "A check that cannot be carried out is a failure",
        arguments: ["no-such-command-here", "exit 126", "kill -9 $$"])
    func brokenCheck(_ text: String) async throws {
        let bench = try ActionBench()
        let action = CommandAction(check: text, apply: "", limit: .seconds(5))
        await #expect(throws: TaskFailure.self) { try await action.check(in: bench.context) }
    }

    @Test("A command without a check is believed by its exit status")
    func withoutCheck() async throws {
        let bench = try ActionBench()
        let action = CommandAction(check: nil, apply: "true", limit: .seconds(5))
        #expect(try await action.check(in: bench.context) == .needed("there is no check"))
        try await action.apply(in: bench.context)
        #expect(try await action.verify(in: bench.context) == .satisfied)
    }

    @Test("A full disk is told as such")
    func diskFull() async throws {
        let bench = try ActionBench()
        let action = CommandAction(check: nil, apply: "seq 1 9 >/dev/full", limit: .seconds(5))
        let failure = try await #require(throws: TaskFailure.self) { try await action.apply(in: bench.context) }
        #expect(failure.failureClass == .diskFull)
    }
}

@Suite("Waiting")
struct WaitActionTests {
    @Test("A service that answers is not waited for")
    func holds() async throws {
        let bench = try ActionBench()
        try bench.directory.write("SSH-2.0-x", to: "services/10.0.0.1:22")
        let action = WaitForServiceAction(
            address: "10.0.0.1", port: 22, banner: "SSH-", interval: .milliseconds(20), limit: .seconds(10))
        #expect(try await action.check(in: bench.context) == .holds)
    }

    @Test("A service is waited for until it answers as expected")
    func waits() async throws {
        let bench = try ActionBench()
        let action = WaitForServiceAction(
            address: "10.0.0.1", port: 22, banner: "SSH-", interval: .milliseconds(20), limit: .seconds(20))
        #expect(try await action.check(in: bench.context) == .needed("nothing answers at 10.0.0.1:22"))
        let said = Mutex<[String]>([])
        var context = bench.context
        context.report = { line in said.withLock { $0.append(line) } }
        async let waiting: Void = action.apply(in: context)
        #expect(try await eventually { said.withLock { !$0.isEmpty } })
        try bench.directory.write("HTTP", to: "services/10.0.0.1:22")
        #expect(try await eventually { said.withLock { $0.last == "10.0.0.1:22 answers 'HTTP', not 'SSH-'" } })
        try bench.directory.write("SSH-2.0-x", to: "services/10.0.0.1:22")
        try await waiting
        #expect(try await action.verify(in: bench.context) == .holds)
    }

    @Test("After its limit a wait names what it waited for, the limit and the last answer")
    func limit() async throws {
        let bench = try ActionBench()
        let action = WaitForServiceAction(
            address: "10.0.0.1", port: 22, banner: "", interval: .milliseconds(20), limit: .seconds(1))
        let failure = try await #require(throws: TaskFailure.self) { try await action.apply(in: bench.context) }
        #expect(failure.failureClass == .timedOut)
        #expect(failure.message == "waited 1 s for 10.0.0.1:22 to answer\nlast answer: nothing answers at 10.0.0.1:22")
    }

    @Test("A gate waits for the check of its script")
    func gate() async throws {
        let script = Script(
            name: "test/gate", content: Array("[ -e \"$2\" ] && exit 0; echo closed; exit 3".utf8))
        let bench = try ActionBench(scripts: [script])
        let action = WaitForScriptAction(
            script: script, arguments: [bench.path("open")], interval: .milliseconds(20), limit: .seconds(20))
        #expect(try await action.check(in: bench.context) == .needed("closed"))
        async let waiting: Void = action.apply(in: bench.context)
        try bench.directory.write("", to: "open")
        try await waiting
        #expect(try await action.check(in: bench.context) == .holds)
    }

    @Test("A cancelled wait ends at once")
    func cancelled() async throws {
        let bench = try ActionBench()
        let action = WaitForServiceAction(
            address: "10.0.0.1", port: 22, banner: "", interval: .seconds(3600), limit: .seconds(7200))
        let waiting = Task { try await action.apply(in: bench.context) }
        waiting.cancel()
        let failure = try await #require(throws: TaskFailure.self) { try await waiting.value }
        #expect(failure.failureClass == .cancelled)
    }
}
