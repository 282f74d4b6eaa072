internal import CLibSSH2
internal import Glibc

struct KeepAliveState {
    var timer: TimerQueue.Identifier?
    /// What had been received at the last look.
    var seen: UInt64 = 0
    var isPinging = false
}

extension Session {
    func startKeepAlive() {
        guard case .live(let handle) = state else { return }
        keepAlive.seen = handle.received
        keepAlive.timer = loop.reactor.schedule(after: configuration.keepAlive.interval) { [weak self] in
            self?.assumeIsolated { $0.look() }
        }
    }

    private func look() {
        guard case .live(let handle) = state else { return }
        if handle.received == keepAlive.seen { startPing() }
        startKeepAlive()
    }

    /// Asks the server for a sign of life; reads what it has said meanwhile.
    func startPing() {
        guard !keepAlive.isPinging, case .live(let handle) = state else { return }
        keepAlive.isPinging = true
        let before = handle.received
        let operation = begin(.command, deadline: configuration.keepAlive.answerLimit, observesCancellation: false)
        Task {
            do throws(SSHError) {
                if case .channel(let channel) = try await openOnce(operation, .ping) { freeEventually(channel, .ping) }
            } catch {
                // A refusal in other words is an answer, too.
                if case .timedOut = error.code, case .live(let handle) = state, handle.received == before {
                    end(lost("the server does not answer"))
                }
            }
            keepAlive.isPinging = false
            end(operation)
        }
    }
}
