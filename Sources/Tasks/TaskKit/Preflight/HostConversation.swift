package import Shell

/// How several questions to one host become one command, and its output several answers (`Resources/ask-host.sh`).
package struct HostConversation: Sendable {
    /// The text that `sh -s` reads.
    package static func text(of questions: [HostQuestion]) -> [UInt8] {
        var text = PackageResources.ask_host_sh
        for (number, question) in questions.enumerated() {
            let words = ["ask", String(number), question.script.text, question.script.name] + question.arguments
            text += Array((ShellCommand(words).text + "\n").utf8)
        }
        return text + Array("wait\n".utf8)
    }

    package static let command = ShellCommand(["sh", "-s"])

    /// More than this is no answer: what comes after it is not looked at.
    private static let largest = 8 << 20

    /// What has come of one answer.
    private struct Part {
        var lines: [HostAnswer.Line] = []
        var isComplete = false
    }

    private let askedAt: Double
    private var parts: [Part]
    private var rest: [UInt8] = []
    private var count = 0

    /// - Parameter askedAt: seconds since 1970, by the clock of the controller.
    package init(questions: Int, askedAt: Double) {
        self.askedAt = askedAt
        parts = Array(repeating: Part(), count: questions)
    }

    /// Takes output as it comes.
    package mutating func take(_ bytes: [UInt8], at time: Double) {
        count += bytes.count
        guard count <= HostConversation.largest else { return }
        rest += bytes
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return }
        for line in rest[..<end].split(separator: UInt8(ascii: "\n")) { take(line: String(decoding: line, as: UTF8.self), time) }
        rest.removeFirst(end + 1)
    }

    /// `NUMBER`, a tab and what was said, or `NUMBER.` at the end. What is neither is none of ours: a greeting of the host.
    private mutating func take(line: String, _ time: Double) {
        let digits = line.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), parts.indices.contains(number) else { return }
        let said = line.dropFirst(digits.count)
        if said == "." {
            parts[number].isComplete = true
        } else if said.first == "\t", said.count > 1 {
            parts[number].lines.append(HostAnswer.Line(String(said.dropFirst()), time: time))
        }
    }

    /// What was answered, question by question, as far as it has come.
    package var answers: [HostAnswer] {
        parts.map { part in
            var answer = HostAnswer(askedAt: askedAt, lines: part.lines)
            if part.isComplete, let last = answer.lines.popLast() { answer.status = Int(last.text) }
            return answer
        }
    }
}
