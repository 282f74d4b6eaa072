import Service
import TaskKit

/// The output of the tasks of another process, for who looks on: read from the logs that it writes.
struct FollowedOutput: Sendable {
    /// Lines of one task.
    struct Said {
        let task: TaskID
        let lines: [String]
    }

    private let open: @Sendable (TaskID, Int) -> TaskOutputReader
    private var running: [TaskID: TaskOutputReader] = [:]
    /// Of tasks that have ended by the journal, and whose logs are still written.
    private var ending: [(task: TaskID, reader: TaskOutputReader)] = []

    /// - Parameter open: follows an attempt of a task.
    init(_ open: @escaping @Sendable (TaskID, Int) -> TaskOutputReader) { self.open = open }

    /// Another run begins: what the one before has said is of no interest.
    mutating func reset() {
        running = [:]
        ending = []
    }

    mutating func begin(_ task: TaskID, attempt: Int) { running[task] = open(task, attempt) }

    /// What an attempt that has ended has said, as far as it is there.
    mutating func end(_ task: TaskID) -> Said? {
        guard var reader = running.removeValue(forKey: task) else { return nil }
        let lines = reader.next()
        if !reader.hasEnded { ending.append((task, reader)) }
        return lines.isEmpty ? nil : Said(task: task, lines: lines)
    }

    /// What has come meanwhile.
    mutating func next() -> [Said] {
        var said: [Said] = []
        for index in ending.indices {
            let lines = ending[index].reader.next()
            if !lines.isEmpty { said.append(Said(task: ending[index].task, lines: lines)) }
        }
        ending.removeAll { $0.reader.hasEnded }
        for task in running.keys.sorted() {
            guard var reader = running[task] else { continue }
            let lines = reader.next()
            running[task] = reader
            if !lines.isEmpty { said.append(Said(task: task, lines: lines)) }
        }
        return said
    }
}
