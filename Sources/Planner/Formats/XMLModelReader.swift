internal import Foundation
package import Model

/// Reads models written in the XML of LITP (`reference/engine.md` 2.4). It finds every mistake in one go, each with file, line and column.
///
/// Elements are checked against the registered types. The order of elements is free; comments and processing instructions are passed
/// over; a document type declaration, and so every entity of its own, is refused.
package struct XMLModelReader: Sendable {
    /// What keeps a file from taking more memory than it is worth.
    package struct Limits: Sendable {
        /// How many bytes a file may have.
        package var bytes: Int
        /// How many elements a document may have.
        package var elements: Int
        /// How many levels of elements a document may have.
        package var depth: Int
        /// How many bytes the value of a property may have.
        package var value: Int

        package init(bytes: Int = 256 << 20, elements: Int = 2_000_000, depth: Int = 128, value: Int = 4 << 20) {
            self.bytes = bytes
            self.elements = elements
            self.depth = depth
            self.value = value
        }
    }

    private let registry: TypeRegistry
    private let limits: Limits

    package init(registry: TypeRegistry, limits: Limits = Limits()) {
        self.registry = registry
        self.limits = limits
    }

    /// Reads a document that is to be loaded at `place`.
    ///
    /// - Parameter name: the file, as the places of errors show it.
    /// - Complexity: O(size of the text).
    package func read(_ bytes: [UInt8], name: String, at place: FragmentPlace = .root) -> XMLReading {
        var items = XMLItems(registry: registry, place: place, limits: limits)
        if let problem = problem(with: bytes, name: name) {
            items.report(problem)
            return XMLReading(items, isComplete: false)
        }
        var scanner = XMLScanner(name: name, bytes: bytes)
        do {
            while !items.isOverflowing, let event = try scanner.next() { take(event, into: &items, from: &scanner) }
            return XMLReading(items, isComplete: !items.isOverflowing)
        } catch {
            items.report(error.diagnostic)
            return XMLReading(items, isComplete: false)
        }
    }

    private func take(_ event: XMLScanner.Event, into items: inout XMLItems, from scanner: inout XMLScanner) {
        switch event {
        case .start(let tag): items.open(tag)
        case .end: items.close()
        case .text(let text, let offset):
            guard !items.add(text) else { return }
            let blanks = scanner.bytes[offset...].prefix { scanner.isBlank($0) }.count
            items.reportMisplacedText(at: scanner.place(of: offset + blanks))
        }
    }

    /// Reads a file; one that cannot be read is an error of the reading.
    package func read(file: String, at place: FragmentPlace = .root) -> XMLReading {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            // Closing a file that was only read loses nothing.
            defer { try? handle.close() }
            let data = try handle.read(upToCount: limits.bytes + 1) ?? Data()
            return read(Array(data), name: file, at: place)
        } catch {
            var items = XMLItems(registry: registry, place: place, limits: limits)
            items.report(unreadable(file, error))
            return XMLReading(items, isComplete: false)
        }
    }

    private func unreadable(_ file: String, _ error: any Error) -> Diagnostic {
        let words =
            switch (error as? CocoaError)?.code {
            case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file"
            case .fileReadNoPermission: "permission denied"
            default: error.localizedDescription
            }
        return Diagnostic(
            .invalidRequest, "cannot read \(file): \(words)", place: SourcePlace(file: file, line: 1, column: 1))
    }

    // MARK: Before the scanner sees the text

    private func problem(with bytes: [UInt8], name: String) -> Diagnostic? {
        let start = SourcePlace(file: name, line: 1, column: 1)
        guard bytes.count <= limits.bytes else {
            return Diagnostic(.invalidXML, "the file is too large", rule: "at most \(limits.bytes) bytes", place: start)
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0, 0x3C])
            || bytes.starts(with: [0x3C, 0])
        {
            return Diagnostic(
                .invalidXML, "the file is not UTF-8 but UTF-16", place: start,
                nextStep: "save it as UTF-8, for instance with iconv -f UTF-16 -t UTF-8, and say so in its first line")
        }
        if let offset = TextPosition.firstInvalidOffset(in: bytes) {
            let position = TextPosition.position(ofOffset: offset, in: bytes)
            return Diagnostic(
                .invalidXML, "the file is not UTF-8", rule: "byte \(offset + 1) does not belong to UTF-8",
                place: SourcePlace(file: name, line: position.line, column: position.column),
                nextStep: "save it as UTF-8, for instance with iconv -t UTF-8")
        }
        if let encoding = declaredEncoding(bytes), !["utf-8", "utf8", "us-ascii"].contains(encoding.lowercased()) {
            return Diagnostic(
                .invalidXML, "the file says that it is in \(encoding)", rule: "models are in UTF-8", place: start,
                nextStep: "save it as UTF-8 and write encoding=\"utf-8\" in its first line")
        }
        return nil
    }

    /// What `<?xml ... encoding="..."?>` says.
    private func declaredEncoding(_ bytes: [UInt8]) -> String? {
        var head = bytes.prefix(256)
        if head.starts(with: [0xEF, 0xBB, 0xBF]) { head = head.dropFirst(3) }
        guard head.starts(with: Array("<?xml".utf8)), let end = head.firstIndex(of: UInt8(ascii: ">")) else { return nil }
        let declaration = String(decoding: head[..<end], as: UTF8.self)
        guard let range = declaration.range(of: "encoding") else { return nil }
        let value = declaration[range.upperBound...].drop { $0 == " " || $0 == "=" || $0 == "\t" }
        guard let quote = value.first, quote == "\"" || quote == "'" else { return nil }
        return String(value.dropFirst().prefix { $0 != quote })
    }
}

/// A document as it was read, with everything that is wrong with it by itself.
package struct XMLReading: Sendable {
    /// What could be read; nil when not even the top element could.
    package let fragment: TreeFragment?
    /// Each mistake once, in the order of the file.
    package let errors: [Diagnostic]
    /// Whether the text was read to its end. When it was not, what seems to be missing may be there.
    package let isComplete: Bool

    init(_ items: XMLItems, isComplete: Bool) {
        fragment = items.fragment
        errors = items.errors.sorted()
        self.isComplete = isComplete
    }
}
