import Foundation
import TestSupport

/// The `planner` program with a state directory, a key and known hosts of its own, as one operator has it.
struct Controller: Sendable {
    static let program: String = {
        // Beside the tests, wherever they were built.
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return (tests as NSString).deletingLastPathComponent + "/planner"
    }()

    let lab: Lab
    let directory: TemporaryDirectory
    var state: String
    var identity: String
    var knownHosts: String
    /// A command that runs planner: see ``onMachine(_:)``.
    var around: [String] = []

    init(_ lab: Lab, state: String? = nil) throws {
        self.lab = lab
        directory = try TemporaryDirectory()
        self.state = state ?? directory.path + "/state"
        identity = lab.state + "/id_ed25519"
        knownHosts = lab.state + "/known_hosts"
    }

    var environment: [String: String] {
        [
            "PLANNER_STATE": state, "PLANNER_IDENTITY": identity, "PLANNER_KNOWN_HOSTS": knownHosts, "HOME": directory.path,
            "SSH_AUTH_SOCK": "",
        ]
    }

    // MARK: Commands

    /// A command of planner to its end.
    func planner(_ words: String..., environment extra: [String: String] = [:]) async throws -> Finished {
        try await planner(words, environment: extra)
    }

    func planner(_ words: [String], environment extra: [String: String] = [:]) async throws -> Finished {
        try await LocalProcess.run(
            command(words), environment: environment.merging(extra) { $1 })
    }

    /// A command of planner, and what happens while it runs.
    func planner(_ words: String..., during body: (RunningProcess) async throws -> Void) async throws -> Finished {
        try await planner(words, during: body)
    }

    func planner(_ words: [String], during body: (RunningProcess) async throws -> Void) async throws -> Finished {
        try await LocalProcess.run(command(words), environment: environment, during: body)
    }

    /// A command that the test cannot do without.
    @discardableResult
    func must(_ words: String...) async throws -> String {
        let result = try await LocalProcess.run(command(words), environment: environment)
        guard result.isSuccess else { throw TestFailure("\(result)") }
        return result.output
    }

    func command(_ words: [String]) -> [String] {
        // Only what reaches hosts needs the network; the others are quicker without a way into it.
        let isConnected = ["run_plan", "unlock", "preflight"].contains(words[0]) || words.contains("--preflight")
        let words = around + [Controller.program] + words
        return isConnected ? lab.inNetwork(words) : words
    }

    /// The same operator at a machine of another name, or at this one after it was booted anew.
    func onMachine(_ name: String) throws -> Controller {
        var copy = self
        try directory.write(UUID().uuidString.lowercased() + "\n", to: "boot_id")
        let script = """
            mount --bind "$1" /proc/sys/kernel/random/boot_id && hostname "$2" && shift 2 && exec "$@"
            """
        copy.around = ["/usr/bin/unshare", "-m", "-u", "/bin/sh", "-c", script, "machine", directory.path + "/boot_id", name]
        return copy
    }

    // MARK: Steps of many tests

    /// Makes `model` the whole declared model.
    func load(_ model: SiteModel) async throws {
        try directory.write(model.yaml, to: "site.yaml")
        try await must("load", "--replace", directory.path + "/site.yaml")
    }

    func loadAndPlan(_ model: SiteModel) async throws {
        try await load(model)
        let plan = try await must("create_plan")
        guard plan.hasPrefix("Plan ") else { throw TestFailure("there is nothing to do: \(plan)") }
    }

    /// Brings the hosts to where `model` wants them.
    func apply(_ model: SiteModel) async throws {
        try await loadAndPlan(model)
        try await must("run_plan")
    }

    func hasNothingToDo() async throws -> Bool { try await must("create_plan").hasPrefix("Nothing to do") }
}
