import Synchronization

/// Messages of many senders to one reader, who takes all that have come at once: what is done for all of them then costs once.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        /// Waits for the next message; only while there is none.
        var reader: CheckedContinuation<Void, Never>?
    }

    // Senders are on any thread.
    private let state = Mutex(State())

    func send(_ message: Message) {
        let reader = state.withLock { state in
            state.messages.append(message)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// What has come since the last call, in order; waits until there is something. Asked by one reader at a time.
    func next() async -> [Message] {
        await withCheckedContinuation { reader in
            let isThere = state.withLock { state in
                if state.messages.isEmpty { state.reader = reader }
                return !state.messages.isEmpty
            }
            if isThere { reader.resume() }
        }
        return state.withLock { state in
            defer { state.messages = [] }
            return state.messages
        }
    }
}
