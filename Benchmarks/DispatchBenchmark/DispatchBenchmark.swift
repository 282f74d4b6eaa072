import CorePlugin
import Engine
import Foundation
import HighAvailabilityPlugin
import KubernetesPlugin
import LibvirtPlugin
import Model
import PluginKit
import Runner
import Service
import Shell
import Synchronization
import TaskKit

/// What it costs to carry out a plan, without the hosts: the current plan of a state directory is run with its real journal, store, engine and
/// runner, against hosts that answer every question at once with "it is so". Driven by `Benchmarks/dispatch`.
///
///     DispatchBenchmark STATE VERSION      VERSION of the planner that made the plan
///
/// Prints tasks, records, seconds, milliseconds of CPU for each task, records a second, megabytes before the first task and at the peak, and
/// how many bytes of that came with each task.
@main
struct DispatchBenchmark {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 3 else { throw Complaint("usage: DispatchBenchmark STATE VERSION") }
        let plugins: [any Plugin] = [CorePlugin(), HighAvailabilityPlugin(), KubernetesPlugin(), LibvirtPlugin()]
        let site = try Site(stateDirectory: words[1], plugins: plugins, plannerVersion: words[2], now: now)
        let (stop, _) = AsyncStream.makeStream(of: StopRequest.self)
        let start = Mutex<Usage?>(nil)
        let records = Mutex(0)
        let environment = Site.RunEnvironment(connector: WillingHosts(), stop: stop, now: now) { notice in
            guard case .recorded(let entry) = notice else { return }
            records.withLock { $0 += 1 }
            if case .runStarted = entry.event { start.withLock { $0 = Usage() } }
        }
        let report = try await site.runPlan(resuming: false, in: environment)
        let end = Usage()
        guard report.result == .successful, let begin = start.withLock({ $0 }) else { throw Complaint("it failed: \(report)") }
        let tasks = Double(report.outcomes.count)
        let seconds = end.wall - begin.wall
        let written = records.withLock { $0 }
        print(
            String(
                format: "%d %d %.2f %.3f %.0f %.0f %.0f %.0f", report.outcomes.count, written, seconds,
                (end.cpu - begin.cpu) * 1000 / tasks,
                Double(written) / seconds, begin.resident / 1e6, end.peak / 1e6, (end.peak - begin.resident) / tasks))
    }

    @Sendable static func now() -> Double { Date().timeIntervalSince1970 }
}

/// What the process has used so far.
private struct Usage {
    /// Seconds.
    let wall = DispatchBenchmark.now()
    /// Seconds of all threads, user and system.
    let cpu: Double
    /// Bytes.
    let resident: Double
    let peak: Double

    init() {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        cpu = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        resident = Usage.kilobytes("VmRSS:", of: status) * 1024
        peak = Usage.kilobytes("VmHWM:", of: status) * 1024
    }

    private static func kilobytes(_ name: String, of status: String) -> Double {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0
    }
}

/// Hosts on which everything is as it should be.
private struct WillingHosts: HostConnector {
    func host(
        at path: ItemPath, connection: HostConnection, secrets: any SecretSource
    ) async throws(TaskFailure) -> any TaskHost { WillingHost() }

    func closeAll() async {}
}

private struct WillingHost: TaskHost {
    func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult {
        // As with a host that takes some time: whoever asks is suspended.
        await Task.yield()
        return CommandResult(status: 0)
    }

    func upload(_ content: [UInt8], to path: String, mode: Int, owner: String?) async throws(TaskFailure) {}
    func upload(_ file: LocalUpload, to path: String, limit: Duration) async throws(TaskFailure) {}
    func banner(ofServiceAt address: String, port: Int, limit: Duration) async throws(TaskFailure) -> String? { nil }
}

/// Why it cannot go on.
private struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
