/// Where a secret is found when a task needs it. A model, a plan and the store hold the reference and never the value (DESIGN section 3).
///
/// Its text is the same everywhere, and is what YAML reads as a mapping with one key: `{secret: db/root}`, `{env: DB_PASSWORD}`,
/// `{file: /run/secrets/db}`.
package enum SecretReference: Hashable, Sendable {
    /// A value that `planner crypt set NAME` has stored, encrypted.
    case stored(String)
    /// An environment variable of the process that runs the plan.
    case environment(String)
    /// A file on the machine on which the plan is run; the whole content is the value.
    case file(String)

    /// The word before the colon.
    package enum Keyword: String, Sendable, CaseIterable {
        case secret, env, file
    }

    /// The forms that a reference may have, for people.
    package static let rule = "{secret: NAME}, {env: NAME} or {file: PATH}"

    /// - Returns: nil when `target` cannot stand behind the keyword (``rule(for:)``).
    package init?(_ keyword: Keyword, _ target: String) {
        guard SecretReference.isTarget(target, of: keyword) else { return nil }
        switch keyword {
        case .secret: self = .stored(target)
        case .env: self = .environment(target)
        case .file: self = .file(target)
        }
    }

    /// Why a text is no reference.
    package enum Fault: Error, Hashable, Sendable {
        /// It does not look like one.
        case isNone
        /// What stands behind the keyword cannot stand there (``rule(for:)``).
        case badTarget(Keyword)
    }

    /// Reads the text of a reference; blanks within the braces do not matter, and quotes may stand around the name as in YAML.
    package init(reading text: String) throws(Fault) {
        // Asked of every value of a model, so the answer for most of them comes from one byte.
        guard text.utf8.first(where: { $0 != 32 && $0 != 9 }) == UInt8(ascii: "{") else { throw .isNone }
        let trimmed = text.trimmedOfBlanks
        guard trimmed.last == "}" else { throw .isNone }
        let content = trimmed.dropFirst().dropLast()
        guard let colon = content.firstIndex(of: ":") else { throw .isNone }
        guard let keyword = Keyword(rawValue: String(content[..<colon].trimmedOfBlanks)) else { throw .isNone }
        var target = content[content.index(after: colon)...].trimmedOfBlanks
        if let quote = target.first, quote == "\"" || quote == "'", target.last == quote, target.utf8.count > 1 {
            target = target.dropFirst().dropLast()
        }
        guard let reference = SecretReference(keyword, String(target)) else { throw .badTarget(keyword) }
        self = reference
    }

    /// - Returns: nil when the text is no reference (``init(reading:)``).
    package init?(_ text: String) {
        do { self = try SecretReference(reading: text) } catch { return nil }
    }

    package var keyword: Keyword {
        switch self {
        case .stored: .secret
        case .environment: .env
        case .file: .file
        }
    }

    /// The name or path behind the keyword.
    package var target: String {
        switch self {
        case .stored(let name), .environment(let name), .file(let name): name
        }
    }

    package var text: String { "{\(keyword.rawValue): \(target)}" }

    // MARK: Names

    /// What may stand behind a keyword, for people.
    package static func rule(for keyword: Keyword) -> String {
        switch keyword {
        case .secret: "letters, digits, '_', '-', '.' and '/', a letter or digit first, at most 128"
        case .env: "letters, digits and '_', no digit first"
        case .file: "letters, digits and / . _ - + = @ ~, a / first"
        }
    }

    /// Whether `name` can name a stored secret.
    package static func isName(_ name: String) -> Bool { isTarget(name, of: .secret) }

    /// Narrow on purpose: every target stands in YAML, XML, JSON and a shell without another meaning.
    private static func isTarget(_ text: String, of keyword: Keyword) -> Bool {
        guard let first = text.utf8.first else { return false }
        switch keyword {
        case .secret:
            return isLetterOrDigit(first) && text.utf8.count <= 128
                && text.utf8.allSatisfy { isLetterOrDigit($0) || isOne(of: "_-./", $0) }
        case .env:
            return !isDigit(first) && text.utf8.count <= 256
                && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
        case .file:
            return first == UInt8(ascii: "/") && text.utf8.count <= 1024
                && text.utf8.allSatisfy { isLetterOrDigit($0) || isOne(of: "/._-+=@~", $0) }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
    private static func isOne(of characters: StaticString, _ byte: UInt8) -> Bool {
        characters.withUTF8Buffer { $0.contains(byte) }
    }
}

extension SecretReference: CustomStringConvertible {
    package var description: String { text }
}

extension SecretReference: Comparable {
    package static func < (left: SecretReference, right: SecretReference) -> Bool {
        left.keyword == right.keyword
            ? NaturalOrder.isBefore(left.target, right.target) : left.keyword.rawValue < right.keyword.rawValue
    }
}

/// An object with one key: `{"secret":"db/root"}`.
extension SecretReference: Codable {
    private enum CodingKeys: String, CodingKey { case secret, env, file }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        for key in container.allKeys {
            let target = try container.decode(String.self, forKey: key)
            guard let keyword = Keyword(rawValue: key.rawValue), let reference = SecretReference(keyword, target) else { break }
            self = reference
            return
        }
        throw DecodingError.dataCorrupted(
            DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no reference to a secret"))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .stored(let name): try container.encode(name, forKey: .secret)
        case .environment(let name): try container.encode(name, forKey: .env)
        case .file(let path): try container.encode(path, forKey: .file)
        }
    }
}

extension StringProtocol {
    fileprivate var trimmedOfBlanks: SubSequence {
        guard let first = firstIndex(where: { $0 != " " && $0 != "\t" }),
            let last = lastIndex(where: { $0 != " " && $0 != "\t" })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
