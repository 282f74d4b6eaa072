package import Model
package import PluginKit
package import Secrets
package import Store
package import TaskKit

/// A site that Planner manages: what is stored of it, and the plugins that know its technologies. Every use case is a method; the command
/// line (and later a server) does nothing else.
package struct Site: Sendable {
    package let store: Store
    package let secrets: SecretStore
    package let plugins: [any Plugin]
    package let registry: TypeRegistry
    package let plannerVersion: String
    /// Seconds since 1970.
    let now: @Sendable () -> Double

    /// Opens the state directory, and makes it when there is none.
    ///
    /// - Parameter secretKeyFile: where the key of the secrets is; nil for its place in the state directory.
    /// - Throws: ``ServiceError/store(message:nextStep:)``; `RegistrationError` when the plugins do not fit together.
    package init(
        stateDirectory: String, secretKeyFile: String? = nil, plugins: [any Plugin], plannerVersion: String,
        now: @escaping @Sendable () -> Double
    ) throws {
        self.now = now
        self.plugins = plugins
        self.plannerVersion = plannerVersion
        registry = try TypeRegistry(plugins.map(\.declarations))
        let rules = (["planner \(plannerVersion)"] + plugins.map { "\($0.name) \($0.version)" }.sorted()).joined(separator: ", ")
        store = try ServiceError.wrapping { try Store(directory: stateDirectory, rules: rules) }
        secrets = SecretStore(directory: stateDirectory, keyFile: secretKeyFile)
    }

    package var scripts: ScriptLibrary { ScriptLibrary(plugins.flatMap(\.scripts)) }

    var callbacks: CallbackLibrary { CallbackLibrary(plugins.flatMap(\.callbacks)) }

    /// The declared tree, resolved, with what is wrong with it.
    func declared() throws -> (tree: Tree, resolved: ResolvedTree, errors: [Diagnostic]) {
        let tree = try ServiceError.wrapping { try store.declared() }
        let (resolved, errors) = ResolvedTree.resolving(tree, registry: registry)
        return (tree, resolved, errors)
    }

    /// The applied tree.
    func applied() throws -> ResolvedTree {
        try ServiceError.wrapping { try store.applied(registry: registry) }
    }

    /// Throws when a run is under way: the model is read-only then.
    func refuseDuringRun() throws {
        try refuseDuringRun(try ServiceError.wrapping { try store.leaseHolder() })
    }

    /// The same within a transaction that has read the lease.
    func refuseDuringRun(_ lease: Lease?) throws {
        guard let lease, lease.isHeld(at: now()) else { return }
        throw ServiceError.runActive(holder: lease.refusal(at: now()))
    }
}

extension ServiceError {
    /// Carries out work on the store and says its errors in the words of this layer.
    static func wrapping<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let error as StoreError {
            throw ServiceError.store(message: error.message, nextStep: error.nextStep)
        } catch let error as SecretStoreError {
            throw ServiceError.store(message: error.message, nextStep: error.nextStep)
        } catch let error as ModelError {
            throw ServiceError.model(error)
        }
    }
}
