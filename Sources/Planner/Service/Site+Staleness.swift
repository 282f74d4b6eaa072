import Model
import Planning
import PluginKit
package import Store
package import TaskKit

/// The current plan, and whether what it was made from is still so.
extension Site {
    /// A plan with all that is known of it.
    package struct PlanView: Sendable {
        package let stored: StoredPlan
        package let history: [JournalEntry]
        /// Why it cannot be run as it is; empty when it can.
        package let staleness: [String]
        /// What hosts have said last before it is run; nil when they were not asked.
        package let preflight: StoredPreflight?
    }

    /// The newest plan that was not removed.
    ///
    /// - Throws: ``ServiceError/noPlan``.
    package func currentPlan(knowing known: StoredPlan? = nil) throws -> PlanView {
        guard let stored = try ServiceError.wrapping({ try store.currentPlan(knowing: known) }), stored.state != .superseded
        else {
            throw ServiceError.noPlan
        }
        return try view(of: stored, staleness: try staleness(of: stored))
    }

    func view(of stored: StoredPlan, staleness: [String]) throws -> PlanView {
        try ServiceError.wrapping {
            PlanView(
                stored: stored, history: try store.journal(planSerial: stored.serial), staleness: staleness,
                preflight: try store.preflight(planSerial: stored.serial))
        }
    }

    /// The same without its tasks: at once, however many there are.
    ///
    /// - Throws: ``ServiceError/noPlan``.
    package func currentPlanOutline() throws -> (outline: PlanOutline, staleness: [String]) {
        guard let outline = try ServiceError.wrapping({ try store.currentPlanOutline() }), outline.state != .superseded else {
            throw ServiceError.noPlan
        }
        return (outline, try staleness(ofOutline: outline))
    }

    /// What has changed since the current plan was made.
    func staleness(ofOutline outline: PlanOutline) throws -> [String] {
        // A plan of an earlier version of the store: what it says of secrets stands in its tasks.
        guard outline.basis.secretVersions == nil,
            let stored = try ServiceError.wrapping({ try store.plan(serial: outline.serial) })
        else { return try staleness(of: outline) }
        return try staleness(of: stored)
    }

    /// What has changed since the plan was made, in words. What items differ follows the words `the model was changed`, one reason each.
    func staleness(of stored: StoredPlan) throws -> [String] {
        var outline = stored.outline
        if outline.basis.secretVersions == nil { outline.basis.secretVersions = plannedSecrets(of: stored.plan) }
        return try staleness(of: outline)
    }

    private func staleness(of plan: PlanOutline) throws -> [String] {
        guard plan.state != .successful else { return [] }
        var reasons = try modelChanges(since: plan)
        // Once the plan itself has run, what is applied has changed by it; then no other may have run after it.
        let last = try ServiceError.wrapping {
            try store.journal(after: try store.lastSequence() - 1, limit: 1).last
        }
        let isUnderWay = plan.state != .initial
        let serial = try ServiceError.wrapping { try store.appliedSerial }
        if isUnderWay ? last?.planSerial != plan.serial : serial != plan.appliedSerial {
            reasons.append("another plan was run since")
        }
        // Of a plan that was begun, a secret may be set right: the rest of it goes on with the new value.
        if !isUnderWay { reasons += secretsChanged(since: plan.basis.secretVersions ?? [:]) }
        let versions = versions
        for name in Set(versions.keys).union(plan.versions.keys).sorted() where versions[name] != plan.versions[name] {
            reasons.append(
                "it was made with \(name) \(plan.versions[name] ?? "(none)"), this is \(versions[name] ?? "(none)")")
        }
        return reasons
    }

    /// Planner and its plugins: name to version.
    private var versions: [String: String] {
        var versions = ["planner": plannerVersion]
        for plugin in plugins { versions[plugin.name] = plugin.version }
        return versions
    }

    // MARK: The model

    /// How many changed items are named.
    private static let namedItems = 10

    /// That the declared tree means something else than when the plan was made, and in what; empty when it means the same. The tree is
    /// resolved only when items differ: O(items changed since) else.
    private func modelChanges(since plan: PlanOutline) throws -> [String] {
        var differences: [DeclaredDifference] = []
        if let serial = plan.basis.declaredSerial {
            if try ServiceError.wrapping({ try store.declaredSerial }) == serial { return [] }
            differences = try ServiceError.wrapping { try store.declaredDifferences() }
            // Every item was changed back, or written again as it was.
            if differences.isEmpty { return [] }
        }
        guard try declared().resolved.fingerprint != plan.modelFingerprint else { return [] }
        var reasons = ["the model was changed"] + differences.prefix(Site.namedItems).map(Site.words(for:))
        let rest = differences.count - Site.namedItems
        if rest > 0 { reasons.append("\(rest) more \(rest == 1 ? "item" : "items")") }
        return reasons
    }

    private static func words(for difference: DeclaredDifference) -> String {
        switch difference.kind {
        case .added: "\(difference.path) was added"
        case .removed: "\(difference.path) was removed"
        case .changed(let names): "\(difference.path) has another \(names.joined(separator: ", "))"
        }
    }
}
