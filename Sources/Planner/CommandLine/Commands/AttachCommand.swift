import ArgumentParser
import Dispatch
import Engine
import Foundation
import Service
import Store
import TaskKit

struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Show the active run, from any shell, until it ends.",
        discussion: """
            What is shown is the journal, from the beginning of the run. Interrupt (^C) leaves the run alone; planner stop_plan stops it. The \
            exit status is that of the run. When no run is active, the last one is shown.
            """)

    @Option(help: ArgumentHelp("Show only records after this one.", valueName: "sequence"))
    var since: Int?

    @Flag(name: [.customShort("v"), .long], help: "Print the output of tasks, each line with its node before it.")
    var verbose = false

    @OptionGroup var progress: ProgressOptions
    @OptionGroup var site: SiteOptions

    func run() async throws {
        let site = try site.open()
        let stored = try site.currentPlan().stored
        guard let first = try await firstRecord(of: stored.serial, site) else {
            throw ServiceError.wrongState("plan \(stored.plan.id) was not run yet", nextStep: "planner run_plan carries it out")
        }
        let logs = site.logs
        let serial = stored.serial
        let lines = RunLines(
            style: progress.style, width: Output.standard.cutWidth,
            logPath: { logs.file(of: $0, attempt: $1, plan: serial) })
        // Without what earlier runs took, only the time that is left is not shown.
        let estimate = progress.mode == .tty ? try? site.remainingTime(of: stored, width: RunLimits().total) : nil
        let display = RunDisplay(
            site.feed(of: stored), printsAfter: since ?? first - 1, livesAfter: first - 1, options: progress, lines: lines,
            estimate: estimate ?? { _ in nil },
            followed: verbose ? FollowedOutput { logs.output(of: $0, attempt: $1, plan: serial) } : nil,
            logged: { logs.lastLine(of: $0.place.task.id, attempt: $0.attempt, plan: serial) })
        leaveOnInterrupt(display)
        display.start()
        try await end(of: site)
        let picture = await display.close()
        let ending = RunEnding(picture)
        if progress.mode == .json {
            Output.standard.line(JSONOutput.text(of: ending.json))
        } else {
            let recap = RunRecap(
                style: progress.style, stateDirectory: site.stateDirectory, serial: serial, width: Output.standard.cutWidth)
            Output.standard.write(recap.text(of: picture, site: try? site.status()))
        }
        if ending.status != .success { throw ExitCode(ending.status.rawValue) }
    }

    /// Where the run begins in the journal: the active one, which may not have written yet, else the last one.
    private func firstRecord(of serial: Int, _ site: Site) async throws -> Int? {
        while try site.activeHolder() != nil, let lease = try site.store.leaseHolder() {
            if let run = try site.lastRun(ofPlan: serial), run.began >= lease.acquiredAt { return run.first }
            try await Task.sleep(for: .milliseconds(50))
        }
        return try site.lastRun(ofPlan: serial)?.first
    }

    /// Waits until nobody runs a plan.
    private func end(of site: Site) async throws {
        while try site.activeHolder() != nil { try await Task.sleep(for: .milliseconds(200)) }
    }

    private func leaveOnInterrupt(_ display: RunDisplay) {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // Named here so that the source lives as long as the process.
                _ = source
                display.leave()
                if progress.mode != .json { Output.errors.line("The run goes on. planner attach shows it again.") }
                Output.exit(.interrupted)
            }
            source.resume()
        }
    }
}
