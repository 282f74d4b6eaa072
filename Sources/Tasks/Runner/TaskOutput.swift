import Synchronization

/// The output of one attempt, passed on in whole lines: a secret is recognised where its line is whole.
final class TaskOutput: Sendable {
    /// A line of more bytes is passed on in pieces.
    private static let longestLine = 64 * 1024

    // Output arrives on whatever thread the transport uses.
    private let rest = Mutex<[UInt8]>([])
    private let send: @Sendable (String) -> Void

    /// - Parameter send: gets one line or several, each with its end; must be quick.
    init(send: @escaping @Sendable (String) -> Void) { self.send = send }

    func append(_ bytes: [UInt8]) {
        // Passed on under the lock, so that lines keep their order.
        rest.withLock { rest in
            rest += bytes
            let end = rest.lastIndex { $0 == UInt8(ascii: "\n") }.map { $0 + 1 }
            guard let cut = end ?? (rest.count > TaskOutput.longestLine ? rest.count : nil) else { return }
            send(String(decoding: rest[..<cut], as: UTF8.self))
            rest.removeFirst(cut)
        }
    }

    /// Passes on what came after the last end of a line.
    func finish() {
        rest.withLock { rest in
            guard !rest.isEmpty else { return }
            send(String(decoding: rest, as: UTF8.self) + "\n")
            rest = []
        }
    }
}
