package import Model

/// Something that is asked of a host before a plan is run, and how its answer is understood. The script only reads: pre-flight touches
/// nothing.
///
/// All questions to one host go over one command, side by side, so that a host is asked once.
package struct HostQuestion: Sendable {
    package let host: ItemPath
    package let script: Script
    package let arguments: [String]
    /// How long the answer may take. The host is given the longest limit of all that it is asked.
    package let limit: Duration
    /// What the answer means. Pure; not called when the host has not answered to the end.
    package let judge: @Sendable (HostAnswer) -> [PreflightFinding]

    package init(
        _ host: ItemPath, _ script: Script, arguments: [String], limit: Duration,
        judge: @escaping @Sendable (HostAnswer) -> [PreflightFinding]
    ) {
        self.host = host
        self.script = script
        self.arguments = arguments
        self.limit = limit
        self.judge = judge
    }

    /// A question whose answer is read line by line.
    ///
    /// - Parameter finding: what a line means, by its words (tabs stand between them); nil: nothing that anybody must know.
    package static func lines(
        _ host: ItemPath, _ script: Script, arguments: [String], limit: Duration,
        finding: @escaping @Sendable ([String]) -> PreflightFinding?
    ) -> HostQuestion {
        HostQuestion(host, script, arguments: arguments, limit: limit) { $0.facts.compactMap(finding) }
    }

    /// The check of a script (``Script``), asked before its turn: exit status 0 is no finding.
    ///
    /// - Parameter finding: what it means that the answer is another, by the last line that was said.
    package static func check(
        _ host: ItemPath, _ script: Script, arguments: [String], limit: Duration,
        finding: @escaping @Sendable (String) -> PreflightFinding
    ) -> HostQuestion {
        HostQuestion(host, script, arguments: ["check"] + arguments, limit: limit) { answer in
            answer.status == 0 ? [] : [finding(answer.lastLine)]
        }
    }
}

/// What a host has said to one question.
package struct HostAnswer: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        package var text: String
        /// When it came, by the clock of the controller, in seconds since 1970.
        package var time: Double

        package init(_ text: String, time: Double = 0) {
            self.text = text
            self.time = time
        }
    }

    /// When it was asked, by the clock of the controller.
    package var askedAt: Double
    /// Without empty ones.
    package var lines: [Line]
    /// With what the script has ended; nil: it did not end in time.
    package var status: Int?

    package init(askedAt: Double = 0, lines: [Line] = [], status: Int? = nil) {
        self.askedAt = askedAt
        self.lines = lines
        self.status = status
    }

    /// The words of each line.
    package var facts: [[String]] {
        lines.map { $0.text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }

    /// What stands behind `word` in the lines that begin with it.
    ///
    /// - Parameter count: lines with fewer words behind it are passed over.
    package func facts(_ word: String, count: Int) -> [[String]] {
        facts.filter { $0.first == word && $0.count > count }.map { Array($0.dropFirst()) }
    }

    /// What was said last, or the exit status where nothing was.
    package var lastLine: String { lines.last?.text ?? status.map { "exit status \($0)" } ?? "nothing" }
}
