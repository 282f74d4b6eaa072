import Foundation
import TestSupport
import Testing

/// Models that are not right. Needs no host, only the program.
@Suite struct BadModelTests {
    private static let bad = """
        deployments:
          d:
            clusters:
              c:
                nodes:
                  n1:
                    hostname: n1
                    ssh: { address: 10.0.0.1, port: 70000 }
                    configs:
                      unknown: { type: managed-fil, path: /a }
                      incomplete: { type: managed-file, path: /b }
                  n2:
                    hostname: n2
                    hostname: n3
                    ssh: { address: 10.0.0.2 }
                    services:
                      gone: { inherit: /software/services/gone }
        """
    /// Where each of its mistakes is told, and with which word.
    private static let mistakes = [
        ("bad.yaml:8:45", "70000"), ("bad.yaml:10:32", "managed-fil"), ("bad.yaml:11:15", "content"),
        ("bad.yaml:14:13", "hostname"), ("bad.yaml:17:32", "inherit"),
    ]

    @Test("Every error is told in one go, with file, line and column, and the model stays as it was")
    func everyError() async throws {
        let load = try await refused([("bad.yaml", BadModelTests.bad)])
        try expect(BadModelTests.mistakes, in: load)
    }

    @Test("A file that is no YAML does not hide the errors of the others")
    func brokenFile() async throws {
        let load = try await refused([("bad.yaml", BadModelTests.bad), ("broken.yaml", "infrastructure:\n  networking: [\n")])
        try expect(BadModelTests.mistakes + [("broken.yaml:3:1", "YAML")], in: load)
    }

    @Test("A warning is shown by load and by create_plan, and stops nothing")
    func warning() async throws {
        let directory = try TemporaryDirectory()
        let file = SiteModel.File(name: "script", path: "/usr/local/bin/x", content: " #!/bin/sh")
        let model = SiteModel(nodes: [SiteModel.Node(name: "n1", address: "10.0.0.1", files: [file])])
        try directory.write(model.yaml, to: "site.yaml")
        for words in [["load", directory.path + "/site.yaml"], ["create_plan"]] {
            let done = try await LocalProcess.run(
                [Controller.program] + words, environment: ["PLANNER_STATE": directory.path + "/state", "HOME": directory.path])
            #expect(done.isSuccess, "\(done)")
            #expect(done.errors.contains("site.yaml:16:26: warning: there is something before '#!'"), "\(done.errors)")
            #expect(!done.output.contains("warning"), "\(done.output)")
        }
    }

    /// Loads files over a good model; checks that nothing came of it.
    private func refused(_ files: [(name: String, text: String)]) async throws -> Finished {
        let directory = try TemporaryDirectory()
        func planner(_ words: [String]) async throws -> Finished {
            try await LocalProcess.run(
                [Controller.program] + words, environment: ["PLANNER_STATE": directory.path + "/state", "HOME": directory.path])
        }
        let good = SiteModel(nodes: [SiteModel.Node(name: "n1", address: "10.0.0.1", files: [])])
        try directory.write(good.yaml, to: "good.yaml")
        let loaded = try await planner(["load", directory.path + "/good.yaml"])
        #expect(loaded.isSuccess, "\(loaded)")
        let before = try await planner(["export"]).output
        for file in files { try directory.write(file.text, to: file.name) }
        let load = try await planner(["load", "--replace"] + files.map { directory.path + "/" + $0.name })
        #expect(load.end == .exited(1), "\(load)")
        #expect(try await planner(["export"]).output == before)
        return load
    }

    private func expect(_ mistakes: [(place: String, word: String)], in load: Finished) throws {
        let found = load.errors.matches(of: /(?m)^\S*\/([a-z]+\.yaml:\d+:\d+): error: (.*(\n    .*)*)/)
        for (place, word) in mistakes {
            #expect(found.contains { $0.1 == place && $0.2.contains(word) }, "\(place) \(word) in:\n\(load.errors)")
        }
        #expect(found.count == mistakes.count, "\(load.errors)")
        #expect(load.errors.contains("planner: \(mistakes.count) errors; nothing was changed"), "\(load.errors)")
    }
}
