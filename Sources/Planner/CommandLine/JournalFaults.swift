import Foundation
import Service
import Synchronization

/// Lets the process die at a record of the journal, as a power cut would. Only the chaos tests ask for it:
///
/// - `PLANNER_DIE_AFTER_RECORD=N`: SIGKILL right after the Nth record of this process is on the disk, and before the next one is;
/// - `PLANNER_DIE_BEFORE_RECORD=N`: SIGKILL right before it is written, when what it tells has happened already.
final class JournalFaults: RecordFaults {
    private let before: Int?
    private let after: Int?
    private let written = Mutex(0)

    /// Nil when nobody asks for it.
    init?(_ environment: [String: String]) {
        before = environment["PLANNER_DIE_BEFORE_RECORD"].flatMap { Int($0) }
        after = environment["PLANNER_DIE_AFTER_RECORD"].flatMap { Int($0) }
        if before == nil, after == nil { return nil }
    }

    func willRecord(_ count: Int) -> Int {
        let written = written.withLock { $0 }
        if written + 1 == before { kill(getpid(), SIGKILL) }
        // A transaction ends where the process is to die.
        let ends = [before.map { $0 - 1 }, after].compactMap { $0 }.filter { $0 > written }
        return ends.reduce(count) { min($0, $1 - written) }
    }

    func didRecord(_ count: Int) {
        let written = written.withLock { written in
            written += count
            return written
        }
        if written == after { kill(getpid(), SIGKILL) }
    }
}
