internal import CLibSSH2

/// A file that is open over SFTP. Confined to its session's actor.
final class RemoteFile {
    let sftp: OpaquePointer
    let path: String
    /// Nil before it is open and after it was closed.
    var handle: OpaquePointer?

    init(sftp: OpaquePointer, path: String) {
        self.sftp = sftp
        self.path = path
    }

    /// The folder that the file is in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension Session {
    /// Opens, with the flags of libssh2 and, for a new file, permissions that let nobody else in.
    func openFile(_ file: RemoteFile, flags: Int32, _ operation: Operation) async throws(SSHError) {
        var opened: OpaquePointer?
        let code = try await complete(operation) { handle in
            opened = libssh2_sftp_open_ex(
                file.sftp, file.path, UInt32(file.path.utf8.count), UInt(flags), 0o600, LIBSSH2_SFTP_OPENFILE)
            return opened == nil ? min(handle.lastErrorCode, -1) : 0
        }
        guard opened != nil else { throw await fileFailure(code, file, "cannot be opened", needed: 1, operation) }
        file.handle = opened
    }

    func write(_ block: [UInt8], to file: RemoteFile, _ operation: Operation) async throws(SSHError) {
        var position = 0
        while position < block.count {
            let start = position
            let code = try await complete(operation) { _ in
                block.withUnsafeBytes { raw in
                    libssh2_sftp_write(
                        file.handle, raw.baseAddress?.assumingMemoryBound(to: CChar.self).advanced(by: start),
                        raw.count - start)
                }
            }
            guard code >= 0 else {
                throw await fileFailure(code, file, "cannot be written", needed: UInt64(block.count - start), operation)
            }
            position += code
        }
    }

    /// The next bytes; empty at the end.
    func read(_ file: RemoteFile, _ operation: Operation) async throws(SSHError) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 1024 * 1024)
        let code = try await complete(operation) { _ in
            block.withUnsafeMutableBytes { raw in
                libssh2_sftp_read(file.handle, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
            }
        }
        guard code >= 0 else { throw await fileFailure(code, file, "cannot be read", needed: 0, operation) }
        return Array(block[..<code])
    }

    /// Gets the content to the disk where the server can (fsync@openssh.com).
    func sync(_ file: RemoteFile, _ operation: Operation) async throws(SSHError) {
        let code = try await complete(operation) { _ in Int(libssh2_sftp_fsync(file.handle)) }
        if code == 0 { return }
        let isUnsupported =
            code == Int(LIBSSH2_ERROR_SFTP_PROTOCOL)
            && libssh2_sftp_last_error(file.sftp) == UInt(LIBSSH2_FX_OP_UNSUPPORTED)
        if !isUnsupported { throw await fileFailure(code, file, "cannot be synced", needed: 1, operation) }
    }

    func size(_ file: RemoteFile, _ operation: Operation) async throws(SSHError) -> UInt64 {
        var attributes = LIBSSH2_SFTP_ATTRIBUTES()
        let code = try await complete(operation) { _ in Int(libssh2_sftp_fstat_ex(file.handle, &attributes, 0)) }
        guard code == 0 else { throw await fileFailure(code, file, "cannot be examined", needed: 0, operation) }
        return attributes.filesize
    }

    /// Owner first: changing it clears set-user-ID bits.
    func setAttributes(
        _ file: RemoteFile, mode: UInt32, owner: SSHFileOwner?, _ operation: Operation
    ) async throws(SSHError) {
        var steps: [(LIBSSH2_SFTP_ATTRIBUTES, String)] = []
        if let owner {
            var attributes = LIBSSH2_SFTP_ATTRIBUTES()
            attributes.flags = UInt(LIBSSH2_SFTP_ATTR_UIDGID)
            attributes.uid = UInt(owner.user)
            attributes.gid = UInt(owner.group)
            steps.append((attributes, "cannot be given to \(owner.user):\(owner.group)"))
        }
        var attributes = LIBSSH2_SFTP_ATTRIBUTES()
        attributes.flags = UInt(LIBSSH2_SFTP_ATTR_PERMISSIONS)
        attributes.permissions = UInt(mode & 0o7777)
        steps.append((attributes, "cannot get mode 0\(String(mode & 0o7777, radix: 8))"))
        for (attributes, complaint) in steps {
            var attributes = attributes
            let code = try await complete(operation) { _ in Int(libssh2_sftp_fstat_ex(file.handle, &attributes, 1)) }
            guard code == 0 else { throw await fileFailure(code, file, complaint, needed: 0, operation) }
        }
    }

    func closeFile(_ file: RemoteFile, _ operation: Operation) async throws(SSHError) {
        guard let handle = file.handle else { return }
        let code = try await complete(operation) { _ in Int(libssh2_sftp_close_handle(handle)) }
        file.handle = nil
        if code != 0 { throw await fileFailure(code, file, "cannot be closed", needed: 0, operation) }
    }

    func remove(_ file: RemoteFile, _ operation: Operation) async throws(SSHError) {
        _ = try await complete(operation) { _ in
            Int(libssh2_sftp_unlink_ex(file.sftp, file.path, UInt32(file.path.utf8.count)))
        }
    }

    /// What an SFTP status means. SFTP 3 has no code for a full disk, so after a general failure the space is looked at.
    private func fileFailure(
        _ code: Int, _ file: RemoteFile, _ complaint: String, needed: UInt64, _ operation: Operation
    ) async -> SSHError {
        guard code == Int(LIBSSH2_ERROR_SFTP_PROTOCOL) else { return failure(code, "\(file.path) \(complaint)") }
        let status = libssh2_sftp_last_error(file.sftp)
        let message = "\(file.path) on the host \(complaint)"
        let folder = RemoteFile.folder(of: file.path)
        switch status {
        case LIBSSH2_FX_NO_SUCH_FILE, LIBSSH2_FX_NO_SUCH_PATH:
            return SSHError(
                .remoteFile(.noSuchFile), endpoint: endpoint, message: "\(message): there is no folder \(folder)",
                nextStep: "create the folder first")
        case LIBSSH2_FX_PERMISSION_DENIED, LIBSSH2_FX_WRITE_PROTECT:
            return SSHError(
                .remoteFile(.permissionDenied), endpoint: endpoint, message: "\(message): permission denied",
                nextStep: "check what user \(endpoint.user) may do in \(folder)")
        case LIBSSH2_FX_FAILURE where needed > 0:
            guard let reason = await shortage(in: folder, file.sftp, needed: needed, operation) else { break }
            return SSHError(
                .remoteFile(.diskFull), endpoint: endpoint, message: "\(message): \(reason)",
                nextStep: "make room in the file system of \(folder)")
        default: break
        }
        return SSHError(.remoteFile(.other), endpoint: endpoint, message: "\(message) (SFTP status \(status))")
    }

    private func shortage(
        in folder: String, _ sftp: OpaquePointer, needed: UInt64, _ operation: Operation
    ) async -> String? {
        var state = LIBSSH2_SFTP_STATVFS()
        let code = try? await complete(operation) { _ in  // without an answer there is nothing better to say
            Int(libssh2_sftp_statvfs(sftp, folder, folder.utf8.count, &state))
        }
        guard code == 0 else { return nil }
        if state.f_bavail * state.f_frsize < max(needed, state.f_frsize) { return "no space left on the device" }
        if state.f_files > 0, state.f_favail == 0 { return "no inodes left on the device" }
        return nil
    }
}
