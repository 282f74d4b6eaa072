import Synchronization

/// The end of an output that may be very long, and its length; tells each last line to a watcher as it comes.
final class OutputTail: Sendable {
    private struct Content {
        var count = 0
        var bytes: [UInt8] = []
        /// What came behind the last line end.
        var open: [UInt8] = []
    }

    /// How much of the end is kept.
    private static let room = 64 * 1024
    /// A line without an end is given in pieces of this length.
    private static let longestLine = 256 * 1024

    // Output arrives on whatever thread the transport uses.
    private let content = Mutex(Content())
    private let report: @Sendable (String) -> Void
    private let output: @Sendable ([UInt8]) -> Void

    private let onLine: (@Sendable (String) -> Void)?

    init(
        report: @escaping @Sendable (String) -> Void, output: @escaping @Sendable ([UInt8]) -> Void = { _ in },
        onLine: (@Sendable (String) -> Void)? = nil
    ) {
        self.report = report
        self.output = output
        self.onLine = onLine
    }

    /// How many bytes have come so far.
    var count: Int { content.withLock(\.count) }

    func append(_ bytes: [UInt8]) {
        output(bytes)
        let recent = content.withLock { content in
            content.count += bytes.count
            content.bytes += bytes
            // Cut rarely, so that many small pieces stay cheap.
            if content.bytes.count > 2 * OutputTail.room {
                content.bytes.removeFirst(content.bytes.count - OutputTail.room)
            }
            // Not only what is new: a line that comes in pieces is told as a whole, and a secret in it is recognised as one.
            return content.bytes.suffix(4096)
        }
        if onLine != nil { tellLines(bytes) }
        if let line = OutputTail.lines(in: recent).last { report(line) }
    }

    private func tellLines(_ bytes: [UInt8]) {
        let complete = content.withLock { content -> ArraySlice<UInt8> in
            content.open += bytes
            let newline = UInt8(ascii: "\n")
            let end =
                content.open.lastIndex(of: newline).map { $0 + 1 }
                ?? (content.open.count > OutputTail.longestLine ? content.open.count : 0)
            defer { content.open.removeFirst(end) }
            return content.open[..<end]
        }
        for line in OutputTail.lines(in: complete) { onLine?(line) }
    }

    /// The last `limit` lines that are not blank.
    func lastLines(_ limit: Int) -> [String] {
        let bytes = content.withLock(\.bytes)
        return OutputTail.lines(in: bytes[...]).suffix(limit)
    }

    /// Lines without trailing blanks; a carriage return begins a new one, as progress bars mean it.
    private static func lines(in bytes: ArraySlice<UInt8>) -> [String] {
        bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            .map { String(decoding: $0, as: UTF8.self) }
            .filter { line in line.contains { !$0.isWhitespace } }
    }
}
