internal import CLibSSH2

extension Session {
    /// How long the removal of a half-written file may take.
    private static var cleaningLimit: Duration { .seconds(10) }

    func upload(_ request: UploadRequest, id: OperationID) async -> Result<SSHUpload, SSHError> {
        let operation = begin(.upload, id: id, deadline: request.deadline)
        defer { end(operation) }
        do throws(SSHError) {
            return .success(try await upload(request, operation))
        } catch {
            return .failure(error.at(endpoint))
        }
    }

    private func upload(_ request: UploadRequest, _ operation: Operation) async throws(SSHError) -> SSHUpload {
        if case .bytes(let bytes) = request.content {
            try check(RunningDigest.text(of: bytes), against: request)
        }
        let reader = try UploadReader(request.content)
        let suffix = String(UInt64.random(in: 1 << 60 ... .max), radix: 36)
        let temporary = "\(request.path).planner-\(suffix)"
        do throws(SSHError) {
            let upload = try await send(request, reader, to: temporary, operation)
            try await commit(upload, temporary, request, operation)
            return upload
        } catch {
            await removeRemains(temporary)
            throw error
        }
    }

    private func check(_ digest: String, against request: UploadRequest) throws(SSHError) {
        guard let expected = request.expected, expected != digest else { return }
        throw SSHError(
            .checksumMismatch, endpoint: endpoint,
            message: "the content for \(request.path) has SHA-256 \(digest), expected was \(expected)",
            nextStep: "get the content again; \(request.path) is as it was")
    }

    private func send(
        _ request: UploadRequest, _ reader: UploadReader, to temporary: String, _ operation: Operation
    ) async throws(SSHError) -> SSHUpload {
        let sftp = try await openChannel(operation, .sftp)
        let file = RemoteFile(sftp: sftp, path: temporary)
        do throws(SSHError) {
            try await openFile(file, flags: LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_EXCL, operation)
            let upload = try await fill(file, request, reader, operation)
            await release(sftp, operation)
            return upload
        } catch {
            await closeAfterFailure(file)
            throw error
        }
    }

    private func fill(
        _ file: RemoteFile, _ request: UploadRequest, _ reader: UploadReader, _ operation: Operation
    ) async throws(SSHError) -> SSHUpload {
        var size: UInt64 = 0
        while true {
            let block = try await reader.next()
            if block.isEmpty { break }
            try await write(block, to: file, operation)
            size += UInt64(block.count)
        }
        let digest = await reader.digest()
        try check(digest, against: request)
        try await setAttributes(file, mode: request.mode, owner: request.owner, operation)
        try await sync(file, operation)
        let arrived = try await self.size(file, operation)
        guard arrived == size else {
            throw SSHError(
                .checksumMismatch, endpoint: endpoint, message: "\(arrived) of \(size) bytes arrived in \(file.path)")
        }
        try await closeFile(file, operation)
        return SSHUpload(size: size, sha256: digest)
    }

    /// Frees an SFTP channel; does not wait for it if the operation was interrupted.
    private func release(_ sftp: OpaquePointer, _ operation: Operation) async {
        if operation.interruption == nil { await free(sftp, .sftp, operation) }
        if operation.interruption != nil { freeEventually(sftp, .sftp) }
    }

    private func closeAfterFailure(_ file: RemoteFile) async {
        let operation = begin(.upload, deadline: Self.cleaningLimit, observesCancellation: false)
        defer { end(operation) }
        // Fails when the link is dead, and then there is nothing to close.
        try? await closeFile(file, operation)
        freeEventually(file.sftp, .sftp)
    }

    /// Best effort after a failure; what is left is named so that it can be recognised.
    private func removeRemains(_ temporary: String) async {
        guard case .live = state else { return }
        let operation = begin(.upload, deadline: Self.cleaningLimit, observesCancellation: false)
        defer { end(operation) }
        do throws(SSHError) {
            let sftp = try await openChannel(operation, .sftp)
            defer { freeEventually(sftp, .sftp) }
            try await remove(RemoteFile(sftp: sftp, path: temporary), operation)
        } catch {
            // The error that led here is the one to report.
        }
    }

    /// Verifies over there and renames. libssh2 1.10 cannot ask for posix-rename@openssh.com, and the rename of SFTP 3
    /// does not replace a file, so the host's `mv` does it.
    private func commit(
        _ upload: SSHUpload, _ temporary: String, _ request: UploadRequest, _ operation: Operation
    ) async throws(SSHError) {
        var result = try await runCommit(temporary, request.path, upload.sha256, operation)
        if result.termination == .exited(41) {
            try await readBack(temporary, expecting: upload.sha256, operation)
            result = try await runCommit(temporary, request.path, "-", operation)
        }
        let said = result.errorText.split(whereSeparator: \.isNewline).joined(separator: "; ")
        switch result.termination {
        case .exited(0): return
        case .exited(40):
            throw SSHError(.remoteFile(.other), endpoint: endpoint, message: "\(request.path) on the host is a folder")
        case .exited(42):
            throw corrupted(temporary)
        default:
            throw SSHError(
                said.contains("denied") ? .remoteFile(.permissionDenied) : .remoteFile(.other), endpoint: endpoint,
                message: "\(request.path) on the host cannot be replaced: \(said) (\(result.termination))")
        }
    }

    /// The digest goes over standard input: arguments are in every list of processes there, and the digest of a short secret gives it away.
    private func runCommit(
        _ temporary: String, _ path: String, _ digest: String, _ operation: Operation
    ) async throws(SSHError) -> SSHExecution {
        let script = RemoteCommand.script(PackageResources.commit_upload_sh, [temporary, path])
        return try await execute(ExecutionRequest(command: script, standardInput: Array("\(digest)\n".utf8)), operation)
    }

    private func readBack(_ path: String, expecting digest: String, _ operation: Operation) async throws(SSHError) {
        let sftp = try await openChannel(operation, .sftp)
        let file = RemoteFile(sftp: sftp, path: path)
        var hash = RunningDigest()
        do throws(SSHError) {
            try await openFile(file, flags: LIBSSH2_FXF_READ, operation)
            while true {
                let block = try await read(file, operation)
                if block.isEmpty { break }
                hash.update(block)
            }
            try await closeFile(file, operation)
            await release(sftp, operation)
        } catch {
            await closeAfterFailure(file)
            throw error
        }
        if hash.text() != digest { throw corrupted(path) }
    }

    /// Without digests: this is kept in journals, and the content may be a secret.
    private func corrupted(_ path: String) -> SSHError {
        SSHError(
            .checksumMismatch, endpoint: endpoint, message: "\(path) arrived damaged: its SHA-256 is not that of what was sent")
    }
}
