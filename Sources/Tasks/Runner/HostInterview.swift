package import Engine
package import Model
import Synchronization
package import TaskKit

/// Asks hosts before a plan is run: side by side, each once and over one command, within the limits of a run. Touches no host, no journal and
/// no lease.
package struct HostInterview: Sendable {
    private let connector: any HostConnector
    private let secrets: RunSecrets
    private let concealed: [SecretReference]
    private let limits: RunLimits
    private let now: @Sendable () -> Double

    /// - Parameters:
    ///   - concealed: secrets that hosts may know and print: taken out of every answer, as far as their values can be had.
    ///   - now: the clock of the controller, in seconds since 1970: those of the hosts are compared with it.
    package init(
        connector: any HostConnector, secrets: any SecretSource = NoSecrets(), concealed: [SecretReference] = [],
        limits: RunLimits = RunLimits(), now: @escaping @Sendable () -> Double
    ) {
        self.connector = connector
        self.secrets = RunSecrets(secrets)
        self.concealed = concealed
        self.limits = limits
        self.now = now
    }

    /// Asks all of them, and closes every connection.
    ///
    /// - Parameter answered: is told of each host that has answered, or will not; from any thread, must be quick.
    /// - Returns: a reply of every host.
    package func ask(
        _ inquiries: [HostInquiry], answered: @escaping @Sendable (ItemPath) -> Void = { _ in }
    ) async -> [ItemPath: HostReply] {
        for reference in concealed {
            // What cannot be had is not known to anybody here.
            _ = try? await secrets.value(of: reference)
        }
        let replies = await withTaskExecutorPreference(connector.executor) {
            await Concurrently.map(inquiries, atMost: max(1, limits.total)) { inquiry in
                let reply = await ask(inquiry)
                answered(inquiry.path)
                return (inquiry.path, reply)
            }
        }
        await connector.closeAll()
        return Dictionary(replies, uniquingKeysWith: { first, _ in first })
    }

    private func ask(_ inquiry: HostInquiry) async -> HostReply {
        let transcript: Transcript
        do {
            let host = try await connector.host(
                at: inquiry.path, connection: inquiry.connection, secrets: AttemptSecrets(secrets))
            // Only now: connecting may have taken a while, and clocks are compared by it.
            transcript = Transcript(HostConversation(questions: inquiry.questions.count, askedAt: now()))
            let result = try await hear(host, inquiry, transcript)
            // A shell that cannot read the questions answers none.
            if result.status != 0, transcript.answers.allSatisfy({ $0.status == nil }) {
                return .failed(secrets.redacted(TaskFailure.ofCommand(result, "it cannot be asked")))
            }
        } catch {
            return .failed(secrets.redacted(error))
        }
        return .answered(transcript.answers.map(redacted))
    }

    /// An answer that takes too long is no failure of the others: what has come until then counts.
    private func hear(
        _ host: any TaskHost, _ inquiry: HostInquiry, _ transcript: Transcript
    ) async throws(TaskFailure) -> CommandResult {
        do {
            return try await host.run(
                HostConversation.command, input: HostConversation.text(of: inquiry.questions), limit: inquiry.limit,
                onOutput: { [now] bytes in transcript.take(bytes, at: now()) })
        } catch {
            guard error.failureClass == .timedOut else { throw error }
            return CommandResult(status: 0)
        }
    }

    private func redacted(_ answer: HostAnswer) -> HostAnswer {
        var answer = answer
        for index in answer.lines.indices { answer.lines[index].text = secrets.redacted(answer.lines[index].text) }
        return answer
    }
}

/// A conversation to which the transport adds from whatever thread it uses.
private final class Transcript: Sendable {
    private let conversation: Mutex<HostConversation>

    init(_ conversation: HostConversation) { self.conversation = Mutex(conversation) }

    func take(_ bytes: [UInt8], at time: Double) { conversation.withLock { $0.take(bytes, at: time) } }

    var answers: [HostAnswer] { conversation.withLock { $0.answers } }
}
