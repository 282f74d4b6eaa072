import Dispatch
import Foundation
package import Runner
import Synchronization
package import TaskKit

/// The logs of tasks in the state directory: one file for each attempt, readable by their owner only, without secrets, bounded in size. They
/// are for people: a log that cannot be written keeps no task from being carried out.
package struct TaskLogDirectory: Sendable {
    /// Logs of plans older than so many days, or with so many newer ones, are removed.
    private static let days = 90.0
    private static let plans = 50

    package let path: String

    package init(stateDirectory: String) { path = stateDirectory + "/logs" }

    package func folder(ofPlan serial: Int) -> String { "\(path)/\(serial)" }

    package func file(of task: TaskID, attempt: Int, plan serial: Int) -> String {
        "\(folder(ofPlan: serial))/\(task).\(attempt).log"
    }

    /// The logs of a task, the first attempt first.
    package func logs(of task: TaskID, plan serial: Int) -> [TaskLog] {
        // No folder: no logs.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(ofPlan: serial))) ?? []
        return names.compactMap { name -> TaskLog? in
            let parts = name.split(separator: ".")
            guard parts.count == 3, parts[0] == task.text, parts[2] == "log", let attempt = Int(parts[1]) else { return nil }
            return TaskLog(attempt: attempt, path: "\(folder(ofPlan: serial))/\(name)")
        }
        .sorted { $0.attempt < $1.attempt }
    }

    /// What a task has said last, as far as its log has it; nil when it has said nothing.
    package func lastLine(of task: TaskID, attempt: Int, plan serial: Int) -> String? {
        guard let handle = FileHandle(forReadingAtPath: file(of: task, attempt: attempt, plan: serial)) else { return nil }
        // A log that cannot be read has no last line.
        guard let size = try? handle.seekToEnd(), (try? handle.seek(toOffset: size - min(size, 4096))) != nil,
            let end = try? handle.readToEnd()
        else { return nil }
        let lines = String(decoding: end, as: UTF8.self).split { $0 == "\n" || $0 == "\r" }
        let said = lines.last { !$0.hasPrefix("# ") && $0.contains { !$0.isWhitespace } }
        return said.map { $0.hasPrefix("not yet: ") ? String($0.dropFirst("not yet: ".count)) : String($0) }
    }

    package func remove(plan serial: Int) {
        // What cannot be removed now goes when it is old.
        try? FileManager.default.removeItem(atPath: folder(ofPlan: serial))
    }

    /// Removes what is old.
    func prune(now: Double) {
        let files = FileManager.default
        let serials = ((try? files.contentsOfDirectory(atPath: path)) ?? []).compactMap { Int($0) }.sorted(by: >)
        for (index, serial) in serials.enumerated() {
            let attributes = try? files.attributesOfItem(atPath: folder(ofPlan: serial))
            let changed = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? now
            if index >= TaskLogDirectory.plans || now - changed > TaskLogDirectory.days * 86_400 { remove(plan: serial) }
        }
    }
}

