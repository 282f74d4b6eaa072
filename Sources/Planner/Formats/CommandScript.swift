package import Model

/// A file of command lines, such as deployment descriptions of LITP are:
///
/// ```
/// #!/bin/bash
/// litp create -t vm-image -p /software/images/node -o name=node \
///     source_uri=http://ms/node.qcow2
/// ```
///
/// Only `create`, `inherit`, `update` and `remove` are carried out, with `litp` or `planner` before them; nothing is expanded. `set` lines with
/// options (`set -x`) say nothing about a model and are passed over with a warning.
package struct CommandScript: Sendable {
    /// A change, and where it is asked for.
    package struct Step: Sendable {
        package let place: SourcePlace
        package let edit: ModelEdit
    }

    package private(set) var steps: [Step] = []
    /// Everything that is wrong with the lines, at most one error for each, in the order of the file. With an error, `steps` lacks something.
    package private(set) var errors: [Diagnostic] = []
    package private(set) var warnings: [Diagnostic] = []

    /// More than any script of a site has, and what fits in memory at once.
    package static let maximumSize = 256 << 20

    /// - Parameter name: under which places are shown.
    /// - Complexity: O(bytes).
    package init(_ bytes: [UInt8], name: String) {
        guard bytes.count <= CommandScript.maximumSize else {
            errors = [
                Diagnostic(
                    .invalidScript, "the script is too large", rule: "at most \(CommandScript.maximumSize >> 20) MiB",
                    place: SourcePlace(file: name, line: 1, column: 1))
            ]
            return
        }
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        if let error = CommandScript.textError(bytes, name: name) {
            errors = [error]
            return
        }
        let (lines, faults) = ShellLexer.lines(of: bytes, name: name)
        errors = faults
        for line in lines { read(line) }
        errors.sort()
    }

    /// The first byte that belongs to no text.
    private static func textError(_ bytes: [UInt8], name: String) -> Diagnostic? {
        let invalid = TextPosition.firstInvalidOffset(in: bytes)
        let zero = bytes.firstIndex(of: 0)
        guard let offset = [invalid, zero].compactMap({ $0 }).min() else { return nil }
        let position = ScriptPosition.position(ofOffset: offset, in: bytes)
        return Diagnostic(
            .invalidScript, offset == invalid ? "the script is not UTF-8" : "a NUL in a script",
            rule: offset == invalid ? "byte \(offset + 1) does not belong to UTF-8" : "no argument of a command can have it",
            place: SourcePlace(file: name, line: position.line, column: position.column),
            nextStep: offset == invalid ? "save it as UTF-8, for instance with iconv -t UTF-8" : nil)
    }

    mutating func fail(_ error: Diagnostic) { errors.append(error) }

    // MARK: Lines

    private mutating func read(_ line: ShellLexer.Line) {
        guard let place = line.place else { return }
        do {
            guard let (command, words) = try command(of: line) else { return }
            let values = try ScriptOptionReader.values(of: words, command: command)
            steps.append(Step(place: place, edit: try command.edit(values, at: place)))
        } catch {
            errors.append(
                Diagnostic(.invalidScript, error.summary, place: error.place ?? place, nextStep: error.nextStep))
        }
    }

    /// The command of a line and the words behind it; nil for a line that says nothing about a model.
    private mutating func command(
        of line: ShellLexer.Line
    ) throws(CommandFault) -> (ModelCommand, ArraySlice<CommandWord>)? {
        var words = line.words[...]
        guard let program = words.popFirst() else { return nil }
        guard ["litp", "planner"].contains(program.text.split(separator: "/").last.map(String.init)) else {
            if program.text == "set", words.allSatisfy({ $0.text.first == "-" || $0.text.first == "+" || $0.text == "pipefail" })
            {
                warn("'set' is passed over", at: program)
                return nil
            }
            throw foreign(program)
        }
        passOverConnection(&words)
        guard let word = words.popFirst() else {
            throw CommandFault(
                "\(program.text) without a command", at: program.place,
                nextStep: "one of create, inherit, update, remove")
        }
        guard let command = ModelCommand(rawValue: word.text) else { throw refused(word) }
        return (command, words)
    }

    /// LITP's options before the command say how its server is reached; there is none here.
    private mutating func passOverConnection(_ words: inout ArraySlice<CommandWord>) {
        while let word = words.first, let name = word.text.split(separator: "=").first,
            ["--url", "-u", "--username", "-P", "--password"].contains(name)
        {
            warn("\(name) is passed over: there is no server to log in to", at: word)
            words.removeFirst()
            if name.count == word.text.count { words = words.dropFirst() }
        }
    }

    private mutating func warn(_ summary: String, at word: CommandWord) {
        warnings.append(Diagnostic(.invalidScript, summary, severity: .warning, place: word.place))
    }

    // MARK: What is refused

    private func foreign(_ word: CommandWord) -> CommandFault {
        let shown = word.text.prefix(60)
        if let near = NearestWord.to(word.text, among: ["litp", "planner"]) {
            return CommandFault("unknown command '\(shown)'", at: word.place, nextStep: "did you mean '\(near)'?")
        }
        let name = shown.prefix { $0 != "=" }
        if name.count < shown.count, !name.isEmpty, name.utf8.allSatisfy({ $0 == 95 || Character(Unicode.Scalar($0)).isLetter }) {
            return CommandFault(
                "a variable is set: '\(name)'", at: word.place, nextStep: "write its value where it is used: nothing is expanded")
        }
        return CommandFault(
            "'\(shown)' is not carried out", at: word.place,
            nextStep: "a script has lines of litp (or planner) create, inherit, update and remove")
    }

    private func refused(_ word: CommandWord) -> CommandFault {
        if let advice = CommandScript.advice[word.text] {
            return CommandFault("'\(word.text)' does not belong in a script", at: word.place, nextStep: advice)
        }
        let known = ModelCommand.allCases.map(\.rawValue)
        let near = NearestWord.to(word.text, among: known + CommandScript.advice.keys.sorted())
        return CommandFault(
            "unknown command '\(word.text.prefix(60))'", at: word.place,
            nextStep: near.map { "did you mean '\($0)'?" } ?? "one of " + known.joined(separator: ", "))
    }

    /// Commands that are known and do not change items one by one: what to do instead.
    private static let advice: [String: String] = {
        var advice = [
            "load": "load the file before or after the script: planner load --merge FILE",
            "restore_model": "give the command by itself: a script only changes items",
            "run_script": "give the scripts one after the other",
            "crypt": "set secrets before the script: planner crypt set NAME; a script says '{secret: NAME}'",
        ]
        for name in ["show", "diff", "status", "show_plan", "plan_history", "export", "types", "schema", "version"] {
            advice[name] = "give planner \(name) after the script: a script only changes items"
        }
        for name in ["create_plan", "preflight", "run_plan", "stop_plan", "remove_plan"] {
            advice[name] = "give planner \(name) after the script has been carried out"
        }
        return advice
    }()
}

/// Lines and columns as a shell counts them: a line ends at LF only.
enum ScriptPosition {
    static func position(ofOffset offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }
}
