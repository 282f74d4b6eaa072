import Foundation
import TestSupport
import Testing

/// The commands about plans as processes. Needs no host: nothing is run.
@Suite struct PlanCommandTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func planner(
        _ words: String..., state: String = "state", hashing: String? = nil
    ) async throws -> Finished {
        var environment = ["PLANNER_STATE": directory.path + "/" + state, "HOME": directory.path]
        environment["SWIFT_DETERMINISTIC_HASHING"] = hashing
        return try await LocalProcess.run([Controller.program] + words, environment: environment)
    }

    private static let site = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("models/lab/site.yaml").path

    @Test("The same model gives the same plan in every process, whatever the seed of its hashing, byte for byte")
    func sameBytes() async throws {
        var documents: Set<String> = []
        var texts: Set<String> = []
        // Without the variable every process has a seed of its own.
        for (index, hashing) in [nil, nil, nil, "1"].enumerated() {
            let state = "state-\(index)"
            #expect(try await planner("load", PlanCommandTests.site, state: state, hashing: hashing).end == .exited(0))
            #expect(try await planner("create_plan", state: state, hashing: hashing).end == .exited(0))
            documents.insert(try await planner("show_plan", "--json", state: state, hashing: hashing).output)
            texts.insert(try await planner("show_plan", "--full", state: state, hashing: hashing).output)
        }
        #expect(documents.count == 1)
        #expect(texts.count == 1)
    }

    @Test("A stale plan is shown with STALE in its first line and exit status 4; --exit-code tells a plan with work by 2")
    func stale() async throws {
        #expect(try await planner("load", PlanCommandTests.site).end == .exited(0))
        #expect(try await planner("create_plan", "--exit-code").end == .exited(2))
        let fresh = try await planner("show_plan", "--summary")
        #expect(fresh.end == .exited(0))
        #expect(fresh.output.contains(/created by [^ @]+@[^ @]+\n/))
        #expect(try await planner("show_plan", "--exit-code", "--summary").end == .exited(2))
        #expect(
            try await planner("update", "-p", "/software/services/master", "-o", "ram=192M").end == .exited(0))
        let stale = try await planner("show_plan", "--summary")
        #expect(stale.end == .exited(4))
        #expect(stale.output.hasPrefix("STALE: the model was changed"))
        #expect(stale.output.contains("planner create_plan makes a new plan"))
        #expect(try await planner("show_plan", "--json", "--exit-code").end == .exited(4))
        #expect(try await planner("plan_history").output.contains(/CREATED BY.*\n.*@/))
        // LITP shows an invalid plan and calls it no error.
        try FileManager.default.createSymbolicLink(atPath: directory.path + "/litp", withDestinationPath: Controller.program)
        let litp = try await LocalProcess.run(
            [directory.path + "/litp", "show_plan"],
            environment: ["PLANNER_STATE": directory.path + "/state", "HOME": directory.path])
        #expect(litp.end == .exited(0))
    }
}
