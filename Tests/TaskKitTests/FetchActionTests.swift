import Shell
import Synchronization
import TaskKit
import TestSupport
import Testing

@Suite("Fetching")
struct FetchActionTests {
    private let content = String(repeating: "0123456789abcdef", count: 20_000)

    private func fetch(_ bench: ActionBench, name: String = "source", sha256: String? = nil) -> FetchAction {
        FetchAction(
            url: "file://" + bench.path(name), sha256: sha256 ?? Digest.hexadecimal(of: content),
            path: bench.path("in/target"),
            mode: 0o600, limit: .seconds(30))
    }

    @Test("A file is loaded, compared and put in its place")
    func loads() async throws {
        let bench = try ActionBench()
        try bench.directory.write(content, to: "source")
        let action = fetch(bench)
        #expect(try await action.check(in: bench.context) == .needed("\(bench.path("in/target")) does not exist"))
        try await action.apply(in: bench.context)
        #expect(try await action.verify(in: bench.context) == .satisfied)
        #expect(bench.directory.names(in: "in") == ["target"])
    }

    @Test("What an interrupted attempt has loaded is not loaded again")
    func resumes() async throws {
        let bench = try ActionBench()
        let action = fetch(bench)
        // The beginning differs from the source: only a resumed file has the right digest.
        try bench.directory.write("----" + content.dropFirst(4), to: "source")
        let part = "in/target.part-" + action.sha256.prefix(16)
        try bench.directory.write(String(content.prefix(1000)), to: part)
        try await action.apply(in: bench.context)
        #expect(bench.directory.read("in/target") == content)
    }

    @Test("A part that does not fit is thrown away and the file is loaded anew")
    func startsOver() async throws {
        let bench = try ActionBench()
        try bench.directory.write(content, to: "source")
        let action = fetch(bench)
        try bench.directory.write("not of this file", to: "in/target.part-" + action.sha256.prefix(16))
        try await action.apply(in: bench.context)
        #expect(bench.directory.read("in/target") == content)
    }

    @Test("Content with another digest never takes the place")
    func wrongDigest() async throws {
        let bench = try ActionBench()
        try bench.directory.write(content + "!", to: "source")
        let failure = try await #require(throws: TaskFailure.self) { try await fetch(bench).apply(in: bench.context) }
        #expect(failure.message.contains("has SHA-256 \(Digest.hexadecimal(of: content + "!")), not"))
        #expect(bench.directory.names(in: "in").isEmpty)
    }

    @Test(
        "Over HTTP a file is loaded and resumed, and a missing one is named",
        .enabled(if: LocalTaskHost.Tools.busybox.isInstalled), arguments: LocalTaskHost.Tools.installed)
    func http(_ tools: LocalTaskHost.Tools) async throws {
        let server = try ActionBench()
        try server.directory.write(content, to: "source")
        try await server.serving { port in
            let bench = try ActionBench(tools)
            let digest = Digest.hexadecimal(of: content)
            let action = FetchAction(
                url: "http://127.0.0.1:\(port)/source", sha256: digest, path: bench.path("target"), limit: .seconds(20))
            try bench.directory.write(String(content.prefix(1000)), to: "target.part-" + digest.prefix(16))
            try await action.apply(in: bench.context)
            #expect(try await action.check(in: bench.context) == .satisfied)

            var context = bench.context
            context.runIdentifier = "complete-part"
            try bench.directory.remove("target")
            try bench.directory.write(content, to: "target.part-" + digest.prefix(16))
            try await action.apply(in: context)
            #expect(try await action.check(in: context) == .satisfied)

            context.runIdentifier = "missing"
            let missing = FetchAction(
                url: "http://127.0.0.1:\(port)/nowhere", sha256: digest, path: bench.path("other"), limit: .seconds(20))
            let failure = try await #require(throws: TaskFailure.self) { try await missing.apply(in: context) }
            #expect(failure.message.contains("answered HTTP status 404"))
            #expect(failure.message.contains("/nowhere"))
        }
    }
}
