package import Model
package import TaskKit

/// The secrets that a run on this machine can have: stored ones, environment variables, files.
package struct SiteSecrets: SecretSource {
    private let store: SecretStore
    private let variables: [String: String]

    /// - Parameter variables: the environment of the process.
    package init(store: SecretStore, variables: [String: String]) {
        self.store = store
        self.variables = variables
    }

    package func value(of reference: SecretReference) async throws(SecretFailure) -> SecretValue {
        switch reference {
        case .stored(let name): return try stored(name, reference)
        case .environment(let name):
            guard let text = variables[name], !text.isEmpty else {
                throw SecretFailure(
                    reference, "the environment variable \(name) is not set",
                    nextStep: "export it in what starts 'planner run_plan'")
            }
            return SecretValue(text)
        case .file(let path): return try file(path, reference)
        }
    }

    private func stored(_ name: String, _ reference: SecretReference) throws(SecretFailure) -> SecretValue {
        do {
            return SecretValue(try store.value(of: name))
        } catch {
            let isMissing = error.code == .notFound
            throw SecretFailure(
                reference, isMissing ? "the secret '\(name)' is not set" : error.message,
                nextStep: isMissing ? "planner crypt set \(name) stores it" : error.nextStep)
        }
    }

    /// Who may read the file is the affair of whoever made it: often it is a mount with modes of its own.
    private func file(_ path: String, _ reference: SecretReference) throws(SecretFailure) -> SecretValue {
        do {
            guard let content = try PrivateFile.read(path, limit: SecretStore.maximumSize, isPrivate: false) else {
                throw SecretFailure(reference, "there is no file \(path)")
            }
            guard !content.bytes.isEmpty else { throw SecretFailure(reference, "\(path) is empty") }
            return SecretValue(content.bytes)
        } catch let error as SecretStoreError {
            throw SecretFailure(reference, error.message, nextStep: error.nextStep)
        } catch let error as SecretFailure {
            throw error
        } catch {
            throw SecretFailure(reference, "\(path) cannot be read: \(error)")
        }
    }
}
