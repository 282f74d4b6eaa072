import Engine
import Model
import Runner
import Synchronization
import TaskKit
import TestSupport
import Testing

@Suite("Asking hosts")
struct HostInterviewTests {
    private let bench: RunnerBench
    init() throws { bench = try RunnerBench() }

    private func inquiry(_ name: String = "a", _ texts: String..., limit: Duration = .seconds(20)) -> HostInquiry {
        let path = TestPlan.path(of: name)
        let connection = HostConnection(hostname: name, address: "127.0.0.1", user: "root")
        let questions = texts.map { text in
            HostQuestion(path, Script(name: "test/q", content: Array(text.utf8)), arguments: [], limit: limit) { _ in [] }
        }
        return HostInquiry(path, connection, questions: questions)
    }

    private func lines(_ reply: HostReply?) -> [[String]]? {
        guard case .answered(let answers) = reply else { return nil }
        return answers.map { $0.lines.map(\.text) }
    }

    @Test("Every host is asked all its questions over one command, and every connection is closed")
    func once() async throws {
        let host = MeasuredHost(try bench.host())
        let connector = ScriptedConnector(host)
        let heard = Mutex<Set<ItemPath>>([])
        let interview = HostInterview(connector: connector, now: { 7 })
        let replies = await interview.ask([inquiry("a", "echo 1", "echo 2"), inquiry("b", "echo 3")]) { path in
            heard.withLock { _ = $0.insert(path) }
        }
        #expect(lines(replies[TestPlan.path(of: "a")]) == [["1"], ["2"]])
        #expect(lines(replies[TestPlan.path(of: "b")]) == [["3"]])
        #expect(host.commands == 2)
        #expect(heard.withLock { $0 } == Set(replies.keys))
        #expect(await connector.isClosed)
        guard case .answered(let answers) = replies[TestPlan.path(of: "a")] else { return }
        #expect(answers.map(\.askedAt) == [7, 7] && answers[0].lines.map(\.time) == [7])
    }

    @Test("A question without an end leaves the answers to the others", .timeLimit(.minutes(1)))
    func silence() async throws {
        let interview = HostInterview(connector: ScriptedConnector(try bench.host()), now: { 0 })
        let asked = inquiry("a", "echo quick", "echo slow; while :; do :; done", limit: .seconds(2))
        let replies = await interview.ask([asked])
        guard case .answered(let answers) = replies[TestPlan.path(of: "a")] else { throw TaskFailure(.failed, "\(replies)") }
        #expect(answers.map(\.status) == [0, nil])
        #expect(answers.map { $0.lines.map(\.text) } == [["quick"], ["slow"]])
    }

    @Test("A host that cannot be reached is told by its failure, and the others answer")
    func unreachable() async throws {
        let failure = TaskFailure(.unreachable, "no route to it")
        let connector = ScriptedConnector(try bench.host(), failing: [failure])
        var limits = RunLimits()
        limits.total = 1
        let interview = HostInterview(connector: connector, limits: limits, now: { 0 })
        let replies = await interview.ask([inquiry("a", "echo 1"), inquiry("b", "echo 2")])
        #expect(replies[TestPlan.path(of: "a")] == .failed(failure))
        #expect(lines(replies[TestPlan.path(of: "b")]) == [["2"]])
    }

    @Test("Not more hosts are asked at once than a run would work on")
    func bounded() async throws {
        let host = MeasuredHost(try bench.host())
        var limits = RunLimits()
        limits.total = 3
        let interview = HostInterview(connector: ScriptedConnector(host), limits: limits, now: { 0 })
        let replies = await interview.ask((0..<12).map { inquiry("n\($0)", "sleep 0.05") })
        #expect(replies.count == 12)
        #expect(host.commands == 12)
        #expect((1...3).contains(host.most))
    }

    @Test("Values of secrets that a host knows are in no answer and in no failure")
    func secrets() async throws {
        let secret = SecretReference.stored("db/root")
        let source = OneSecret(value: "canary-7f3a9c")
        let interview = HostInterview(
            connector: ScriptedConnector(try bench.host()), secrets: source, concealed: [secret], now: { 0 })
        let replies = await interview.ask([inquiry("a", "echo the canary-7f3a9c sings")])
        #expect(lines(replies[TestPlan.path(of: "a")]) == [["the [secret db/root] sings"]])
        let failing = ScriptedConnector(try bench.host(), failing: [TaskFailure(.unreachable, "it said canary-7f3a9c")])
        let failed = await HostInterview(connector: failing, secrets: source, concealed: [secret], now: { 0 }).ask([inquiry("a")])
        #expect(failed[TestPlan.path(of: "a")] == .failed(TaskFailure(.unreachable, "it said [secret db/root]")))
    }
}

private struct OneSecret: SecretSource {
    let value: String
    func value(of reference: SecretReference) async throws(SecretFailure) -> SecretValue { SecretValue(value) }
}
