import Foundation
package import TaskKit

/// What a task of another process says, read from its log while that grows: whole lines, without those that the log adds.
package struct TaskOutputReader: Sendable {
    private let path: String
    private var reader: TaskLogReader
    /// The log as it was when it was last read: most of the time there is nothing new.
    private var seen: [UInt64] = []
    private var rest = ""
    /// Whether the log says that the attempt has ended: then all of its output is there.
    package private(set) var hasEnded = false

    package init(_ log: TaskLog) {
        path = log.path
        reader = TaskLogReader(log.path)
    }

    /// The lines that have come since the last call.
    package mutating func next() -> [String] {
        guard hasChanged() else { return [] }
        rest += reader.next()
        var lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
        rest = String(lines.removeLast())
        return lines.compactMap { line in isOfTask(line) ? String(line) : nil }
    }

    private mutating func hasChanged() -> Bool {
        // No file yet: nothing has been said.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let size = attributes[.size] as? UInt64, let number = attributes[.systemFileNumber] as? UInt64
        else { return false }
        defer { seen = [number, size] }
        return seen != [number, size]
    }

    /// Lines of the log itself begin with a sign and a time (``TaskLogWriter``); behind the last of them stands why the task failed.
    private mutating func isOfTask(_ line: Substring) -> Bool {
        guard line.hasPrefix("# ") else {
            hasEnded = false
            return true
        }
        let mark = line.wholeMatch(of: /# [-\dT:.]{23}Z (?:apply|.*, attempt \d+: check|(\S+ after \S+ s))/)
        guard let mark else { return !hasEnded }
        hasEnded = mark.1 != nil
        return false
    }
}

extension TaskLogDirectory {
    /// Follows the output of one attempt.
    package func output(of task: TaskID, attempt: Int, plan serial: Int) -> TaskOutputReader {
        TaskOutputReader(TaskLog(attempt: attempt, path: file(of: task, attempt: attempt, plan: serial)))
    }
}
