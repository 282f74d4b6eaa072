internal import CLibSSH2
internal import Glibc

extension Session {
    /// What has become of one key.
    private enum Attempt {
        case accepted
        case rejected
        case unusable(SSHError)
    }

    /// sshd hangs up after six attempts; agents may hold more keys.
    private static var agentKeyLimit: Int { 5 }

    /// Tries every identity in order.
    func authenticate(_ operation: Operation, _ identities: LoadedIdentities) async throws(SSHError) {
        var problems = identities.problems
        var rejected: [String] = []
        for identity in identities.usable {
            switch identity {
            case .file(let key):
                switch try await attempt(operation, key) {
                case .accepted: return
                case .rejected: rejected.append(key.path)
                case .unusable(let problem): problems.append(problem)
                }
            case .agent(let socket):
                if try await attemptAgent(operation, socket, &rejected, &problems) { return }
            }
        }
        if rejected.isEmpty {
            throw problems.first ?? SSHError(.identityUnusable, message: "no identity is configured")
        }
        let others = problems.isEmpty ? "" : "; not usable: " + problems.map(\.message).joined(separator: "; ")
        throw SSHError(
            .authentication, endpoint: endpoint,
            message:
                "the server accepts no key of user \(endpoint.user); tried \(rejected.joined(separator: ", "))\(others)",
            nextStep: "add the public key to the user's authorized_keys on the host, and check the user's name")
    }

    private func attempt(_ operation: Operation, _ file: PrivateKeyFile) async throws(SSHError) -> Attempt {
        let signer = Signer(blob: file.key.blob) { data throws(Signer.Failure) in
            guard let signature = file.key.sign(data) else { throw Signer.Failure(reason: "libcrypto refused to sign") }
            return signature
        }
        let user = endpoint.user
        let code = try await complete(operation) { signer.logIn($0.session, user: user) }
        if code == 0 { return .accepted }
        if let reason = signer.failure { return .unusable(PrivateKeyFile.unusable(file.path, "cannot be used: \(reason)")) }
        return .rejected
    }

    /// True if one of the agent's keys was accepted.
    private func attemptAgent(
        _ operation: Operation, _ socket: String, _ rejected: inout [String], _ problems: inout [SSHError]
    ) async throws(SSHError) -> Bool {
        let agent: AgentClient
        let keys: [AgentClient.Key]
        do throws(AgentClient.Failure) {
            agent = try AgentClient(socket: socket)
            keys = try agent.keys()
        } catch {
            problems.append(Self.agentProblem(socket, error.reason))
            return false
        }
        let types = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"]
        let usable = keys.filter { types.contains(HostKey(blob: $0.blob).type) }.prefix(Self.agentKeyLimit)
        if usable.isEmpty {
            problems.append(Self.agentProblem(socket, "it holds no ed25519, ECDSA or RSA key"))
        }
        let user = endpoint.user
        for key in usable {
            let signer = Signer(blob: key.blob) { data throws(Signer.Failure) in
                do throws(AgentClient.Failure) {
                    return try agent.sign(data, with: key.blob)
                } catch {
                    throw Signer.Failure(reason: error.reason)
                }
            }
            let code = try await complete(operation) { signer.logIn($0.session, user: user) }
            if code == 0 { return true }
            if let reason = signer.failure {
                problems.append(Self.agentProblem(socket, reason))
            } else {
                rejected.append("agent key \(key.comment)")
            }
        }
        return false
    }

    private static func agentProblem(_ socket: String, _ reason: String) -> SSHError {
        SSHError(
            .identityUnusable, message: "the ssh-agent at \(socket) cannot be used: \(reason)", nextStep: "see `ssh-add -l`")
    }
}

/// Signs for libssh2, which asks during the call by which it logs in.
private final class Signer {
    struct Failure: Error {
        let reason: String
    }

    private let blob: [UInt8]
    private let signature: ([UInt8]) throws(Failure) -> [UInt8]
    private(set) var failure: String?

    /// - Parameter blob: the public key.
    init(blob: [UInt8], signature: @escaping ([UInt8]) throws(Failure) -> [UInt8]) {
        self.blob = Signer.named(blob)
        self.signature = signature
    }

    /// libssh2 1.10 takes the name of the signature's type from the key. An RSA key is called by the name of its best signature
    /// (RFC 8332) instead: to servers it is the same key, and SHA-1, which they refuse, is left alone.
    private static func named(_ blob: [UInt8]) -> [UInt8] {
        var reader = WireReader(blob)
        guard reader.text() == "ssh-rsa" else { return blob }
        var writer = WireWriter()
        writer.string(Array("rsa-sha2-512".utf8))
        return writer.bytes + blob.dropFirst(4 + "ssh-rsa".utf8.count)
    }

    func logIn(_ session: OpaquePointer, user: String) -> Int {
        // Valid for this call only, and libssh2 signs within it.
        var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(self).toOpaque()
        let code = libssh2_userauth_publickey(
            session, user, blob, blob.count,
            { _, signature, length, data, count, context in
                guard let context = context?.pointee, let data, let signature, let length else { return -1 }
                let signer = Unmanaged<Signer>.fromOpaque(context).takeUnretainedValue()
                let message = Array(UnsafeBufferPointer(start: data, count: count))
                guard let bytes = signer.sign(message), let copy = malloc(bytes.count) else { return -1 }
                bytes.withUnsafeBytes {
                    copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: bytes.count)
                }
                signature.pointee = copy.assumingMemoryBound(to: UInt8.self)
                length.pointee = bytes.count
                return 0
            }, &context)
        return Int(code)
    }

    private func sign(_ data: [UInt8]) -> [UInt8]? {
        do throws(Failure) {
            return try signature(data)
        } catch {
            failure = error.reason
            return nil
        }
    }
}
