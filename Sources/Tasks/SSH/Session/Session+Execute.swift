internal import CLibSSH2
internal import Glibc

extension Session {
    /// Runs a command; ends it on the far side if it is interrupted.
    func execute(_ request: ExecutionRequest, id: OperationID) async -> Result<SSHExecution, SSHError> {
        let operation = begin(.command, id: id, deadline: request.deadline)
        defer { end(operation) }
        do throws(SSHError) {
            return .success(try await execute(request, operation))
        } catch {
            return .failure(error.at(endpoint))
        }
    }

    /// As part of a longer operation, whose deadline and cancellation hold.
    func execute(_ request: ExecutionRequest, _ operation: Operation) async throws(SSHError) -> SSHExecution {
        let token = RemoteCommand.token()
        var request = request
        let text = RemoteCommand.announced(request, token: token, shell: loginShell)
        if let elevation = request.elevation { request.standardInput = elevation.preamble(token: token) + request.standardInput }
        guard text.utf8.count <= RemoteCommand.limit else {
            throw SSHError(
                .library(E2BIG), endpoint: endpoint,
                message:
                    "the command is too long (\(request.command.utf8.count) bytes; \(RemoteCommand.limit) with quoting fit)",
                nextStep: "upload it as a script, or send it as the standard input of `sh -s`")
        }
        let channel: OpaquePointer
        do throws(SSHError) {
            channel = try await openChannel(operation, .session, keepsTurn: true)
        } catch {
            var error = error
            error.message += "; the command was not started"
            throw error
        }
        let command = CommandChannel(channel: channel, request: request, marker: SessionMarker(token: token))
        do throws(SSHError) {
            try await start(text, command, operation)
            try await pump(command, operation) { false }
            let result = command.result()
            if loginShell == .unknown, let shell = command.shell { loginShell = LoginShell(path: shell) }
            await free(command, operation)
            if let elevation = request.elevation, command.processID == nil {
                throw elevation.refusal(result.errorText + result.outputText, status: result.termination, at: endpoint)
            }
            return result
        } catch {
            var error = error
            if operation.interruption != nil, case .live = state {
                error.message += await terminate(command, text)
            } else if error.code != .elevation {
                freeEventually(channel, .session)
            }
            throw error
        }
    }

    /// Sends the request in the turn that the operation has kept for it, and waits for the answer.
    func start(_ text: String, _ command: CommandChannel, _ operation: Operation) async throws(SSHError) {
        if command.isStarted { return }
        let bytes = Array(text.utf8)
        defer { if channelOpening.isOpener(operation) { leaveTurn(of: operation) } }
        if !command.isRequested { try await takeTurn(operation) }
        let code = try await complete(operation) { handle in
            let code = bytes.withUnsafeBytes { raw in
                Int(
                    libssh2_channel_process_startup(
                        command.channel, "exec", 4, raw.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(raw.count)))
            }
            command.isRequested = true
            if channelOpening.isOpener(operation) { leaveTurn(of: operation) }
            // The end of an input of which there is nothing follows the request at once: the server reads both together.
            if code == Int(LIBSSH2_ERROR_EAGAIN), !handle.wantsToSend, handle.hasRoomForPacket { command.endEmptyInput() }
            return code
        }
        if code != 0 {
            throw SSHError(
                .channelRefused, endpoint: endpoint, message: failure(code, "the server runs no commands").message)
        }
        command.isStarted = true
    }

    /// Moves input and output until the far side has closed the channel, or until `isEnough`.
    ///
    /// Both outputs share a window, so they are read in turn. The end of both does not end the command: it may have closed
    /// them and go on.
    func pump(
        _ command: CommandChannel, _ operation: Operation, until isEnough: () -> Bool
    ) async throws(SSHError) {
        while !isEnough() {
            let arrived = try handle(for: operation).received
            var isMoving = false
            for stream in [SSHOutputStream.standardOutput, .standardError] {
                guard let count = try await attempt(operation, { _ in command.read(stream, loop.reactor.buffer) }) else {
                    continue
                }
                if count < 0 { throw failure(count, "reading the command's output") }
                if count > 0 { isMoving = true }
            }
            if command.wantsInput, let reader = command.reader { command.supply(try await reader.next()) }
            if command.inputSent != nil, try await attempt(operation, { command.writeInput($0) }) != nil { isMoving = true }
            if isMoving { continue }
            _ = try handle(for: operation)
            if libssh2_channel_eof(command.channel) == 1,
                try await attempt(operation, { _ in Int(libssh2_channel_wait_closed(command.channel)) }) != nil
            {
                return
            }
            if try handle(for: operation).received == arrived { await park(operation, forSocket: true) }
        }
    }

    /// The end of a command that has ended by itself.
    private func free(_ command: CommandChannel, _ operation: Operation) async {
        guard operation.interruption == nil else { return freeEventually(command.channel, .session) }
        await free(command.channel, .session, isClosed: true, operation)
        if operation.interruption != nil { freeEventually(command.channel, .session) }
    }
}
