import CorePlugin
import Engine
import Foundation
import HighAvailabilityPlugin
import Model
import PluginKit
import Runner
import Service
import Store
import TaskKit
import TestSupport

/// A site in a temporary directory, whose hosts are this machine's shell.
struct SiteFixture {
    private static let plugins: [any Plugin] = [CorePlugin(), HighAvailabilityPlugin()]

    /// The time that it always is.
    static let now: Double = 1_700_000_000

    let directory: TemporaryDirectory
    let site: Site

    /// - Parameter extra: plugins of a test, beside those that every fixture has.
    init(version: String = "1", extra: [any Plugin] = []) throws {
        directory = try TemporaryDirectory()
        site = try Site(
            stateDirectory: directory.path + "/state", plugins: SiteFixture.plugins + extra, plannerVersion: version,
            now: { SiteFixture.now })
    }

    /// The same site, opened by another version of Planner.
    func opened(version: String) throws -> Site {
        try Site(
            stateDirectory: directory.path + "/state", plugins: SiteFixture.plugins, plannerVersion: version,
            now: { SiteFixture.now })
    }

    /// Writes a model file and gives its name.
    func file(_ text: String, named name: String = "site.yaml") throws -> String {
        let path = directory.path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// A management server with one file on it, below the temporary directory.
    func model(content: String, restart: String? = nil) -> String {
        """
        ms:
          ssh: { address: 127.0.0.1 }
          configs:
            motd:
              type: managed-file
              path: \(directory.path)/motd
              content: "\(content)"
              owner: root:root
        """ + (restart.map { "\n      restart_command: \"\($0)\"\n" } ?? "\n")
    }

    func load(_ text: String, _ mode: Site.LoadMode = .new) throws { _ = try site.load(files: [try file(text)], mode: mode) }

    /// Runs the current plan on this machine.
    func run(resuming: Bool = false) async throws -> RunReport {
        let (stop, _) = AsyncStream.makeStream(of: Engine.StopRequest.self)
        return try await site.runPlan(resuming: resuming, in: environment(stop: stop))
    }

    /// What a run on this machine needs.
    func environment(stop: AsyncStream<Engine.StopRequest>) throws -> Site.RunEnvironment {
        Site.RunEnvironment(
            connector: LocalHosts(host: try LocalTaskHost(directory)), stop: stop, now: { SiteFixture.now }, observe: { _ in })
    }

    /// The errors of a use case that must fail.
    func errors(_ work: () throws -> Void) throws -> [Diagnostic] {
        do {
            try work()
            return []
        } catch ServiceError.model(let error) {
            return error.diagnostics
        }
    }
}

/// Every host is this machine.
private struct LocalHosts: HostConnector {
    let host: LocalTaskHost

    func host(
        at path: ItemPath, connection: HostConnection, secrets: any SecretSource
    ) async throws(TaskFailure) -> any TaskHost { host }
    func closeAll() async {}
}
