import Synchronization
import TaskKit
import TestSupport
import Testing

private let ansibleIsInstalled = ["/usr/bin", "/usr/local/bin"].contains { TemporaryDirectory.exists("\($0)/ansible-playbook") }

/// Playbooks with the real ansible-playbook, on this machine as the hosts of an inventory.
@Suite("Playbooks", .enabled(if: ansibleIsInstalled, "ansible-playbook is not installed (scripts/install-packages lab)"))
struct PlaybookTests {
    private let bench: ActionBench
    private let reports = Lines()
    private let context: TaskContext

    /// What was told, in order.
    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])
        func add(_ line: String) { all.withLock { $0.append(line) } }
        var list: [String] { all.withLock { $0 } }
    }

    init() throws {
        bench = try ActionBench()
        var context = bench.context
        context.report = { [reports] in reports.add($0) }
        self.context = context
        try bench.directory.write("a ansible_connection=local\nb ansible_connection=local\n", to: "hosts")
        // Another callback prints, and one more is looked for elsewhere.
        try bench.directory.write(
            "[defaults]\nstdout_callback = minimal\ncallback_plugins = \(bench.path("plugins"))\n", to: "ansible.cfg")
    }

    private func playbook(_ tasks: String, hosts: String = "all", limit: Duration = .seconds(60)) throws -> PlaybookAction {
        let text = "- name: the play\n  hosts: \(hosts)\n  gather_facts: false\n  tasks:\n" + tasks
        try bench.directory.write(text, to: "site.yml")
        return PlaybookAction(
            playbook: "site.yml", in: bench.directory.path, inventory: "hosts", arguments: ["-e", "where=\(bench.directory.path)"],
            question: .command("[ -e '\(bench.path("made-b"))' ]"), limit: limit)
    }

    private let makes = "    - name: make it\n      command: touch {{ where }}/made-{{ inventory_hostname }}\n"

    @Test("A playbook is followed by play, task and host, and ends with its recap")
    func succeeds() async throws {
        try bench.directory.write(
            """
            from ansible.plugins.callback import CallbackBase
            class CallbackModule(CallbackBase):
                CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "notification", "other"
                def v2_playbook_on_start(self, playbook): open("other-ran", "w").close()
            """, to: "plugins/other.py")
        let action = try playbook("    - name: look\n      ping:\n" + makes)
        #expect(try await action.check(in: context) == .needed("the check ended with exit status 1"))
        try await action.apply(in: context)
        #expect(try await action.verify(in: context) == .satisfied)
        #expect(reports.list.contains("play 1/1 'the play'"), "\(reports.list)")
        #expect(reports.list.contains("play 1/1 'the play', task 2 'make it': 2 of 2 hosts"), "\(reports.list)")
        #expect(reports.list.last == "recap: a ok 2, changed 1; b ok 2, changed 1")
        #expect(bench.directory.exists("other-ran"), "the callbacks that are configured are still there")
    }

    @Test("A failure names the host, its task and what it said; what was ignored or rescued is none")
    func fails() async throws {
        let action = try playbook(
            """
                - name: never mind
                  command: "false"
                  ignore_errors: true
                - name: break
                  shell: echo the disk is gone >&2; exit 3
                  when: inventory_hostname == "b"

            """ + makes)
        let failure = try await #require(throws: TaskFailure.self) { try await action.apply(in: context) }
        #expect(failure.failureClass == .failed)
        let lines = failure.message.split(separator: "\n").map(String.init)
        #expect(lines.first == "playbook site.yml failed on 1 of 2 hosts (exit status 2)")
        #expect(lines.contains("b: failed in task 'break'"), "\(lines)")
        #expect(lines.contains("  the disk is gone"), "\(lines)")
        #expect(lines.last?.hasPrefix("recap: a ok 2, changed 2, skipped 1, ignored 1; b ok 1, changed 1, failed 1") == true, "\(lines)")
    }

    @Test("A host that the playbook cannot reach is told as unreachable, which may pass")
    func unreachable() async throws {
        try bench.directory.write(
            "a ansible_connection=local\nc ansible_host=127.0.0.1 ansible_port=1\n", to: "hosts")
        let failure = try await #require(throws: TaskFailure.self) { try await playbook(makes).apply(in: context) }
        #expect(failure.failureClass == .peersUnreachable)
        #expect(failure.outcome == .unreachable && !failure.mayLeaveWork)
        #expect(failure.message.contains("c: unreachable in task 'make it'"), "\(failure.message)")
        #expect(failure.message.contains("Connection refused"), "\(failure.message)")
    }

    @Test("What keeps a playbook from its hosts is told in Ansible's words, or in ours where it says nothing")
    func neverBegins() async throws {
        func message(_ action: PlaybookAction, _ run: String) async throws -> String {
            var context = context
            context.runIdentifier = run
            return try await #require(throws: TaskFailure.self) { try await action.apply(in: context) }.message
        }
        #expect(try await message(playbook("    - nonsense: { a: [\n"), "syntax").contains("ERROR!"))
        #expect(try await message(playbook(makes, hosts: "nobody"), "nobody").contains("found no host to work on"))
        let missing = PlaybookAction(playbook: "none.yml", in: bench.directory.path, limit: .seconds(30))
        #expect(try await message(missing, "missing").contains("there is no playbook \(bench.path("none.yml"))"))
    }

    @Test("A playbook outlives its controller; the next one joins it and knows everything that it has told")
    func joined() async throws {
        let action = try playbook(
            "    - name: wait\n      wait_for: { path: '{{ where }}/go', sleep: 1 }\n      run_once: true\n" + makes)
        let host = MortalHost(host: try LocalTaskHost(bench.directory))
        var dying = context
        dying.host = host
        dying.reconnectLimit = .zero
        let first = Task { [dying] in try await action.apply(in: dying) }
        #expect(try await eventually { reports.list.contains { $0.contains("waiting for a") } })
        await host.die()
        await #expect(throws: TaskFailure.self) { try await first.value }
        #expect(try await action.hasUnfinishedRun(in: context))
        try bench.directory.write("", to: "go")
        try await action.apply(in: context)
        #expect(reports.list.last == "recap: a ok 2, changed 1; b ok 1, changed 1")
        #expect(bench.directory.names(in: "runs").filter { !$0.hasPrefix(".") } == ["run-1"])
    }

    @Test("A playbook that is killed on its host is interrupted, and a failure for its check to decide")
    func killed() async throws {
        let action = try playbook("    - name: kill\n      shell: kill -9 $(cut -d ' ' -f 1 {{ where }}/runs/run-1/payload)\n")
        let failure = try await #require(throws: TaskFailure.self) { try await action.apply(in: context) }
        #expect(failure.failureClass == .interrupted)
    }
}
