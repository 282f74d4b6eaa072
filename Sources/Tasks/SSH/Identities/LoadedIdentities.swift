internal import CLibSSH2
internal import Glibc

/// The identities of a configuration, read before the connection is made, so that files and passphrases do not hold up
/// the event loop.
struct LoadedIdentities: Sendable {
    enum Identity: Sendable {
        case file(PrivateKeyFile)
        case agent(socket: String)
    }

    private(set) var usable: [Identity] = []
    private(set) var problems: [SSHError] = []

    init(_ identities: [SSHIdentity]) {
        for identity in identities {
            switch identity {
            case .file(let path, let passphrase):
                do throws(SSHError) {
                    usable.append(.file(try PrivateKeyFile.load(path, passphrase: passphrase)))
                } catch {
                    problems.append(error)
                }
            case .agent(let socket):
                if let path = socket ?? getenv("SSH_AUTH_SOCK").map({ String(cString: $0) }), !path.isEmpty {
                    usable.append(.agent(socket: path))
                } else {
                    problems.append(
                        SSHError(
                            .identityUnusable, message: "there is no ssh-agent: SSH_AUTH_SOCK is not set",
                            nextStep: "start one with `eval $(ssh-agent)` and `ssh-add`"))
                }
            }
        }
    }
}
