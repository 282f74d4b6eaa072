internal import Model
internal import Yams

/// One YAML text as nodes that know where they stand, with every duplicate key found.
///
/// Yams stops at the first duplicate key. So that the other mistakes of the file are reported with it, the key is marked in the
/// text (a prefix of private-use characters) and the text is read again; ``place(of:)`` undoes the shift of columns.
struct YAMLDocument {
    /// The top of the document; nil when it is empty or not well-formed.
    private(set) var root: Node?
    private(set) var errors: [Diagnostic] = []
    /// Whether nothing can be said about the content, because the text is not well-formed.
    private(set) var isUnreadable = false

    private let name: String
    private var bytes: [UInt8]
    private var insertions: [Insertion] = []

    /// A mark that was put before a key, in the coordinates of the text as it was then.
    private struct Insertion {
        let key: String
        let line: Int
        let column: Int
        let length: Int
    }

    /// How often a text is read again because of duplicate keys.
    private static let maximumDuplicates = 50

    init(name: String, text: String) {
        self.name = name
        bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        compose()
    }

    /// Where a node stands in the text as it was written.
    func place(of mark: Mark?) -> SourcePlace {
        guard let mark, mark.line > 0 else { return SourcePlace(file: name, line: 1, column: 1) }
        return place(line: mark.line, column: mark.column, before: insertions.count)
    }

    /// The place in the text as it was written of a place in the text as it was before the insertion of this number.
    private func place(line: Int, column: Int, before number: Int) -> SourcePlace {
        var column = column
        for insertion in insertions[..<number].reversed() where insertion.line == line && column > insertion.column {
            column = max(insertion.column, column - insertion.length)
        }
        return SourcePlace(file: name, line: line, column: column)
    }

    // MARK: Reading

    private mutating func compose() {
        if let offset = ComplexKeys.firstOffset(in: bytes) {
            let position = TextPosition.position(ofOffset: offset, in: bytes)
            errors.append(
                Diagnostic(
                    .invalidYAML, "a key is an alias or a collection",
                    rule: "keys are words; in a file with many aliases others are refused before it is read",
                    place: place(line: position.line, column: position.column, before: 0)))
            isUnreadable = true
            return
        }
        while true {
            do {
                // The basic resolver leaves every scalar a string: what `yes` or `012` means is for the property type to say.
                root = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self), .basic)
                if !insertions.isEmpty, let root { reportDuplicates(in: root) }
                return
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard insertions.count < YAMLDocument.maximumDuplicates, let key = keys.min(),
                    rename(key, at: context.mark)
                else { return giveUp(on: keys.min() ?? "", at: context.mark) }
            } catch {
                reportRenamed()
                errors.append(syntaxError(error))
                isUnreadable = true
                return
            }
        }
    }

    /// Puts a mark before the key. False where that would change what the text means: the key is an alias or a mapping, or has an anchor.
    private mutating func rename(_ key: String, at mark: Mark) -> Bool {
        guard !key.unicodeScalars.contains(where: { YAMLDocument.opening == $0 }),
            let offset = TextPosition.offset(inLine: mark.line, column: mark.column, of: bytes)
        else { return false }
        let isQuoted: Bool
        switch bytes[offset] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): isQuoted = true
        case UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "{"), UInt8(ascii: "["),
            UInt8(ascii: "?"), UInt8(ascii: "|"), UInt8(ascii: ">"):
            return false
        default: isQuoted = false
        }
        let prefix = "\(YAMLDocument.opening)\(insertions.count)\(YAMLDocument.closing)"
        bytes.insert(contentsOf: Array(prefix.utf8), at: isQuoted ? offset + 1 : offset)
        insertions.append(
            Insertion(
                key: key, line: mark.line, column: isQuoted ? mark.column + 1 : mark.column,
                length: prefix.unicodeScalars.count))
        return true
    }

    private static let opening: Unicode.Scalar = "\u{E000}"
    private static let closing: Unicode.Scalar = "\u{E001}"

    /// The key that somebody wrote, when `key` carries a mark; nil for every other key.
    static func originalKey(_ key: String) -> String? {
        let scalars = key.unicodeScalars
        guard scalars.first == opening, let end = scalars.firstIndex(of: closing) else { return nil }
        return String(scalars[scalars.index(after: end)...])
    }

    // MARK: Duplicate keys

    private mutating func reportDuplicates(in top: Node) {
        var stack = [top]
        var budget = 1_000_000
        while let node = stack.popLast(), budget > 0 {
            budget -= 1
            if let mapping = node.mapping {
                reportDuplicates(in: mapping)
                stack += mapping.map(\.value)
            } else if let sequence = node.sequence {
                stack += sequence
            }
        }
    }

    private mutating func reportDuplicates(in mapping: Node.Mapping) {
        var places: [String: [SourcePlace]] = [:]
        for (key, _) in mapping {
            guard let text = key.string, let original = YAMLDocument.originalKey(text) else { continue }
            places[original, default: []].append(place(of: key.mark))
        }
        guard !places.isEmpty else { return }
        for (key, _) in mapping {
            guard let text = key.string, places[text] != nil else { continue }
            places[text]?.append(place(of: key.mark))
        }
        for (key, found) in places {
            let found = found.sorted()
            for later in found.dropFirst() { reportDuplicate(key, at: later, first: found.first) }
        }
    }

    private mutating func reportDuplicate(_ key: String, at place: SourcePlace, first: SourcePlace?) {
        errors.append(
            Diagnostic(
                .invalidYAML, "the key '\(key)' stands twice in one mapping", property: key,
                rule: first.map { "it stands first at \($0)" }, place: place, nextStep: "remove one of the two"))
    }

    /// The text turned out not to be well-formed: what is known of its duplicate keys is the first place of each.
    private mutating func reportRenamed() {
        for (number, insertion) in insertions.enumerated() {
            reportDuplicate(
                insertion.key, at: place(line: insertion.line, column: insertion.column, before: number), first: nil)
        }
    }

    private mutating func giveUp(on key: String, at mark: Mark) {
        reportRenamed()
        reportDuplicate(YAMLDocument.originalKey(key) ?? key, at: place(of: mark), first: nil)
        isUnreadable = true
    }

    // MARK: Text that is not YAML

    private func syntaxError(_ error: any Error) -> Diagnostic {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let beginning = context.map { "\($0.text) that begins at \(place(of: $0.mark))" }
            return Diagnostic(
                .invalidYAML, "not well-formed YAML: \(problem)", rule: beginning, place: place(of: mark))
        case YamlError.reader(let problem, let offset, _, _):
            let position = TextPosition.position(ofOffset: offset ?? 0, in: bytes)
            return Diagnostic(
                .invalidYAML, "not well-formed YAML: \(problem)",
                place: place(line: position.line, column: position.column, before: insertions.count))
        default:
            return Diagnostic(.invalidYAML, "not well-formed YAML: \(error)", place: place(of: nil))
        }
    }
}
