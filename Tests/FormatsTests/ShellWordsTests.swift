import Foundation
import Model
import TestSupport
import Testing

@testable import Formats

/// The words of each line, and what is wrong: `2:5 summary`.
private func lexed(_ text: String) -> (lines: [[String]], errors: [String]) {
    let (lines, errors) = ShellLexer.lines(of: Array(text.utf8), name: "s")
    return (
        lines.map { $0.words.map(\.text) },
        errors.map { "\($0.place.map { "\($0.line):\($0.column)" } ?? "-") \($0.summary)" }
    )
}

@Suite("Words of a shell script") struct ShellWordsTests {
    @Test(
        "Quotes, backslashes, comments and joined lines are read as a shell reads them",
        arguments: [
            ("a b\tc\n", [["a", "b", "c"]]), ("a 'b c' \"d e\"f'g'\n", [["a", "b c", "d efg"]]),
            (#"a \  \' \" \\ \n"#, [["a", " ", "'", "\"", "\\", "n"]]),
            (#"a "\$x \` \" \\ \n \' $ 5$""#, [["a", "$x ` \" \\ \\n \\' $ 5$"]]),
            (#"a '\$x "y" `z`'"#, [["a", #"\$x "y" `z`"#]]), ("a \\\n  b\\\nc\n", [["a", "bc"]]),
            ("a \"b\\\nc\"\n", [["a", "bc"]]), ("a 'b\\\nc'\n", [["a", "b\\\nc"]]), ("a '' \"\"\n", [["a", "", ""]]),
            ("# x 'y\n\n  \t\na # b 'c\nd#e\n", [["a"], ["d#e"]]), ("a 'b\nc' d", [["a", "b\nc", "d"]]),
            ("a x=~/b {c} {secret: n} = %@:+", [["a", "x=~/b", "{c}", "{secret:", "n}", "=", "%@:+"]]), ("", []),
        ] as [(String, [[String]])])
    func words(_ text: String, _ expected: [[String]]) {
        let (lines, errors) = lexed(text)
        #expect(lines == expected)
        #expect(errors == [])
    }

    @Test(
        "What a shell would expand or run is refused by its name, at its place",
        arguments: [
            ("a $b", "1:3 a variable ($) in a script"), ("a \"x $b\"", "1:6 a variable ($) in a script"),
            ("a ${b}", "1:3 a variable ($) in a script"), ("a $1", "1:3 a variable ($) in a script"),
            ("a $(b)", "1:3 a command substitution ($(...)) in a script"),
            ("a \"$(b)\"", "1:4 a command substitution ($(...)) in a script"),
            ("a `b`", "1:3 a command in backticks in a script"), ("a \"`b`\"", "1:4 a command in backticks in a script"),
            ("a $'b'", "1:3 a quotation with $ in a script"), ("a *.c", "1:3 a file name pattern (*) in a script"),
            ("a b?", "1:4 a file name pattern (?) in a script"), ("a b[c]", "1:4 a file name pattern ([) in a script"),
            ("a | b", "1:3 a pipe (|) in a script"), ("a || b", "1:3 '||' in a script"), ("a && b", "1:3 '&&' in a script"),
            ("a &", "1:3 a command in the background (&) in a script"), ("a; b", "1:2 ';' in a script"),
            ("a > b", "1:3 a redirection (>) in a script"), ("a <<E", "1:3 a redirection (<) in a script"),
            ("(a)", "1:1 a subshell or function (() in a script"), ("f() { a", "1:2 a subshell or function (() in a script"),
            ("a ~/b", "1:3 a home directory (~) in a script"), ("a b{c,d}", "1:4 a brace expansion ({...}) in a script"),
            ("a {1..3}", "1:3 a brace expansion ({...}) in a script"), ("a b\r\nc d\r", "1:4 a carriage return in a script"),
            ("ä 'ö' $ü $x", "1:10 a variable ($) in a script"), ("a\n'b\nc", "2:1 a quotation that is not closed"),
            ("a \"b", "1:3 a quotation that is not closed"), ("a \\", "1:3 a backslash at the end of the file in a script"),
        ])
    func refused(_ text: String, _ error: String) {
        let (lines, errors) = lexed(text)
        #expect(errors.first == error)
        #expect(!lines.contains { $0.contains { $0.hasPrefix("$") } } || text.contains("ü"))
    }

    @Test("A line is refused once, and the lines after it are still read")
    func oneErrorForALine() {
        let (lines, errors) = lexed("a $b $c | d\ne f\ng;h\n")
        #expect(lines == [["e", "f"]])
        #expect(errors == ["1:3 a variable ($) in a script", "3:2 ';' in a script"])
    }

    @Test("A word knows its place, counted in letters, also behind joined lines and quotes over several lines")
    func places() {
        let (lines, _) = ShellLexer.lines(of: Array("ä 'x\ny' b \\\n  c".utf8), name: "s")
        #expect(lines.first?.words.map { "\($0.place?.line ?? 0):\($0.place?.column ?? 0)" } == ["1:1", "1:3", "2:4", "3:3"])
    }

    @Test("Any text that is quoted is read back", arguments: 0..<20)
    func quoting(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let texts = (0..<Int.random(in: 1...4, using: &random)).map { _ in RandomText.any(&random) }
            for quote in [RandomText.singleQuoted, RandomText.doubleQuoted, RandomText.escaped] {
                let script = "x " + texts.map(quote).joined(separator: " ")
                let (lines, errors) = lexed(script)
                #expect(errors == [], "seed \(seed): \(script)")
                // Swift compares texts by what they look like; here every byte counts.
                #expect(
                    lines.first.map { $0.dropFirst().map { Array($0.utf8) } } == texts.map { Array($0.utf8) },
                    "seed \(seed): \(script)")
            }
        }
    }

    @Test("A real shell reads the same words", arguments: 0..<3)
    func realShell(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var script = ""
        var count = 0
        while count < 60 {
            let pieces = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                let text = RandomText.any(&random)
                return [RandomText.singleQuoted, RandomText.doubleQuoted, RandomText.escaped].randomElement(using: &random)?(text)
                    ?? ""
            }
            // Pieces with and without blanks between them: quotations that touch are one word.
            let line = "p " + pieces.joined(separator: Bool.random(using: &random) ? " " : "") + "\n"
            guard lexed(line).errors.isEmpty else { continue }
            script += line
            count += 1
        }
        let directory = try TemporaryDirectory()
        // Every word, with its length in front, so that no content can look like a separator.
        try directory.write(
            "p() { for w in \"$@\"; do printf '%s\\037' \"$w\"; done; printf '\\036'; }\n" + script, to: "words.sh")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [directory.path + "/words.sh"]
        process.environment = ["LC_ALL": "C"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let lines = output.split(separator: 0x1E).map { line in
            line.split(separator: 0x1F, omittingEmptySubsequences: false).dropLast().map(Array.init)
        }
        let own = lexed(script).lines.map { $0.dropFirst().map { Array($0.utf8) } }
        #expect(own.count == count)
        #expect(lines == own, "seed \(seed)")
    }
}

/// Texts chosen to hurt a shell, and the three ways to quote them.
enum RandomText {
    private static let alphabet: [Unicode.Scalar] = Array(
        "ab1 '\"\\$`#=*?[]{},.~!|&;<>()-\t\n@%^:/ä日\u{1F600}\u{301}\u{7F}".unicodeScalars)

    static func any(_ random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            text.unicodeScalars.append(alphabet.randomElement(using: &random) ?? "x")
        }
        return text
    }

    static func singleQuoted(_ text: String) -> String {
        var quoted = "'"
        for scalar in text.unicodeScalars {
            if scalar == "'" { quoted += "'\\'" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "'"
    }

    static func doubleQuoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if "$`\"\\".unicodeScalars.contains(scalar) { quoted += "\\" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    /// A backslash before everything that is no letter; a line break cannot be escaped so, and stands in quotes.
    static func escaped(_ text: String) -> String {
        guard !text.isEmpty else { return "''" }
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar == "\n" {
                escaped += "'\n'"
            } else {
                if scalar.isASCII, !scalar.properties.isAlphabetic { escaped += "\\" }
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
