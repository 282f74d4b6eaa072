import Model
import TaskKit
import TestSupport
import Testing

@Suite("What a host is asked, and what its reply means")
struct HostInquiryTests {
    private let path = TestPlan.path(of: "n1")
    private let connection = HostConnection(hostname: "n1", address: "127.0.0.1", user: "root")

    private func inquiry(madeBy: PlanTask? = nil) -> HostInquiry {
        let script = Script(name: "test/q", content: [])
        let line = HostQuestion.lines(path, script, arguments: [], limit: .seconds(20)) { words in
            words[0] == "bad"
                ? PreflightFinding(.warning, "test", about: "guest", found: words[1], rule: "r", nextStep: "s") : nil
        }
        let check = HostQuestion.check(path, script, arguments: ["a"], limit: .seconds(40)) { said in
            PreflightFinding(.blocker, "check", about: "n1", found: said, rule: "r", nextStep: "s")
        }
        return HostInquiry(path, connection, questions: [line, check], madeBy: madeBy)
    }

    private func answer(_ status: Int?, _ lines: String...) -> HostAnswer {
        HostAnswer(lines: lines.map { .init($0) }, status: status)
    }

    @Test("A line becomes a finding of the host that was asked, a check one when it does not hold")
    func lines() {
        let inquiry = inquiry()
        #expect(inquiry.limit == .seconds(40))
        #expect(inquiry.questions[1].arguments == ["check", "a"])
        #expect(inquiry.findings(in: .answered([answer(0, "good", "x"), answer(0)])).isEmpty)
        let found = inquiry.findings(in: .answered([answer(0, "bad\tone", "good"), answer(3, "it is not", "it is not so")]))
        #expect(found.map(\.found) == ["one", "it is not so"])
        #expect(found.map(\.severity) == [.warning, .blocker])
        #expect(found.map(\.host) == [path, path])
        #expect(found.map(\.subject) == ["guest", "n1"])
    }

    @Test("What is not answered in time blocks; what ends badly and has said nothing is told")
    func unanswered() {
        let found = inquiry().findings(in: .answered([answer(nil, "good"), answer(0)]))
        #expect(found.map(\.kind) == ["no-answer"])
        #expect(found.first?.found == "it did not answer 'test/q' within 40 s")
        #expect(found.first?.nextStep.hasSuffix("the last it said was: good") == true)
        let broken = inquiry().findings(in: .answered([answer(2, "sh: nonsense"), answer(0)]))
        #expect(broken.map(\.kind) == ["not-asked"])
        #expect(broken.first?.severity == .warning)
        #expect(broken.first?.found == "'test/q' ended with exit status 2: sh: nonsense")
    }

    @Test(
        "A host that cannot be reached blocks, unless the plan itself makes it",
        arguments: [TaskFailure.Class.unreachable, .connectionLost, .hostKey, .authentication])
    func unreachable(_ failureClass: TaskFailure.Class) {
        let reply = HostReply.failed(TaskFailure(failureClass, "no way", nextStep: "mend it"))
        let found = inquiry().findings(in: reply)
        #expect(found.map(\.kind) == [PreflightFinding.unreachable])
        #expect(found.first?.severity == .blocker && found.first?.nextStep == "mend it")
        let made = inquiry(madeBy: TestPlan.task("build"))
        #expect(made.isAbsent(reply) && made.findings(in: reply).isEmpty)
        let other = HostReply.failed(TaskFailure(.failed, "no shell"))
        #expect(!made.isAbsent(other))
        #expect(made.findings(in: other).map(\.kind) == ["no-answer"])
    }

    @Test("What keeps a host from answering is told without its name, so that hosts that say the same stand together")
    func sameFault() {
        func finding(_ message: String) -> PreflightFinding? {
            inquiry().findings(in: .failed(TaskFailure(.unreachable, message))).first
        }
        let own = finding("n1 (root@127.0.0.1:22): no route\nat all")
        #expect(own?.subject == "n1" && own?.found == "no route; at all")
        #expect(own?.rule.hasSuffix("this one at root@127.0.0.1:22") == true)
        let behind = finding("n1 (root@jump:22): no route")
        #expect(behind?.found == "n1 (root@jump:22): no route", "the fault of a jump host is not that of the host")
    }

    @Test("An operator's own step that comes before makes a warning of a blocker, and is named")
    func preparation() {
        let finding = PreflightFinding(.blocker, "test", about: "n1", found: "f", rule: "it is there", nextStep: "s")
        #expect(finding.unless(nil) == finding)
        let softened = finding.unless(TestPlan.task("install it"))
        #expect(softened.severity == .warning)
        #expect(softened.rule == "it is there; 'install it' comes before it, and may put that right")
    }
}
