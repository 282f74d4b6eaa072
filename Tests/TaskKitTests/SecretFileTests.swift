import Foundation
import Model
import Shell
import Synchronization
import TaskKit
import TestSupport
import Testing

/// Values of a test.
struct TestSecrets: SecretSource {
    var values: [SecretReference: String]

    func value(of reference: SecretReference) async throws(SecretFailure) -> SecretValue {
        guard let text = values[reference] else { throw SecretFailure(reference, "\(reference) is not set", nextStep: "set it") }
        return SecretValue(text)
    }
}

/// Keeps every command that it passes on.
private final class WatchedHost: TaskHost {
    private let host: any TaskHost
    private let seen = Mutex<[String]>([])

    init(_ host: any TaskHost) { self.host = host }

    var commands: [String] { seen.withLock { $0 } }

    func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult {
        seen.withLock { $0.append(command.text) }
        return try await host.run(command, input: input, limit: limit, onOutput: onOutput)
    }

    func upload(_ content: [UInt8], to path: String, mode: Int, owner: String?) async throws(TaskFailure) {
        try await host.upload(content, to: path, mode: mode, owner: owner)
    }

    func upload(_ file: LocalUpload, to path: String, limit: Duration) async throws(TaskFailure) {
        try await host.upload(file, to: path, limit: limit)
    }

    func banner(ofServiceAt address: String, port: Int, limit: Duration) async throws(TaskFailure) -> String? { nil }
}

@Suite("Files with secrets")
struct SecretFileTests {
    private let content = FileContent([.text("password="), .secret(.stored("db")), .text("\n")])

    @Test(
        "A secret is put in its place on the host, and no command line has it or its digest",
        arguments: LocalTaskHost.Tools.installed)
    func writes(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ActionBench(tools)
        let host = WatchedHost(bench.context.host)
        var context = bench.context
        context.host = host
        context.secrets = TestSecrets(values: [.stored("db"): "hunter2"])
        let action = FileAction(path: bench.path("f"), content: content, mode: 0o600)
        #expect(try await action.check(in: context) == .needed("\(bench.path("f")) does not exist"))
        try await action.apply(in: context)
        #expect(try await action.check(in: context) == .satisfied)
        #expect(bench.directory.read("f") == "password=hunter2\n")
        context.secrets = TestSecrets(values: [.stored("db"): "hunter3"])
        #expect(try await action.check(in: context) == .needed("\(bench.path("f")): content differs"))
        let words = host.commands.joined(separator: "\n")
        #expect(host.commands.count == 3)
        #expect(!words.contains("hunter"))
        #expect(!words.contains(Digest.hexadecimal(of: "password=hunter2\n")))
    }

    @Test("A secret that cannot be had is a failure that names it")
    func missing() async throws {
        let bench = try ActionBench()
        let action = FileAction(path: bench.path("f"), content: FileContent(.environment("A")), mode: 0o600)
        var context = bench.context
        context.secrets = TestSecrets(values: [:])
        await #expect(throws: TaskFailure(.failed, "{env: A} is not set", nextStep: "set it")) {
            try await action.check(in: context)
        }
    }

    @Test("A plan holds the reference, and text alone as it always did")
    func encoding() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func text(_ content: FileContent) throws -> String {
            let json = try encoder.encode(content)
            #expect(try JSONDecoder().decode(FileContent.self, from: json) == content)
            return String(decoding: json, as: UTF8.self)
        }
        #expect(try text(FileContent("a\n")) == #""a\n""#)
        #expect(try text(content) == #"["password=",{"secret":"db"},"\n"]"#)
        #expect(try text(FileContent([.quoted(.environment("A"))])) == #"[{"quoted":{"env":"A"}}]"#)
        #expect(try text(FileContent(.file("/x"))) == #"[{"file":"/x"}]"#)
    }

    @Test("The preview shows references, and no size or digest that would tell of the value")
    func preview() {
        #expect(FileAction(path: "/f", content: content, mode: 0o600).preview == ["write  /f  mode 600  with {secret: db}"])
        #expect(FileAction(path: "/f", content: content, mode: 0o600).secrets == [.stored("db")])
    }
}
