/// The last bytes of a stream, and how many came before them. Holds at most twice its limit.
struct OutputTail {
    private let limit: Int
    private var bytes: [UInt8] = []
    private var trimmed = 0

    init(limit: Int) {
        self.limit = max(0, limit)
    }

    mutating func append(_ more: [UInt8]) {
        bytes += more
        if bytes.count > 2 * limit { trim() }
    }

    /// The bytes that are kept and the number of those that are not.
    mutating func finish() -> (kept: [UInt8], dropped: Int) {
        trim()
        return (bytes, trimmed)
    }

    private mutating func trim() {
        let excess = bytes.count - limit
        guard excess > 0 else { return }
        bytes.removeFirst(excess)
        trimmed += excess
    }
}
