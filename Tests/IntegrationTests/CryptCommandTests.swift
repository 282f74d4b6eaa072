import Foundation
import TestSupport
import Testing

/// Secrets as an operator stores them, by the program itself. Needs no host.
@Suite struct CryptCommandTests {
    private static let canary = "canary-7f3a9c-in-the-mine"
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// - Parameter words: shell words behind `planner`; what stands before it may be given as `before`.
    private func planner(_ words: String, before: String = "") async throws -> Finished {
        try await LocalProcess.run(
            ["/bin/sh", "-c", "\(before) \"$PLANNER\" \(words)"],
            environment: ["PLANNER": Controller.program, "PLANNER_STATE": directory.path + "/state", "HOME": directory.path])
    }

    @Test("A secret that is given on standard input is in no file and in no output as it is")
    func set() async throws {
        let set = try await planner("crypt set db/root", before: "printf '%s\\n' \(Self.canary) |")
        #expect(set.isSuccess, "\(set)")
        let list = try await planner("crypt list --json")
        #expect(list.output.contains(#""name" : "db/root""#), "\(list)")
        for finished in [set, list] { #expect(!(finished.output + finished.errors).contains("canary")) }
        let state = directory.path + "/state/"
        for name in try FileManager.default.subpathsOfDirectory(atPath: state) {
            let content = FileManager.default.contents(atPath: state + name) ?? Data()
            #expect(content.range(of: Data(Self.canary.utf8)) == nil, "\(name)")
        }
    }

    @Test("A value in a model or among the arguments is refused with status 1 or 64, and said by nobody")
    func refused() async throws {
        try directory.write(
            "ms: { configs: { f: { type: managed-file, path: /f, secret_content: \(Self.canary) } } }\n", to: "m.yaml")
        for (words, status) in [
            ("load \(directory.path)/m.yaml", 1), ("crypt set a \(Self.canary)", 64), ("crypt set \(Self.canary)=", 1),
            ("create -t managed-file -p /ms/configs/f -o path=/f mode=0600 secret_content=\(Self.canary)", 1),
        ] {
            let finished = try await planner(words, before: "printf x |")
            #expect(finished.end == .exited(status), "\(finished)")
            #expect(!(finished.output + finished.errors).contains("canary"), "\(finished)")
        }
    }

    @Test("Programs that set secrets at the same time lose none")
    func atOnce() async throws {
        let loop = "for i in 1 2 3 4 5 6 7 8; do printf v$i | \"$PLANNER\" crypt set s$i & done; wait;"
        let list = try await planner("crypt list", before: loop)
        for number in 1...8 { #expect(list.output.contains("s\(number) "), "\(list)") }
        #expect(list.isSuccess)
    }
}
