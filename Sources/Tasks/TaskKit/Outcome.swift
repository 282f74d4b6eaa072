/// How a task ended (DESIGN section 5).
package enum Outcome: String, Codable, Sendable, CaseIterable {
    /// What it waited for, holds.
    case ok
    /// It changed the host, and the change was verified.
    case changed
    /// It was true already; nothing was touched.
    case skipped
    case failed
    case unreachable
    case timedOut = "timed-out"
    case cancelled

    /// Whether what the task stands for is true now.
    package var isSuccess: Bool {
        switch self {
        case .ok, .changed, .skipped: true
        case .failed, .unreachable, .timedOut, .cancelled: false
        }
    }
}

/// Why a task did not succeed: its class, what happened, and what to do next.
package struct TaskFailure: Error, Hashable, Sendable, Codable {
    /// What went wrong; decides the ``Outcome`` and whether trying again may help.
    package enum Class: String, Codable, Sendable, CaseIterable {
        /// The step ran and did not do what it should.
        case failed
        /// The apply succeeded, and the check still says that it is not true.
        case notVerified = "not-verified"
        /// It could not be done now, and can probably be done soon: a lock of apt, a busy server, exit status 75 (`EX_TEMPFAIL` of sysexits.h).
        case transient
        case timedOut = "timed-out"
        case cancelled
        /// No route, no answer, or the connection was refused.
        case unreachable
        case connectionLost = "connection-lost"
        case hostKey = "host-key"
        case authentication
        /// The step ran on its host, which could not reach others on which it works: the hosts of a playbook. Nothing of it goes on.
        case peersUnreachable = "peers-unreachable"
        /// The disk of the target is full.
        case diskFull = "disk-full"
        /// The remote run was interrupted on its host (power cut, kill): its effect is unknown until the check has said.
        case interrupted
    }

    package var failureClass: Class
    /// What happened, with names; more lines may follow (the last lines of output).
    package var message: String
    package var nextStep: String?
    /// With what the command ended, when one did.
    package var exitStatus: Int?

    package init(_ failureClass: Class, _ message: String, nextStep: String? = nil, exitStatus: Int? = nil) {
        self.exitStatus = exitStatus
        self.failureClass = failureClass
        self.message = message
        self.nextStep = nextStep
    }

    package var outcome: Outcome {
        switch failureClass {
        case .failed, .notVerified, .transient, .diskFull, .interrupted: .failed
        case .timedOut: .timedOut
        case .cancelled: .cancelled
        case .unreachable, .connectionLost, .hostKey, .authentication, .peersUnreachable: .unreachable
        }
    }

    /// Whether what was begun may go on out of sight, because its host was lost: then it is joined, and not begun beside it.
    package var mayLeaveWork: Bool { outcome == .unreachable && failureClass != .peersUnreachable }
}

extension TaskFailure {
    /// The failure of a command that should have succeeded: the last lines of what it said, by its class where they show it.
    ///
    /// - Parameter what: what could not be done, as the beginning of a sentence.
    package static func ofCommand(_ result: CommandResult, _ what: String) -> TaskFailure {
        let said = result.errorText.isEmpty ? result.outputText : result.errorText
        return of(what, status: result.status, lines: said.split(separator: "\n").suffix(20).map(String.init))
    }

    /// The failure of something that ended with `status` and said `lines` last.
    static func of(_ what: String, status: Int, lines: [String]) -> TaskFailure {
        let message = (["\(what) (exit status \(status))"] + lines).joined(separator: "\n")
        // What strerror(ENOSPC) is in the C locale and in busybox; scripts of Planner say it too.
        if lines.contains(where: { $0.contains("No space left on device") }) {
            return TaskFailure(
                .diskFull, message, nextStep: "free disk space on the host, then planner run_plan --resume",
                exitStatus: status)
        }
        let isBusy = status == 75 || lines.contains { line in busyWords.contains { line.contains($0) } }
        return TaskFailure(isBusy ? .transient : .failed, message, exitStatus: status)
    }

    /// What package managers say when another one is at work.
    private static let busyWords = [
        "Could not get lock /var/lib/", "Unable to acquire the dpkg frontend lock",
        "Another app is currently holding the yum lock",
        "System management is locked by the application",
    ]
}
