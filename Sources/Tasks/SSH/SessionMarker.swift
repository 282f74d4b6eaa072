/// Finds the line with which the wrapper of a command announces its process id, and takes it out of the output.
///
/// What a login shell prints before it is output like any other.
struct SessionMarker {
    private enum State {
        /// Bytes that may hold the beginning of the marker. Next: `found` or `absent`.
        case searching([UInt8])
        case found(Int)
        /// The far side does not announce itself; its output is passed on as it is.
        case absent
    }

    private static let searchLimit = 64 * 1024
    let token: String
    private var state = State.searching([])

    init(token: String) {
        self.token = token
    }

    var processID: Int? {
        if case .found(let processID) = state { processID } else { nil }
    }

    /// What the far side says of its `$SHELL` besides; nil if it says nothing.
    private(set) var shell: String?

    var isSearching: Bool {
        if case .searching = state { true } else { false }
    }

    /// Takes what came and returns what of it belongs to the command.
    mutating func filter(_ bytes: [UInt8]) -> [UInt8] {
        guard case .searching(let earlier) = state else { return bytes }
        let seen = earlier + bytes
        guard let (range, processID) = announcement(in: seen) else {
            if seen.count > Self.searchLimit {
                state = .absent
                return seen
            }
            state = .searching(seen)
            return []
        }
        state = .found(processID)
        return Array(seen[..<range.lowerBound] + seen[range.upperBound...])
    }

    /// The end of the output: what is still held back.
    mutating func finish() -> [UInt8] {
        guard case .searching(let held) = state else { return [] }
        state = .absent
        return held
    }

    private mutating func announcement(in bytes: [UInt8]) -> (Range<Int>, Int)? {
        let prefix = Array("\(token) ".utf8)
        guard bytes.count > prefix.count else { return nil }
        for start in 0...(bytes.count - prefix.count)
        where bytes[start] == prefix[0] && bytes[start..<start + prefix.count].elementsEqual(prefix) {
            guard let end = bytes[(start + prefix.count)...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let words = String(decoding: bytes[(start + prefix.count)..<end], as: UTF8.self).split(separator: " ", maxSplits: 1)
            guard let processID = words.first.flatMap({ Int($0) }), processID > 1 else { return nil }
            if words.count > 1 { shell = String(words[1]) }
            return (start..<end + 1, processID)
        }
        return nil
    }
}
