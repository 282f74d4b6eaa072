import Foundation
import Shell
import Subprocess
import TestSupport
import Testing

@testable import SSH

@Suite("Quoting")
struct QuotingTests {
    static let hostile = [
        "", "'", "''", "'\\''", "\\", "\"", "$(touch /tmp/x)", "`id`", "a\nb\n", "\n", "-n", "--", "*", "~", "!!", "$HOME",
        "a;b|c&d>e<f", "\t ", "größe 日本 👩‍👩‍👧", "\r\n", "\u{1b}[31m", "${IFS}", "#", "'\"'\"'", "\u{7f}\u{1}",
    ]

    /// What a real shell makes of the quoted texts.
    private func readBack(_ texts: [String]) async throws -> [String] {
        let script = "for word in \(ShellCommand(texts).text); do printf '%s\\0' \"$word\"; done"
        let output = try await command("/bin/sh", ["-c", script])
        return output.split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test("A shell reads every text back unchanged")
    func examples() async throws {
        #expect(try await readBack(Self.hostile) == Self.hostile)
    }

    @Test("A shell reads random texts back unchanged")
    func property() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("'\"\\$`!*?[]{}()<>|&;#~= \t\nab-é日\u{301}\u{200d}")
        let texts = (0..<400).map { _ in
            String(
                (0..<Int.random(in: 0...24, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? "x" }
            )
        }
        let read = try await readBack(texts)
        #expect(read.map { Array($0.utf8) } == texts.map { Array($0.utf8) }, "seed \(seed)")
    }

    @Test("A command survives its wrapper whatever is in it", arguments: ["/bin/sh", "/bin/bash"])
    func wrapper(shell: String) async throws {
        for text in Self.hostile {
            let inner = "printf %s \(ShellQuoting.quote(text))"
            let output = try await command(shell, ["-c", RemoteCommand.announced(inner, token: "token")])
            let parts = output.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            #expect(parts[0].hasPrefix("token "))
            #expect(Array(parts[1].utf8) == Array(text.utf8))
        }
    }

    @Test(
        "A script is begun by the shell that announces it, with its words, whatever is in them",
        arguments: ["/bin/sh", "/bin/bash"])
    func script(shell: String) async throws {
        for text in Self.hostile {
            let script = ShellCommand(script: #"printf '%s.' "$0" "$@" $$"#, name: "name", arguments: [text])
            let request = ExecutionRequest(command: script.text, isProgram: true, script: script.script)
            let output = try await command(
                shell, ["-c", RemoteCommand.announced(request, token: "token", shell: .unknown)])
            let parts = output.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            let announced = parts[0].split(separator: " ")
            #expect(announced[0] == "token")
            #expect(Array(parts[1].utf8) == Array("name.\(text).\(announced[1]).".utf8))
        }
    }

    @Test("A script that the shell cannot read tells so by its own name and line", arguments: ["if", "true\nif"])
    func unreadable(text: String) async throws {
        let script = ShellCommand(script: text, name: "check").script
        let request = ExecutionRequest(command: "", isProgram: true, script: script)
        let line = RemoteCommand.announced(request, token: "token", shell: .posix)
        let told = try await command("/bin/sh", ["-c", "(\(line)) 2>&1; :"])
        let lines = text.split(separator: "\n").count
        #expect(told.contains("check: \(lines): Syntax error"))
    }
}
