internal import CLibSSH2

/// An upload through the standard input of a command.
struct PipedUpload: Sendable {
    var content: SSHUploadSource
    var path: String
    var mode: UInt32
    var owner: String?
    var elevation: SSHElevation?
    /// The SHA-256 that the content must have, in hexadecimal; nil: any.
    var expected: String?
    var deadline: Duration?
}

extension Session {
    func upload(_ upload: PipedUpload, id: OperationID) async -> Result<UInt64, SSHError> {
        let operation = begin(.upload, id: id, deadline: upload.deadline)
        defer { end(operation) }
        do throws(SSHError) {
            let reader = try UploadReader(upload.content, isHashing: false)
            let size = try await reader.size()
            let temporary = "\(upload.path).planner-\(String(UInt64.random(in: 1 << 60 ... .max), radix: 36))"
            let script = RemoteCommand.script(
                PackageResources.receive_file_sh,
                [temporary, upload.path, "0" + String(upload.mode & 0o7777, radix: 8), upload.owner ?? "-", upload.expected ?? "-"])
            let request = ExecutionRequest(
                command: script, standardInput: Array("\(size)\n".utf8), reader: reader, elevation: upload.elevation)
            let result = try await execute(request, operation)
            if let problem = failure(of: upload, result) { return .failure(problem) }
            return .success(size)
        } catch {
            return .failure(error.at(endpoint))
        }
    }

    /// What the exit status of the script means; nil: all is well.
    private func failure(of upload: PipedUpload, _ result: SSHExecution) -> SSHError? {
        let said = result.errorText.split(whereSeparator: \.isNewline).joined(separator: "; ")
        let path = upload.path
        func problem(_ code: SSHError.Code, _ message: String, nextStep: String? = nil) -> SSHError {
            SSHError(code, endpoint: endpoint, message: "\(path) on the host \(message)", nextStep: nextStep)
        }
        switch result.termination {
        case .exited(0): return nil
        case .exited(40): return problem(.remoteFile(.other), "is a folder")
        case .exited(42):
            return problem(
                .checksumMismatch, "was left as it was: not all of the content arrived, or it is not what was expected")
        case .exited(45):
            return problem(
                .remoteFile(.noSuchFile), "cannot be written: there is no folder \(RemoteFile.folder(of: path))",
                nextStep: "create the folder first")
        default:
            if said.contains("No space left") {
                return problem(
                    .remoteFile(.diskFull), "cannot be written: no space left on the device",
                    nextStep: "make room in the file system of \(RemoteFile.folder(of: path))")
            }
            let code: SSHError.RemoteFileProblem = said.lowercased().contains("denied") ? .permissionDenied : .other
            return problem(.remoteFile(code), "cannot be replaced: \(said) (\(result.termination))")
        }
    }
}
