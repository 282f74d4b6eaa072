import Engine
package import Model
import PluginKit
import Secrets
import Store
import TaskKit

/// Secrets: storing them, and what refers to them.
extension Site {
    /// A secret that is stored, or that the model refers to, or both.
    package struct SecretListing: Sendable {
        package let name: String
        /// When it was set, in seconds since 1970; nil when it is not.
        package let setAt: Double?
        /// Where the declared model refers to it.
        package let uses: [SecretUse]

        package init(name: String, setAt: Double?, uses: [SecretUse]) {
            self.name = name
            self.setAt = setAt
            self.uses = uses
        }
    }

    /// What `crypt set` has done.
    package struct SecretSetting: Sendable {
        package let isReplacement: Bool
        /// The key file, when it was made for this secret.
        package let newKeyFile: String?
        /// Whether the value is too short to be recognised in output.
        package let isTooShortToRedact: Bool
        package let uses: [SecretUse]

        package init(isReplacement: Bool, newKeyFile: String?, isTooShortToRedact: Bool, uses: [SecretUse]) {
            self.isReplacement = isReplacement
            self.newKeyFile = newKeyFile
            self.isTooShortToRedact = isTooShortToRedact
            self.uses = uses
        }
    }

    /// Stores a value under a name.
    package func setSecret(_ name: String, to value: [UInt8]) throws -> SecretSetting {
        try ServiceError.wrapping {
            let setting = try secrets.set(name, to: value, now: now())
            return SecretSetting(
                isReplacement: setting.isReplacement, newKeyFile: setting.hasMadeKey ? secrets.keyFile : nil,
                isTooShortToRedact: value.count < Redactor.shortestLength, uses: try uses(of: name))
        }
    }

    /// Forgets a secret.
    ///
    /// - Parameter force: also when the declared model refers to it.
    /// - Returns: what refers to it all the same.
    package func deleteSecret(_ name: String, force: Bool) throws -> [SecretUse] {
        try ServiceError.wrapping {
            let uses = try uses(of: name)
            let isStored = try secrets.entries().contains { $0.name == name }
            guard force || uses.isEmpty || !isStored else { throw ModelError(uses.map { Site.stillUsed($0) }) }
            try secrets.delete(name)
            return uses
        }
    }

    private static func stillUsed(_ use: SecretUse) -> Diagnostic {
        Diagnostic(
            .methodNotAllowed, "the model refers to the secret '\(use.reference.target)'", path: use.path, property: use.property,
            value: use.reference.text, place: use.place,
            nextStep: "take the reference out of the model first, or delete the secret all the same with --force")
    }

    /// Every secret that is stored or referred to, by name.
    package func secretListings() throws -> [SecretListing] {
        try ServiceError.wrapping {
            let entries = try secrets.entries()
            let uses = Dictionary(grouping: try store.declared().secretUses.filter { $0.reference.keyword == .secret }) {
                $0.reference.target
            }
            let setAt = Dictionary(entries.map { ($0.name, $0.setAt) }, uniquingKeysWith: { first, _ in first })
            return Set(setAt.keys).union(uses.keys).sorted { NaturalOrder.isBefore($0, $1) }.map {
                SecretListing(name: $0, setAt: setAt[$0], uses: uses[$0] ?? [])
            }
        }
    }

    private func uses(of name: String) throws -> [SecretUse] {
        try store.declared().secretUses.filter { $0.reference == .stored(name) }
    }

    // MARK: For plans

    /// The version of every stored secret. A model that refers to none does not look at the files.
    func secretVersions(for uses: [SecretUse]) throws -> [String: String] {
        guard uses.contains(where: { $0.reference.keyword == .secret }) else { return [:] }
        let entries = try ServiceError.wrapping { try secrets.entries() }
        return Dictionary(entries.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
    }

    /// An error for each reference to a secret that is not stored.
    func missingSecrets(_ uses: [SecretUse], known: [String: String]) -> [Diagnostic] {
        uses.compactMap { use in
            guard case .stored(let name) = use.reference, known[name] == nil else { return nil }
            let near = NearestWord.to(name, among: known.keys.sorted())
            return Diagnostic(
                .credentialsNotFound, "the secret '\(name)' is not set", path: use.path, property: use.property,
                value: use.reference.text, place: use.place,
                nextStep: "planner crypt set \(name) stores it" + (near.map { "; or did you mean '\($0)'?" } ?? ""))
        }
    }

    /// The secrets that are not what they were when a plan was made from them, in words.
    ///
    /// - Parameter planned: what ``plannedSecrets(of:)`` said of the plan.
    func secretsChanged(since planned: [String: String]) -> [String] {
        guard !planned.isEmpty else { return [] }
        let entries: [SecretStore.Entry]
        do {
            entries = try secrets.entries()
        } catch {
            // The plan can be read all the same.
            return [error.message]
        }
        let versions = Dictionary(entries.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
        return planned.sorted { NaturalOrder.isBefore($0.key, $1.key) }.compactMap { name, version in
            switch versions[name] {
            case version: nil
            case nil: "the secret '\(name)' was deleted"
            default: "the secret '\(name)' was set anew"
            }
        }
    }

    /// The versions of the stored secrets that go into the tasks of a plan.
    func plannedSecrets(of plan: Plan) -> [String: String] {
        var planned: [String: String] = [:]
        for phase in plan.phases {
            for case let fingerprint? in phase.tasks.lazy.map(\.fingerprint) where StepFingerprint.hasSecrets(fingerprint) {
                planned.merge(StepFingerprint(text: fingerprint).secretVersions) { first, _ in first }
            }
        }
        return planned
    }

    // MARK: For runs

    /// Asks for every secret that the tasks need which are not done.
    ///
    /// - Throws: ``ServiceError/secretsMissing(_:)`` with all that cannot be had.
    func refuseMissingSecrets(of progress: PlanProgress, plan: Plan, source: SiteSecrets) async throws {
        let tasks = plan.tasks.filter { progress.tasks[$0.id]?.isSuccess != true }
        var failures: [SecretReference: SecretFailure] = [:]
        let ofHosts = Dictionary(
            tasks.compactMap { task in plan.hosts[task.host].map { (task.host, $0.secrets) } },
            uniquingKeysWith: { first, _ in first })
        func needed(by task: PlanTask) -> Set<SecretReference> {
            Set(task.action.action.secrets + (ofHosts[task.host] ?? []))
        }
        for reference in Set(tasks.flatMap(needed)).sorted() {
            do {
                _ = try await source.value(of: reference)
            } catch {
                failures[reference] = error
            }
        }
        guard !failures.isEmpty else { return }
        let errors = tasks.flatMap { task in
            needed(by: task).compactMap { failures[$0] }.map { failure in
                Diagnostic(
                    .credentialsNotFound, failure.message, path: task.identity.item,
                    value: failure.reference.text,
                    rule: "it is needed to \(task.summary)",
                    nextStep: failure.nextStep)
            }
        }
        throw ServiceError.secretsMissing(ModelError(errors))
    }

    /// Everything secret that hosts of this plan may know and print: also what earlier plans have written there.
    func knownSecrets(of plan: Plan, _ comparison: TreeComparison) -> [SecretReference] {
        let items = comparison.declared.ordered + comparison.applied.ordered
        let ofModel = items.flatMap { item in item.properties.values.compactMap(\.secret) }
        return Set(ofModel + plan.tasks.flatMap { $0.action.action.secrets } + plan.hosts.values.flatMap(\.secrets)).sorted()
    }
}
