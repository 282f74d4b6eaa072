import Foundation
import TestSupport
import Testing

/// Models that are not right. Needs no host, only the program.
@Suite struct BadModelTests {
    @Test("Every error of several files is told in one go, with file, line and column, and the model stays as it was")
    func everyError() async throws {
        let directory = try TemporaryDirectory()
        let environment = ["PLANNER_STATE": directory.path + "/state", "HOME": directory.path]
        func planner(_ words: String...) async throws -> Finished {
            try await LocalProcess.run([Controller.program] + words, environment: environment)
        }
        let good = SiteModel(nodes: [SiteModel.Node(name: "n1", address: "10.0.0.1", files: [])])
        try directory.write(good.yaml.replacing("            configs:\n", with: ""), to: "good.yaml")
        let loaded = try await planner("load", directory.path + "/good.yaml")
        #expect(loaded.isSuccess, "\(loaded)")
        let before = try await planner("export").output

        try directory.write(
            """
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
            """, to: "bad.yaml")
        try directory.write("infrastructure:\n  networking: [\n", to: "broken.yaml")
        let load = try await planner("load", "--replace", directory.path + "/bad.yaml", directory.path + "/broken.yaml")
        #expect(load.end == .exited(1))
        for (place, words) in [
            ("bad.yaml:8:", "70000"), ("bad.yaml:10:", "managed-fil"), ("bad.yaml:11:", "content"), ("bad.yaml:14:", "hostname"),
            ("bad.yaml:17:", "/software/services/gone"), ("broken.yaml:", "YAML"),
        ] {
            let found = load.errors.matches(of: /(?m)^\S*\/([a-z]+\.yaml:\d+:\d+): error: (.*(\n    .*)*)/)
            let isTold = found.contains { $0.1.hasPrefix(place) && $0.2.contains(words) }
            #expect(isTold, "\(place) \(words) in:\n\(load.errors)")
        }
        #expect(load.errors.contains("errors; nothing was changed"))
        #expect(try await planner("export").output == before)
    }
}