/// Writes the logs of one run, on a thread of its own, so that neither hosts nor the journal wait for it. A task that was true already and has
/// said nothing leaves none: the journal tells all that there is to tell.
package final class TaskLogWriter: Sendable {
    private struct OpenLog {
        var descriptor: Int32
        var path: String
        var size: Int
    }

    /// What waits to be written; more than this is left out, with a word about it.
    private static let mostWaiting = 8 << 20

    private let directory: TaskLogDirectory
    private let serial: Int
    private let places: PlanPlaces
    private let queue = DispatchQueue(label: "planner.logs")
    private let waiting = Mutex(0)
    // Touched on the queue only; the lock is for the compiler.
    private let open = Mutex<[TaskID: OpenLog]>([:])
    // The starts of tasks of which nothing else is known so far; looked at by whoever brings a notice.
    private let starts = Mutex<[TaskID: JournalEntry]>([:])

    package init(directory: TaskLogDirectory, serial: Int, places: PlanPlaces, now: Double) {
        self.directory = directory
        self.serial = serial
        self.places = places
        queue.async { directory.prune(now: now) }
    }

    package func notice(_ notice: RunNotice) {
        switch notice {
        case .progress: break
        case .output(let task, _, let text):
            begin(task)
            put(text, task)
        case .recorded(let entry): put(entry)
        }
    }

    private func put(_ entry: JournalEntry) {
        switch entry.event {
        case .taskStarted(let task, _): starts.withLock { $0[task] = entry }
        case .taskFinished(let task, _, .skipped, _, _):
            if starts.withLock({ $0.removeValue(forKey: task) }) == nil { put(RunRecord(entry, in: places)) }
        case .taskApplying(let task, _), .taskFinished(let task, _, _, _, _), .taskRetrying(let task, _, _, _, _, _):
            begin(task)
            put(RunRecord(entry, in: places))
        default: break
        }
    }

    /// Begins the log of a task of which only the start is known.
    private func begin(_ task: TaskID) {
        // Under the lock, so that nothing of the task comes before its beginning.
        starts.withLock { starts in
            if let start = starts.removeValue(forKey: task) { put(RunRecord(start, in: places)) }
        }
    }

    /// Waits until all is written.
    package func finish() {
        queue.sync {
            open.withLock { open in
                for log in open.values { close(log.descriptor) }
                open = [:]
            }
        }
    }

    private func put(_ record: RunRecord) {
        guard let place = record.place else { return }
        let task = place.task
        let time = RunRecord.timestamp(record.time)
        switch record.kind {
        case .taskStart:
            let head = "# \(time) \(place.text) \(task.summary) [\(task.id)], attempt \(record.attempt): check\n"
            queue.async { self.begin(task.id, record.attempt, head) }
        case .taskApply: put("# \(time) apply\n", task.id)
        case .taskEnd:
            let seconds = Double(record.milliseconds) / 1000
            var text = "# \(time) \(record.word ?? "") after \(seconds) s\n"
            if let failure = record.failure {
                let lines = "\(failure.failureClass.rawValue): \(failure.message)".split(separator: "\n")
                text += lines.map { "# \($0)\n" }.joined()
            }
            put(text, task.id)
            queue.async { self.end(task.id) }
        default: break
        }
    }

    private func put(_ text: String, _ task: TaskID) {
        let count = text.utf8.count
        let hasRoom = waiting.withLock { waiting in
            guard waiting + count <= TaskLogWriter.mostWaiting else { return false }
            waiting += count
            return true
        }
        guard hasRoom else { return }
        queue.async {
            self.append(text, task)
            self.waiting.withLock { $0 -= count }
        }
    }

    // MARK: On the queue

    private func begin(_ task: TaskID, _ attempt: Int, _ head: String) {
        let folder = directory.folder(ofPlan: serial)
        // When it cannot be made, the file cannot be opened either: then there is no log.
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let path = directory.file(of: task, attempt: attempt, plan: serial)
        // An attempt that is taken up again tells all of its output once more.
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        open.withLock { open in
            if let old = open[task] { close(old.descriptor) }
            open[task] = OpenLog(descriptor: descriptor, path: path, size: 0)
        }
        append(head, task)
    }

    private func end(_ task: TaskID) {
        guard let log = open.withLock({ $0.removeValue(forKey: task) }) else { return }
        close(log.descriptor)
    }

    private func append(_ text: String, _ task: TaskID) {
        open.withLock { open in
            guard var log = open[task] else { return }
            TaskLogWriter.write(Array(text.utf8), to: log.descriptor)
            log.size += text.utf8.count
            if log.size > TaskLogFile.largest { TaskLogWriter.cut(&log) }
            open[task] = log
        }
    }

    /// Exchanges the file for one without the middle, in one step.
    private static func cut(_ log: inout OpenLog) {
        guard let content = FileManager.default.contents(atPath: log.path) else { return }
        let short = TaskLogFile.cut(Array(content))
        let descriptor = Foundation.open(log.path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        write(short, to: descriptor)
        guard rename(log.path + ".new", log.path) == 0 else {
            close(descriptor)
            return
        }
        close(log.descriptor)
        log.descriptor = descriptor
        log.size = short.count
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { written += count } else if errno != EINTR { return }
        }
    }
}
