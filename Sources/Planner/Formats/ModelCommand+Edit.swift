package import Model

extension ModelCommand {
    /// What a command line means, with its options read.
    ///
    /// - Parameter values: the values of each option that was given, in order.
    /// - Parameter place: where the command stands, for items that come from a script.
    /// - Throws: ``CommandFault`` at the first word that is wrong.
    package func edit(_ values: [ModelOption: [CommandWord]], at place: SourcePlace? = nil) throws(CommandFault) -> ModelEdit {
        let path = try itemPath(.path, values, at: place)
        switch self {
        case .create:
            let type = try only(.type, values)?.text
            return .create(try written(path, type: type, source: nil, values, at: place))
        case .inherit:
            let source = try itemPath(.source, values, at: place)
            return .create(try written(path, type: nil, source: source.text, values, at: place))
        case .update:
            let properties = try ModelCommand.properties(values[.properties] ?? [])
            let deleted = try deletions(values[.delete] ?? [], besides: properties)
            guard !properties.isEmpty || !deleted.isEmpty else {
                throw CommandFault("nothing to change: name properties with -o name=value or -d name", at: place)
            }
            return .update(path, properties: properties.mapValues { .scalar($0.text) }, deleting: deleted)
        case .remove: return .remove(path)
        }
    }

    private func written(
        _ path: ItemPath, type: String?, source: String?, _ values: [ModelOption: [CommandWord]], at place: SourcePlace?
    ) throws(CommandFault) -> WrittenItem {
        let properties = try ModelCommand.properties(values[.properties] ?? [])
        var places: Item.Places?
        if let place {
            var words = properties.compactMapValues(\.place)
            words["type"] = values[.type]?.first?.place
            words["inherit"] = values[.source]?.first?.place
            places = Item.Places(item: place, properties: words)
        }
        return WrittenItem(
            path: path, type: type, source: source, properties: properties.mapValues { .scalar($0.text) }, places: places)
    }

    // MARK: Values

    /// The value of an option that may be given once, as in LITP.
    private func only(_ option: ModelOption, _ values: [ModelOption: [CommandWord]]) throws(CommandFault) -> CommandWord? {
        let given = values[option] ?? []
        guard given.count < 2 else {
            throw CommandFault("-\(option.letter) is given twice", at: given[1].place)
        }
        return given.first
    }

    private func itemPath(
        _ option: ModelOption, _ values: [ModelOption: [CommandWord]], at place: SourcePlace?
    ) throws(CommandFault) -> ItemPath {
        guard let word = try only(option, values) else {
            throw CommandFault("\(rawValue) needs -\(option.letter) \(option == .path ? "PATH" : "SOURCE")", at: place)
        }
        guard let path = ItemPath(word.text) else {
            throw CommandFault(
                "'\(abbreviated(word.text))' is not the path of an item", at: word.place,
                nextStep: "a path starts with / and has ids between slashes: letters, digits, '_', '-' and '.'")
        }
        // LITP forgives a slash at the end, but not where it could mean "below the source".
        if self == .inherit, !path.isRoot, word.text.hasSuffix("/") {
            throw CommandFault(
                "-\(option.letter) of inherit must not end in a slash", at: word.place, nextStep: "write \(path)")
        }
        return path
    }

    /// `name=value` words. The value is everything behind the first `=`, and may be empty.
    private static func properties(_ words: [CommandWord]) throws(CommandFault) -> [String: CommandWord] {
        var values: [String: CommandWord] = [:]
        for word in words {
            guard let sign = word.text.utf8.firstIndex(of: UInt8(ascii: "=")), sign != word.text.startIndex else {
                throw CommandFault(
                    "'\(abbreviated(word.text))' is not name=value", at: word.place,
                    nextStep: "an empty value is written name=")
            }
            let name = String(word.text[..<sign])
            let value = CommandWord(String(word.text[word.text.utf8.index(after: sign)...]), place: word.place)
            guard values.updateValue(value, forKey: name) == nil else {
                throw CommandFault("property '\(name)' is given twice", at: word.place)
            }
        }
        return values
    }

    /// `name[,name]` words.
    private func deletions(
        _ words: [CommandWord], besides properties: [String: CommandWord]
    ) throws(CommandFault) -> [String] {
        var names: [String] = []
        for word in words {
            for name in word.text.split(separator: ",").map(String.init) where !names.contains(name) {
                if properties[name] != nil {
                    throw CommandFault("property '\(name)' is both set and deleted", at: word.place)
                }
                names.append(name)
            }
        }
        return names
    }
}

/// At most 60 characters, for messages.
private func abbreviated(_ text: String) -> String { text.count <= 60 ? text : text.prefix(57) + "..." }
