internal import Dispatch
internal import Glibc

/// The key files of a process that were read and decrypted: each once, however many hosts they open.
package actor SSHKeyRing {
    private var keys: [String: Task<Result<PrivateKeyFile, SSHError>, Never>] = [:]
    private static let queue = DispatchQueue(label: "ssh-keys", attributes: .concurrent)

    package init() {}

    /// A file that could not be used is read again when it is wanted again: somebody may have mended it.
    func key(_ path: String, passphrase: (@Sendable () -> String?)?) async -> Result<PrivateKeyFile, SSHError> {
        if let known = keys[path] { return await known.value }
        let reading = Task<Result<PrivateKeyFile, SSHError>, Never> {
            // Decrypting takes a third of a second: on a thread that nobody else waits for.
            await withCheckedContinuation { continuation in
                SSHKeyRing.queue.async {
                    do throws(SSHError) {
                        continuation.resume(returning: .success(try PrivateKeyFile.load(path, passphrase: passphrase)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            }
        }
        keys[path] = reading
        let result = await reading.value
        if case .failure = result, keys[path] == reading { keys[path] = nil }
        return result
    }
}

/// The identities of a configuration, read before the connection is made, so that files and passphrases do not hold up
/// the event loop.
struct LoadedIdentities: Sendable {
    enum Identity: Sendable {
        case file(PrivateKeyFile)
        case agent(socket: String)
    }

    private(set) var usable: [Identity] = []
    private(set) var problems: [SSHError] = []

    static func load(_ identities: [SSHIdentity], from ring: SSHKeyRing) async -> LoadedIdentities {
        var loaded = LoadedIdentities()
        for identity in identities {
            switch identity {
            case .file(let path, let passphrase):
                switch await ring.key(path, passphrase: passphrase) {
                case .success(let key): loaded.usable.append(.file(key))
                case .failure(let problem): loaded.problems.append(problem)
                }
            case .agent(let socket):
                if let path = socket ?? getenv("SSH_AUTH_SOCK").map({ String(cString: $0) }), !path.isEmpty {
                    loaded.usable.append(.agent(socket: path))
                } else {
                    loaded.problems.append(
                        SSHError(
                            .identityUnusable, message: "there is no ssh-agent: SSH_AUTH_SOCK is not set",
                            nextStep: "start one with `eval $(ssh-agent)` and `ssh-add`"))
                }
            }
        }
        return loaded
    }
}
