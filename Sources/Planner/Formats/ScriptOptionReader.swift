internal import Model

/// Reads the options of one line of a script, by the same rules as the command line: `-p PATH`, `-p=PATH`, `--path PATH`, `--path=PATH`, flags
/// joined with another letter (`-jp PATH`), and several values behind one `-o`.
struct ScriptOptionReader {
    private let command: ModelCommand
    private var values: [ModelOption: [CommandWord]] = [:]
    private var rest: ArraySlice<CommandWord>

    /// The values of every option of `words`, which are all that stands behind the command.
    ///
    /// - Throws: ``CommandFault`` at the first word that is no option of the command, or lacks its value.
    static func values(
        of words: ArraySlice<CommandWord>, command: ModelCommand
    ) throws(CommandFault) -> [ModelOption: [CommandWord]] {
        var reader = ScriptOptionReader(command: command, rest: words)
        while let word = reader.rest.popFirst() { try reader.read(word) }
        return reader.values
    }

    private init(command: ModelCommand, rest: ArraySlice<CommandWord>) {
        self.command = command
        self.rest = rest
    }

    private static func isOption(_ text: String) -> Bool { text.utf8.first == UInt8(ascii: "-") && text.utf8.count > 1 }

    private mutating func read(_ word: CommandWord) throws(CommandFault) {
        let text = word.text
        // Says that no more options follow; and no command has anything else.
        if text == "--", rest.isEmpty { return }
        guard ScriptOptionReader.isOption(text), text != "--" else {
            throw CommandFault(
                "'\(text.prefix(60))' is no option of \(command.rawValue)", at: word.place,
                nextStep: "a value with blanks is written in quotes")
        }
        let sign = text.utf8.firstIndex(of: UInt8(ascii: "="))
        let name = text[..<(sign ?? text.endIndex)]
        let attached = sign.map { CommandWord(String(text[text.utf8.index(after: $0)...]), place: word.place) }
        if name.hasPrefix("--") {
            guard let option = command.options.first(where: { $0.name == name.dropFirst(2) }) else { throw unknown(word) }
            return try take(option, attached, at: word)
        }
        // All letters but the last are flags: `-jp PATH`.
        let letters = name.dropFirst()
        for letter in letters.dropLast() {
            guard let option = option(letter), option.arity == .none else { throw unknown(word) }
            values[option] = []
        }
        guard let option = letters.last.flatMap(option) else { throw unknown(word) }
        try take(option, attached, at: word)
    }

    private func option(_ letter: Character) -> ModelOption? { command.options.first { $0.letter == letter } }

    private mutating func take(_ option: ModelOption, _ attached: CommandWord?, at word: CommandWord) throws(CommandFault) {
        switch option.arity {
        case .none:
            if let attached {
                throw CommandFault("--\(option.name) takes no value", at: attached.place)
            }
            values[option] = []
        case .one:
            if let attached { return values[option, default: []].append(attached) }
            guard let next = rest.first, !ScriptOptionReader.isOption(next.text) else { throw missing(word) }
            rest.removeFirst()
            values[option, default: []].append(next)
        case .oneOrMore:
            var taken = attached.map { [$0] } ?? []
            while let next = rest.first, !ScriptOptionReader.isOption(next.text) {
                taken.append(next)
                rest.removeFirst()
            }
            guard !taken.isEmpty else { throw missing(word) }
            values[option, default: []] += taken
        }
    }

    private func missing(_ word: CommandWord) -> CommandFault {
        CommandFault("\(word.text) has no value", at: word.place)
    }

    private func unknown(_ word: CommandWord) -> CommandFault {
        let name = word.text.prefix { $0 != "=" }
        if name == "--state" {
            return CommandFault(
                "--state cannot be given in a script", at: word.place,
                nextStep: "all lines change one site: planner run_script --state DIRECTORY FILE")
        }
        if name == "--dry-run" {
            return CommandFault(
                "--dry-run cannot be given in a script", at: word.place,
                nextStep: "planner run_script --dry-run FILE shows what the whole script would change")
        }
        let known = command.options.flatMap { ["--\($0.name)", "-\($0.letter)"] }
        let near = name.hasPrefix("--") ? NearestWord.to(String(name), among: known) : nil
        let all = command.options.map { "-\($0.letter)" }.joined(separator: " ")
        return CommandFault(
            "\(command.rawValue) has no option '\(name.prefix(60))'", at: word.place,
            nextStep: near.map { "did you mean '\($0)'?" } ?? "it has \(all)")
    }
}
