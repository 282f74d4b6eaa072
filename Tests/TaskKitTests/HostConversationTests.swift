import Model
import TaskKit
import TestSupport
import Testing

@Suite("Several questions to one host")
struct HostConversationTests {
    private func question(_ text: String, _ arguments: String...) -> HostQuestion {
        HostQuestion(
            .root, Script(name: "test/question", content: Array(text.utf8)), arguments: arguments, limit: .seconds(10)
        ) { _ in [] }
    }

    private func ask(_ questions: [HostQuestion], _ tools: LocalTaskHost.Tools) async throws -> [HostAnswer] {
        let host = try LocalTaskHost(try TemporaryDirectory(), tools: tools)
        let result = try await host.run(
            HostConversation.command, input: HostConversation.text(of: questions), limit: .seconds(20), onOutput: nil)
        #expect(result.status == 0, "\(result.errorText)")
        var conversation = HostConversation(questions: questions.count, askedAt: 1)
        conversation.take(result.output, at: 2)
        return conversation.answers
    }

    @Test(
        "Each has its own lines and its own exit status, whatever it says and however it ends",
        arguments: LocalTaskHost.Tools.installed)
    func apart(_ tools: LocalTaskHost.Tools) async throws {
        let answers = try await ask(
            [
                question("echo one; printf two >&2; exit 7"),
                question("for word; do echo \"[$word]\"; done", "a b", "it's", "-n", ""),
                question("cat; exit 3"), question("printf '0\\ttext\\n=0\\n\\n12\\n'"), question("kill -9 $$"),
            ], tools)
        #expect(
            answers.map { $0.lines.map(\.text) }[..<4] == [
                ["one", "two"], ["[a b]", "[it's]", "[-n]", "[]"], [], ["0\ttext", "=0", "12"],
            ])
        #expect(answers.map(\.status) == [7, 0, 3, 0, 137])
    }

    @Test("They go on side by side", arguments: LocalTaskHost.Tools.installed)
    func sideBySide(_ tools: LocalTaskHost.Tools) async throws {
        // The first waits for what the second does: one after the other, it would not end.
        let directory = try TemporaryDirectory()
        let gate = directory.path + "/gate"
        let answers = try await ask(
            [
                question("mkfifo \"$1\" && cat \"$1\"", gate),
                question("until [ -p \"$1\" ]; do :; done; echo open >\"$1\"", gate),
            ],
            tools)
        #expect(answers.map { $0.lines.map(\.text) } == [["open"], []])
    }

    @Test("Output that comes in pieces is put together, and what is none of an answer is passed over")
    func pieces() {
        var conversation = HostConversation(questions: 2, askedAt: 5)
        let text = "Welcome to n1\n0\tone\n1\ttwo\n\n0\t\n0\t0\n0.\n7\tnobody asked\n1\tthr"
        for byte in text.utf8 { conversation.take([byte], at: 6) }
        #expect(
            conversation.answers == [
                HostAnswer(askedAt: 5, lines: [.init("one", time: 6)], status: 0),
                HostAnswer(askedAt: 5, lines: [.init("two", time: 6)], status: nil),
            ])
        conversation.take(Array("ee\n1\t3\n1.\n".utf8), at: 7)
        #expect(conversation.answers[1].lines.map(\.text) == ["two", "three"])
        #expect(conversation.answers[1].lines.map(\.time) == [6, 7])
        #expect(conversation.answers[1].status == 3)
    }

    @Test("A host that says more than anybody asked for is not listened to for ever")
    func flood() {
        var conversation = HostConversation(questions: 1, askedAt: 0)
        conversation.take(Array("0\tone\n".utf8), at: 0)
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<64 { conversation.take(block, at: 0) }
        conversation.take(Array("\n0\ttwo\n0\t0\n0.\n".utf8), at: 0)
        #expect(conversation.answers.map(\.status) == [nil])
        #expect(conversation.answers[0].lines.map(\.text) == ["one"])
    }

    @Test("Facts are found by their first word")
    func facts() {
        let answer = HostAnswer(lines: [.init("a\tb\tc"), .init("a"), .init("ab\tb\tc"), .init("a\t\td e")], status: 0)
        #expect(answer.facts("a", count: 2) == [["b", "c"], ["", "d e"]])
        #expect(answer.lastLine == "a\t\td e")
        #expect(HostAnswer(status: 4).lastLine == "exit status 4")
    }
}
