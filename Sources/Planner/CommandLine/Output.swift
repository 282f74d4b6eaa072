import Foundation
import Service

/// Where text goes. The only place that writes to the terminal.
struct Output: Sendable {
    static let standard = Output(descriptor: 1)
    static let errors = Output(descriptor: 2)

    private let descriptor: Int32

    /// Whether a person looks at it.
    var isTerminal: Bool {
        isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Whether colour may be used: on a terminal, unless `NO_COLOR` is set; everywhere with `CLICOLOR_FORCE`.
    var usesColor: Bool {
        let environment = ProcessInfo.processInfo.environment
        if environment["NO_COLOR"].map({ !$0.isEmpty }) ?? false { return false }
        if environment["CLICOLOR_FORCE"].map({ $0 != "0" && !$0.isEmpty }) ?? false { return true }
        return isTerminal
    }

    /// Columns of the terminal; 80 where it does not say.
    var width: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
        return Int(size.ws_col)
    }

    /// Rows of the terminal; 24 where it does not say.
    var height: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    /// Where long values are cut: the columns of a terminal; nil for a pipe, which gets them whole.
    var cutWidth: Int? { isTerminal ? width : nil }

    /// Writes all of it, or nothing more once the reader is gone.
    func write(_ text: String) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                written += count
            } else if errno != EINTR, errno != EAGAIN {
                return
            }
        }
    }

    func line(_ text: String = "") { write(text + "\n") }

    /// Writes text to a file, whole or not at all, or to standard output when there is none.
    static func write(_ text: String, to file: String?) throws {
        guard let file else { return Output.standard.write(text) }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw ServiceError.store(message: "cannot write \(file): \(error.localizedDescription)", nextStep: nil)
        }
    }

    /// A run goes on when the reader of its output has gone: `planner run_plan | head`.
    static func ignoreClosedPipes() { signal(SIGPIPE, SIG_IGN) }

    static func exit(_ status: ExitStatus) -> Never { exit(status.rawValue) }
    static func exit(_ status: Int32) -> Never { Foundation.exit(status) }
}

/// What the exit status of `planner` means (documented in `planner --help` and docs/exit-status.md).
enum ExitStatus: Int32 {
    case success = 0
    case failure = 1
    case hasChanges = 2
    case tasksFailed = 3
    case planNotRunnable = 4
    case runActive = 5
    case stopped = 6
    case refused = 7
    case unreachable = 8
    case noPlan = 9
    case journalFailed = 10
    case approvalNeeded = 11
    case wrongArguments = 64
    case interrupted = 130
}
