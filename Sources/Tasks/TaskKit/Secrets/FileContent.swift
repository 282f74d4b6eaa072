package import Model

/// What is to be in a file: text, and references to secrets whose values are put in their place when the task runs.
///
/// Text alone is stored as a string, as plans always had it; with secrets it is a list: `["password=", {"secret":"db/root"}]`.
package struct FileContent: Hashable, Sendable {
    package enum Piece: Hashable, Sendable {
        case text(String)
        case secret(SecretReference)
        /// The value as a scalar of YAML or JSON in double quotes, without a newline at its end.
        case quoted(SecretReference)
    }

    package let pieces: [Piece]

    package init(_ pieces: [Piece]) { self.pieces = pieces }
    package init(_ text: String) { pieces = [.text(text)] }
    package init(_ reference: SecretReference) { pieces = [.secret(reference)] }

    /// The secrets in it, in order; one that stands twice comes twice.
    package var secrets: [SecretReference] {
        pieces.compactMap { piece in
            switch piece {
            case .text: nil
            case .secret(let reference), .quoted(let reference): reference
            }
        }
    }

    package var hasSecrets: Bool { pieces.contains { if case .text = $0 { false } else { true } } }

    /// The content with references in place of values: what may be shown, compared and stored.
    package var text: String {
        // Nearly every content is one text.
        if pieces.count == 1, case .text(let text) = pieces[0] { return text }
        return pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .secret(let reference), .quoted(let reference): reference.text
            }
        }.joined()
    }

    /// The content as it is to be on the host.
    package func bytes(in context: TaskContext) async throws(TaskFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): bytes += Array(text.utf8)
            case .secret(let reference): bytes += try await context.value(of: reference).bytes
            case .quoted(let reference): bytes += Array(try await context.value(of: reference).quoted.utf8)
            }
        }
        return bytes
    }
}

extension FileContent: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // `try?` on purpose: the decoder can only be asked for one form at a time.
        if let text = try? container.decode(String.self) {
            self.init(text)
        } else {
            self.init(try container.decode([Piece].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if hasSecrets { try container.encode(pieces) } else { try container.encode(text) }
    }
}

extension FileContent.Piece: Codable {
    private enum CodingKeys: String, CodingKey { case quoted }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let reference = try? container.decode(SecretReference.self) {
            self = .secret(reference)
        } else {
            self = .quoted(try decoder.container(keyedBy: CodingKeys.self).decode(SecretReference.self, forKey: .quoted))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .secret(let reference): try reference.encode(to: encoder)
        case .quoted(let reference):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(reference, forKey: .quoted)
        }
    }
}
