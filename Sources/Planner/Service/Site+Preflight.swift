import Engine
import Foundation
package import Model
import Planning
import PluginKit
import Runner
import Secrets
package import Store
import TaskKit

/// Asking hosts before a plan is run.
extension Site {
    /// How far the asking is.
    package enum PreflightProgress: Sendable {
        /// These hosts are asked; by the names of the hosts, in order of the plan.
        case begun([ItemPath: String])
        case answered(ItemPath)
    }

    /// What hosts say of the current plan, as far as it is not done, kept beside it in place of what they said before.
    package struct PreflightResult: Sendable {
        package let plan: StoredPlan
        package let preflight: StoredPreflight
    }

    /// Asks every host on which the current plan has still something to do. Takes no lease and journals nothing: a run may go on meanwhile.
    ///
    /// - Parameters:
    ///   - creator: who asks, `alice@ops1`.
    ///   - observe: is told how far it is; from any thread, must be quick.
    /// - Throws: ``ServiceError``: no plan, a stale one, one that was carried out already, a secret that is not there. What hosts say, or
    ///   that they say nothing, is no error.
    package func preflight(
        by creator: String, in environment: RunEnvironment,
        observe: @escaping @Sendable (PreflightProgress) -> Void = { _ in }
    ) async throws -> PreflightResult {
        let (stored, progress) = try planToAskAbout()
        let source = SiteSecrets(store: secrets, variables: environment.variables)
        try await refuseMissingSecrets(of: progress, plan: stored.plan, source: source)
        let context = try contextOfPlans()
        let preflight = Preflight(
            of: stored.plan, done: progress.done, plugins: plugins, context: context,
            sources: Site.look(at: Preflight.sources(of: stored.plan, done: progress.done)))
        observe(
            .begun(
                Dictionary(
                    preflight.inquiries.map { ($0.path, $0.connection.hostname) }, uniquingKeysWith: { first, _ in first })))
        let interview = HostInterview(
            connector: environment.connector, secrets: source,
            concealed: knownSecrets(of: stored.plan, context.comparison), now: environment.now)
        let replies = await interview.ask(preflight.inquiries) { observe(.answered($0)) }
        let result = StoredPreflight(
            planSerial: stored.serial, askedAt: environment.now(), askedBy: creator, report: preflight.report(replies))
        try ServiceError.wrapping { try store.savePreflight(result) }
        return PreflightResult(plan: stored, preflight: result)
    }

    /// The model as the plan was made from it: that is, as it is now, for the plan is not stale.
    private func contextOfPlans() throws -> PlanningContext {
        let (snapshot, resolved) = try ServiceError.wrapping {
            try store.snapshot(registry: registry) { tree, _ in ResolvedTree.resolving(tree, registry: registry).tree }
        }
        let versions = try secretVersions(for: snapshot.declared.secretUses)
        return planningInput(planningContext(resolved, snapshot, secretVersions: versions), snapshot).context
    }

    /// Whether files of this machine can be sent, and how large they are.
    private static func look(at paths: Set<String>) -> [String: Preflight.Source] {
        var sources: [String: Preflight.Source] = [:]
        for path in paths {
            let files = FileManager.default
            guard let attributes = try? files.attributesOfItem(atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path),
                let bytes = attributes[.size] as? Int
            else {
                sources[path] = .unreadable("there is no such file")
                continue
            }
            let isFile = attributes[.type] as? FileAttributeType == .typeRegular
            sources[path] =
                !isFile
                ? .unreadable("it is no regular file")
                : files.isReadableFile(atPath: path) ? .file(bytes: bytes) : .unreadable("it cannot be read")
        }
        return sources
    }
}
