import ArgumentParser
import Engine
import Foundation
import Runner
import Service
import Store
import TaskKit
import Transport

/// A run in this process, and what is shown of it: `run_plan` and `unlock` alike.
struct ShownRun {
    let site: Site
    let stored: StoredPlan
    let resuming: Bool
    /// What the operator called; nil for `run_plan`.
    var command: String?
    var wishes = RunWishes()
    var retries = RetryPolicy.standard
    let connection: ConnectionOptions
    let progress: ProgressOptions
    var verbose = false
    /// Lines of the stream before the first record.
    var opening: [String] = []

    /// Carries the plan out.
    ///
    /// - Throws: `ExitCode` when the run does not end well; `ServiceError` before anything is touched.
    func run() async throws {
        let connector = try SSHHosts(connection.settings())
        let before = try site.store.lastSequence()
        let logs = site.logs
        let serial = stored.serial
        let lines = RunLines(
            style: progress.style, width: Output.standard.cutWidth,
            logPath: { logs.file(of: $0, attempt: $1, plan: serial) })
        // Without what earlier runs took, only the time that is left is not shown.
        let estimate = progress.mode == .tty ? try? site.remainingTime(of: stored, width: RunLimits().total) : nil
        let display = RunDisplay(
            site.feed(of: stored), printsAfter: before, isOwnRun: true, options: progress, lines: lines, verbose: verbose,
            opening: opening, estimate: estimate ?? { _ in nil })
        var environment = Site.RunEnvironment(
            connector: connector, stop: Interrupts.requests { display.leave() }, now: secondsNow,
            observe: { display.notice($0) })
        environment.wishes = wishes
        environment.retries = retries
        environment.reconnectLimit = .seconds(connection.reconnectTimeout)
        environment.variables = ProcessInfo.processInfo.environment
        if let faults = JournalFaults(ProcessInfo.processInfo.environment) { environment.faults = faults }
        do {
            display.start()
            let report = try await site.runPlan(
                resuming: resuming, command: command, knowing: stored, in: environment)
            let ending = RunEnding(report)
            finish(await display.close(), ending, journalFailure: report.journalFailure?.message)
            if ending.status != .success { throw ExitCode(ending.status.rawValue) }
        } catch {
            await display.close()
            if !(error is ExitCode) {
                // A run that began has closed its connections; one that was refused has not.
                await connector.closeAll()
                refused(error)
            }
            throw error
        }
    }

    private func finish(_ picture: RunPicture, _ ending: RunEnding, journalFailure: String?) {
        if progress.mode == .json { return Output.standard.line(JSONOutput.text(of: ending.json)) }
        let recap = RunRecap(
            style: progress.style, stateDirectory: site.stateDirectory, serial: stored.serial, width: Output.standard.cutWidth)
        // The run is over, whether its end can be told in full or not.
        let isDone = picture.result == .successful && journalFailure == nil && (try? site.leavesNothing(stored)) == true
        let status = isDone ? nil : try? site.status(knowing: stored)
        Output.standard.write(recap.text(of: picture, site: status, leavesNothing: isDone, journalFailure: journalFailure))
    }

    /// The last line of the stream says why nothing was run.
    private func refused(_ error: any Error) {
        guard progress.mode == .json, let failure = CommandFailure(error) else { return }
        Output.standard.line(JSONOutput.text(of: RunStreamEnd(exit: failure.status.rawValue, reason: failure.status.reason)))
    }
}

/// How a run ended, for whoever waits for it.
struct RunEnding {
    let status: ExitStatus

    init(_ report: RunReport) {
        if report.journalFailure != nil {
            status = .journalFailed
        } else {
            status = RunEnding.status(report.result, Array(report.failures.values))
        }
    }

    /// As the journal tells it; a run without an end in it was interrupted.
    init(_ picture: RunPicture) {
        status = picture.result.map { RunEnding.status($0, picture.failed.compactMap(\.record.failure)) } ?? .interrupted
    }

    private static func status(_ result: RunResult, _ failures: [TaskFailure]) -> ExitStatus {
        switch result {
        case .successful: .success
        case .stopped: .stopped
        case .paused: .approvalNeeded
        case .failed:
            !failures.isEmpty && failures.allSatisfy { $0.outcome == .unreachable } ? .unreachable : .tasksFailed
        }
    }

    var json: RunStreamEnd { RunStreamEnd(exit: status.rawValue, reason: status.reason) }
}

extension ExitStatus {
    /// The word that stands for the status in the last line of a stream.
    var reason: String {
        switch self {
        case .success: "successful"
        case .failure: "error"
        case .hasChanges: "has-changes"
        case .tasksFailed: "failed"
        case .planNotRunnable: "plan-not-runnable"
        case .runActive: "run-active"
        case .stopped: "stopped"
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .noPlan: "no-plan"
        case .journalFailed: "journal-failed"
        case .wrongArguments: "wrong-arguments"
        case .approvalNeeded: "approval-needed"
        case .interrupted: "interrupted"
        }
    }
}
