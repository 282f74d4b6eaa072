internal import CLibSSH2

extension Session {
    /// How long the far side may take to tell the process id, and to close the channel after the processes are gone.
    private static var settling: Duration { .seconds(2) }

    /// Ends what an interrupted command has started. Bounded, whatever the far side does.
    ///
    /// - Returns: what became of it, to be added to the error's message.
    func terminate(_ command: CommandChannel, _ text: String) async -> String {
        let operation = begin(.command, deadline: Self.settling, observesCancellation: false)
        defer { end(operation) }
        do throws(SSHError) {
            // The request may be half way; it is continued by the same call.
            try await start(text, command, operation)
            try await pump(command, operation) { !command.isAwaitingProcessID }
        } catch {
            freeEventually(command.channel, .session)
            return "; the remote process did not tell its id and may go on"
        }
        guard let leader = command.processID else {
            freeEventually(command.channel, .session)
            return ""
        }
        let outcome = await endSession(leader, as: command.request.elevation)
        setDeadline(Self.settling, of: operation)
        do throws(SSHError) {
            try await pump(command, operation) { false }
            await free(command.channel, .session, operation)
            if operation.interruption != nil { freeEventually(command.channel, .session) }
        } catch {
            // A process that was moved to another session holds the channel open, or the link is dead.
            freeEventually(command.channel, .session)
        }
        return outcome
    }

    /// TERM, grace, KILL for all processes of a session of the far side, over a second channel, or over a second
    /// connection if the server allows no second channel.
    private func endSession(_ leader: Int, as elevation: SSHElevation?) async -> String {
        let grace = configuration.terminationGrace
        let seconds = max(0, Int(grace.components.seconds) + (grace.components.attoseconds > 0 ? 1 : 0))
        let script = RemoteCommand.script(PackageResources.end_session_sh, [String(leader), String(seconds)])
        let limit = Duration.seconds(seconds + 6)
        do throws(SSHError) {
            let result = try await runUrgently(script, as: elevation, limit: limit)
            if result.isSuccess { return "; the remote processes were ended" }
            return "; remote processes are left: \(result.outputText) \(result.errorText)"
        } catch {
            return "; session \(leader) of the far side could not be ended and may go on: \(error.message)"
        }
    }

    private func runUrgently(
        _ script: String, as elevation: SSHElevation?, limit: Duration
    ) async throws(SSHError) -> SSHExecution {
        let operation = begin(.command, deadline: limit, observesCancellation: false)
        defer { end(operation) }
        guard case .channel(let channel) = try await openOnce(operation, .session, isUrgent: true, keepsTurn: true) else {
            return try await runOnSecondConnection(script, as: elevation, limit: limit)
        }
        var request = ExecutionRequest(command: script, elevation: elevation)
        var text = script
        var marker: SessionMarker?
        if let elevation {
            let token = RemoteCommand.token()
            text = RemoteCommand.announced(script, token: token, as: elevation)
            request.standardInput = elevation.preamble(token: token)
            marker = SessionMarker(token: token)
        }
        let command = CommandChannel(channel: channel, request: request, marker: marker)
        do throws(SSHError) {
            try await start(text, command, operation)
            try await pump(command, operation) { false }
        } catch {
            freeEventually(channel, .session)
            throw error
        }
        let result = command.result()
        freeEventually(channel, .session)
        return result
    }

    private func runOnSecondConnection(
        _ text: String, as elevation: SSHElevation?, limit: Duration
    ) async throws(SSHError) -> SSHExecution {
        let (endpoint, configuration, loop, jumpHost) = (endpoint, configuration, loop, tunnel?.jumpHost)
        // Not a child task: it must not inherit the cancellation that it follows.
        let work = Task<Result<SSHExecution, SSHError>, Never> {
            do throws(SSHError) {
                let connection = try await SSHConnection.connect(
                    to: endpoint, through: jumpHost, configuration: configuration, on: loop)
                let result: Result<SSHExecution, SSHError>
                do throws(SSHError) {
                    result = .success(try await connection.execute(text, as: elevation, deadline: limit))
                } catch {
                    result = .failure(error)
                }
                await connection.close()
                return result
            } catch {
                return .failure(error)
            }
        }
        return try await work.value.get()
    }
}
