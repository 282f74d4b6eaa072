package import Model

/// Takes the values of secrets out of text before anybody sees or keeps it: each becomes `[secret NAME]`.
///
/// It looks for the whole value, for each line of a value of several lines, and at both ends of each line of the text for a part of a value:
/// what is kept of long output begins anywhere, and what has come of it so far ends anywhere. Where values overlap, everything that belongs to any of them goes, under the name of the
/// longest.
package struct Redactor: Sendable {
    /// Shorter values are not looked for: they would stand in every other word.
    package static let shortestLength = 4

    private struct Needle: Hashable {
        var bytes: [UInt8]
        var label: String
    }

    /// Longest first; by label where they are equally long, so that the same secrets give the same text.
    private var needles: [Needle] = []

    package init() {}

    package var isEmpty: Bool { needles.isEmpty }

    /// Makes the redactor look for a value.
    package mutating func add(_ value: SecretValue, of reference: SecretReference) {
        let label = "[secret \(reference.target)]"
        // Output is decoded before it is redacted, so bytes that are no text are looked for as what stands for them then.
        let text = Array(String(decoding: value.bytes, as: UTF8.self).utf8)
        let lines = text.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        // As it stands in a file of YAML or JSON, when that is another spelling.
        let quoted = Array(value.quoted.utf8).dropFirst().dropLast()
        for part in [text[...]] + lines + [quoted] {
            let bytes = Array(Redactor.trimmed(part))
            guard bytes.count >= Redactor.shortestLength else { continue }
            let needle = Needle(bytes: bytes, label: label)
            if !needles.contains(needle) { needles.append(needle) }
        }
        needles.sort { ($0.bytes.count, $1.label) > ($1.bytes.count, $0.label) }
    }

    /// The text without any of the values.
    ///
    /// - Complexity: O(length of the text × number of values) in practice.
    package func redacted(_ text: String) -> String {
        guard !needles.isEmpty, !text.isEmpty else { return text }
        let bytes = Array(text.utf8)
        let hits = hits(in: bytes)
        guard !hits.isEmpty else { return text }
        var result: [UInt8] = []
        var position = 0
        for hit in hits {
            result += bytes[position..<hit.range.lowerBound]
            result += Array(needles[hit.needle].label.utf8)
            position = hit.range.upperBound
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: Finding

    private struct Hit {
        var range: Range<Int>
        var needle: Int
    }

    /// What must go, in order, without overlaps.
    private func hits(in bytes: [UInt8]) -> [Hit] {
        var found: [Hit] = []
        for (index, needle) in needles.enumerated() {
            found += Redactor.ranges(of: needle.bytes, in: bytes).map { Hit(range: $0, needle: index) }
        }
        let whole = found
        let lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.map(\.indices)
        for (index, needle) in needles.enumerated() {
            let parts = lines.flatMap { Redactor.edges(of: $0, in: bytes, for: needle.bytes) }
            // What is a whole value keeps its own name.
            let open = parts.filter { part in
                !whole.contains { $0.range.contains(part.lowerBound) && $0.range.upperBound >= part.upperBound }
            }
            found += open.map { Hit(range: $0, needle: index) }
        }
        found.sort { ($0.range.lowerBound, $0.needle) < ($1.range.lowerBound, $1.needle) }
        var merged: [Hit] = []
        for hit in found {
            guard let last = merged.last, hit.range.lowerBound < last.range.upperBound else {
                merged.append(hit)
                continue
            }
            merged[merged.count - 1] = Hit(
                range: last.range.lowerBound..<max(last.range.upperBound, hit.range.upperBound),
                needle: min(last.needle, hit.needle))
        }
        return merged
    }

    private static func ranges(of needle: [UInt8], in bytes: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        if bytes.count >= needle.count {
            for start in 0...(bytes.count - needle.count) where bytes[start] == needle[0] {
                if bytes[start..<start + needle.count].elementsEqual(needle) { ranges.append(start..<start + needle.count) }
            }
        }
        return ranges
    }

    /// The beginning of a line that is the end of a value, and the end of a line that is the beginning of one.
    private static func edges(of line: Range<Int>, in bytes: [UInt8], for needle: [UInt8]) -> [Range<Int>] {
        let longest = min(needle.count - 1, line.count)
        // A few letters of a long value stand in innocent words too.
        let shortest = max(shortestLength, min(8, needle.count / 2))
        guard longest >= shortest else { return [] }
        var ranges: [Range<Int>] = []
        let text = bytes[line]
        let lengths = stride(from: longest, through: shortest, by: -1)
        if let length = lengths.first(where: { text.prefix($0).elementsEqual(needle.suffix($0)) }) {
            ranges.append(line.lowerBound..<line.lowerBound + length)
        }
        if let length = lengths.first(where: { text.suffix($0).elementsEqual(needle.prefix($0)) }) {
            ranges.append(line.upperBound - length..<line.upperBound)
        }
        return ranges
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
        let start = bytes.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return [] }
        return start[...last]
    }
}
