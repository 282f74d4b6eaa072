import CorePlugin
import Model
import Planning
import PluginKit
import TaskKit
import TestSupport
import Testing

@Suite("What is asked before a plan is run")
struct PreflightTests {
    /// Asks each host of the plan whether it is well, and notes which steps it was told of.
    private struct AskingPlugin: Plugin {
        let name = "asking"
        let version = "1"

        func questions(about steps: PlannedSteps, in context: PlanningContext) -> [HostQuestion] {
            steps.first { _ in true }.map { host, step in
                let name = steps.hostname(of: host)
                let preparation = steps.preparation(for: step)
                return .lines(
                    host, Script(name: "asking/q", content: []), arguments: [step.name], limit: .seconds(5)
                ) { words in
                    guard words[0] == "ill" else { return nil }
                    return PreflightFinding(
                        .blocker, "ill", about: name, found: "it is ill", rule: "it is well", nextStep: "heal it"
                    )
                    .unless(preparation)
                }
            }
        }
    }

    private func context() throws -> PlanningContext {
        let registry = try TypeRegistry([CorePlugin().declarations])
        let empty = ResolvedTree(ordered: [], registry: registry)
        return PlanningContext(declared: empty, applied: empty)
    }

    private func preflight(
        _ phases: [Phase], done: Set<TaskID> = [], sources: [String: Preflight.Source] = [:]
    ) throws -> Preflight {
        Preflight(
            of: TestPlan.plan(phases), done: done, plugins: [AskingPlugin()], context: try context(), sources: sources)
    }

    private func task(_ id: String, _ host: String) -> PlanTask { TestPlan.task(id, host: host) }

    private func answers(_ inquiry: HostInquiry, _ line: String) -> HostReply {
        .answered(inquiry.questions.map { _ in HostAnswer(lines: [.init(line)], status: 0) })
    }

    @Test("Hosts with something left to do are asked, in order of the plan, by the survey and by plugins")
    func hosts() throws {
        let phases = [
            TestPlan.phase(1, [task("1", "b"), task("2", "c")]), TestPlan.phase(2, after: [1], [task("3", "a"), task("4", "b")]),
        ]
        let whole = try preflight(phases)
        #expect(whole.inquiries.map(\.connection.hostname) == ["b", "c", "a"])
        #expect(
            whole.inquiries.map { $0.questions.map(\.script.name) }
                == Array(repeating: ["kit/host-survey", "asking/q"], count: 3))
        let rest = try preflight(phases, done: [TaskID("1"), TaskID("2")])
        #expect(rest.inquiries.map(\.connection.hostname) == ["a", "b"])
        // What is done needs nothing any more.
        #expect(rest.inquiries[1].questions[1].arguments == ["4"])
    }

    @Test("A report counts hosts, and has blockers first")
    func report() throws {
        let preflight = try preflight([TestPlan.phase(1, [task("1", "a")]), TestPlan.phase(2, after: [1], [task("2", "b")])])
        let report = preflight.report(
            Dictionary(
                uniqueKeysWithValues: preflight.inquiries.map { ($0.path, answers($0, $0.path.name == "a" ? "well" : "ill")) }))
        #expect(report.hostCount == 2 && report.answeredCount == 2)
        #expect(report.findings.map(\.found) == ["it is ill"])
        #expect(report.findings.first?.host == TestPlan.path(of: "b"))
        #expect(report.blockers.count == 1 && report.warnings.isEmpty)
    }

    @Test(
        "A plugin learns of an operator's own step on the same host that comes before, and not of a restart or of another host's")
    func preparation() throws {
        let install = TestPlan.change("install")
        let (restart, beside, other) = (task("restart", "a"), task("beside", "a"), task("other", "b"))
        let steps = PlannedSteps(
            TestPlan.plan([
                TestPlan.phase(1, [restart]), TestPlan.phase(2, after: [1], [install, beside]),
                TestPlan.phase(3, after: [2], [task("use", "a"), other]),
            ]))
        #expect(steps.preparation(for: task("use", "a").identity)?.summary == "install")
        for step in [install, beside, other, restart] { #expect(steps.preparation(for: step.identity) == nil) }
        #expect(steps.contains(other.identity) && !steps.contains(StepIdentity(item: .root, name: "none")))
    }

    @Test("A host that the plan makes before it works there is not missed; one that it works on before is")
    func made() throws {
        let unreachable = HostReply.failed(TaskFailure(.unreachable, "gone"))
        func report(_ phases: [Phase], done: Set<TaskID> = []) throws -> PreflightReport {
            let preflight = try preflight(phases, done: done)
            return preflight.report(
                Dictionary(
                    uniqueKeysWithValues: preflight.inquiries.map { inquiry in
                        (inquiry.path, inquiry.path.name == "vm" ? unreachable : answers(inquiry, "well"))
                    }))
        }
        let build = TestPlan.change("build", of: "vm")
        let made = try report([TestPlan.phase(1, [build]), TestPlan.phase(2, after: [1], [task("use", "vm")])])
        #expect(made.findings.isEmpty)
        #expect(made.absent == [.init(host: TestPlan.path(of: "vm"), hostname: "vm", madeBy: TaskID("build"))])
        #expect(made.hostCount == 2 && made.answeredCount == 1)
        let used = try report([
            TestPlan.phase(1, [task("before", "vm")]), TestPlan.phase(2, after: [1], [build]),
            TestPlan.phase(3, after: [2], [task("use", "vm")]),
        ])
        #expect(used.findings.map(\.kind) == [PreflightFinding.unreachable])
        // It was made by an earlier run, and is not there.
        let gone = try report(
            [TestPlan.phase(1, [build]), TestPlan.phase(2, after: [1], [task("use", "vm")])], done: [TaskID("build")])
        #expect(gone.findings.map(\.kind) == [PreflightFinding.unreachable])
        // What happens beside it makes nothing.
        let beside = try report([TestPlan.phase(1, [build, task("use", "vm")])])
        #expect(beside.findings.map(\.kind) == [PreflightFinding.unreachable])
    }

    @Test("A file of the controller that is not there blocks when it must be sent, and is a warning when it may have to")
    func sources() throws {
        let digest = String(repeating: "a", count: 64)
        let send = TestPlan.task(
            "send", UploadAction(source: "/s", sha256: digest, path: "/d/s", mode: 0o644, limit: .seconds(9)))
        let load = TestPlan.task(
            "load", FetchAction(url: "http://u/f", sha256: digest, path: "/d/f", limit: .seconds(9), source: "/f"))
        let phases = [TestPlan.phase(1, [send, load, send])]
        #expect(Preflight.sources(of: TestPlan.plan(phases), done: []) == ["/s", "/f"])
        #expect(Preflight.sources(of: TestPlan.plan(phases), done: [TaskID("send"), TaskID("load")]).isEmpty)
        let report = try preflight(phases, sources: ["/s": .unreadable("it is gone"), "/f": .unreadable("it is gone")]).report([:]
        )
        #expect(report.findings.map(\.severity) == [.blocker, .warning])
        #expect(report.findings.map(\.found) == ["/s: it is gone", "/f: it is gone"])
        #expect(report.findings.allSatisfy { $0.host == nil && $0.subject == "this machine" })
        #expect(try preflight(phases, sources: ["/s": .file(bytes: 1), "/f": .file(bytes: 1)]).report([:]).findings.isEmpty)
    }
}
