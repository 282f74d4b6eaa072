import Foundation
import Runner
import Synchronization
import TaskKit

/// Lets the process die at a record of the journal, as a power cut would. Only the chaos tests ask for it:
///
/// - `PLANNER_DIE_AFTER_RECORD=N`: SIGKILL right after the Nth record of this process is on the disk;
/// - `PLANNER_DIE_BEFORE_RECORD=N`: SIGKILL right before it is written, when what it tells has happened already.
final class JournalFaults: Sendable {
    private let before: Int?
    private let after: Int?
    private let written = Mutex(0)

    init(_ environment: [String: String]) {
        before = environment["PLANNER_DIE_BEFORE_RECORD"].flatMap { Int($0) }
        after = environment["PLANNER_DIE_AFTER_RECORD"].flatMap { Int($0) }
    }

    func willRecord(_ event: RunEvent) {
        let number = written.withLock { $0 + 1 }
        if number == before { kill(getpid(), SIGKILL) }
    }

    func observe(_ notice: RunNotice) {
        guard case .recorded = notice else { return }
        let number = written.withLock { written in
            written += 1
            return written
        }
        if number == after { kill(getpid(), SIGKILL) }
    }
}
