internal import TaskKit

/// The events that every task and every phase has, as the text of a column. Foundation's coder reads and writes the same texts (a test holds
/// both against each other) and costs more than all the rest of a record.
enum JournalText {
    /// - Returns: nil for every other event.
    static func text(of event: RunEvent) -> String? {
        switch event {
        case .phaseStarted(let phase): return #"{"phaseStarted":{"phase":\#(phase)}}"#
        case .phaseFinished(let phase): return #"{"phaseFinished":{"phase":\#(phase)}}"#
        case .runFinished(let result): return #"{"runFinished":{"result":"\#(result.rawValue)"}}"#
        case .taskStarted(let task, let attempt): return text("taskStarted", task, attempt)
        case .taskApplying(let task, let attempt): return text("taskApplying", task, attempt)
        case .taskFinished(let task, let attempt, let outcome, nil, let milliseconds):
            var bytes: [UInt8] = []
            bytes.reserveCapacity(128)
            bytes += #"{"taskFinished":{"attempt":"#.utf8
            bytes += String(attempt).utf8
            bytes += #","milliseconds":"#.utf8
            bytes += String(milliseconds).utf8
            bytes += #","outcome":"#.utf8
            JSONString.append(outcome.rawValue, to: &bytes)
            return end(of: bytes, task)
        default: return nil
        }
    }

    private static func text(_ name: String, _ task: TaskID, _ attempt: Int) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(80)
        bytes += "{\"\(name)\":{\"attempt\":\(attempt)".utf8
        return end(of: bytes, task)
    }

    private static func end(of bytes: [UInt8], _ task: TaskID) -> String {
        var bytes = bytes
        bytes += #","task":"#.utf8
        JSONString.append(task.text, to: &bytes)
        bytes += "}}".utf8
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Reading

    /// - Returns: nil for every other event, and for texts that were written in another way.
    static func event(from text: String) -> RunEvent? {
        var text = text
        return text.withUTF8 { bytes in
            var rest = Reading(bytes: bytes[...])
            if rest.take(#"{"taskStarted":{"attempt":"#) {
                guard let attempt = rest.number(), let task = rest.task() else { return nil }
                return .taskStarted(task: task, attempt: attempt)
            }
            if rest.take(#"{"taskApplying":{"attempt":"#) {
                guard let attempt = rest.number(), let task = rest.task() else { return nil }
                return .taskApplying(task: task, attempt: attempt)
            }
            if rest.take(#"{"runFinished":{"result":"#) {
                guard let word = rest.word(), let result = RunResult(rawValue: word), rest.end() else { return nil }
                return .runFinished(result: result)
            }
            if rest.take(#"{"phaseStarted":{"phase":"#) { return rest.phase().map { .phaseStarted(phase: $0) } }
            if rest.take(#"{"phaseFinished":{"phase":"#) { return rest.phase().map { .phaseFinished(phase: $0) } }
            guard rest.take(#"{"taskFinished":{"attempt":"#), let attempt = rest.number(), rest.take(#","milliseconds":"#),
                let milliseconds = rest.number(), rest.take(#","outcome":"#), let word = rest.word(),
                let outcome = Outcome(rawValue: word), let task = rest.task()
            else { return nil }
            return .taskFinished(task: task, attempt: attempt, outcome: outcome, failure: nil, milliseconds: milliseconds)
        }
    }

    /// A finger on the text of an event.
    private struct Reading {
        var bytes: Slice<UnsafeBufferPointer<UInt8>>

        mutating func take(_ text: StaticString) -> Bool {
            let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            guard bytes.starts(with: expected) else { return false }
            bytes.removeFirst(expected.count)
            return true
        }

        mutating func number() -> Int? {
            let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            bytes.removeFirst(digits.count)
            return Int(String(decoding: digits, as: UTF8.self))
        }

        mutating func end() -> Bool { take("}}") && bytes.isEmpty }

        /// The number of a phase, with which a text ends.
        mutating func phase() -> Int? {
            guard let number = number(), end() else { return nil }
            return number
        }

        /// A text without escapes.
        mutating func word() -> String? {
            guard take("\"") else { return nil }
            let word = bytes.prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            bytes.removeFirst(word.count)
            return take("\"") ? String(decoding: word, as: UTF8.self) : nil
        }

        /// The task, with which each of these texts ends.
        mutating func task() -> TaskID? {
            guard take(#","task":"#), let word = word(), end() else { return nil }
            return TaskID(word)
        }
    }
}
