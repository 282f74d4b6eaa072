import Model
import PluginKit
import Shell
import TaskKit
import TestSupport
import Testing

@testable import CorePlugin

/// The scripts that plugins run on hosts, under every shell that is here.
@Suite("Scripts of Kubernetes")
struct KubernetesScriptTests {
    /// The member command of these tests: the exit status stands in a file of the node's name.
    private func memberCommand(_ bench: ScriptBench) -> String { "exit \"$(cat '\(bench.path("members"))/'\"$1\")\"" }

    private func bench(_ tools: LocalTaskHost.Tools, _ members: [String: Int]) throws -> ScriptBench {
        let bench = try ScriptBench(tools)
        for (name, status) in members { try bench.directory.write(String(status), to: "members/\(name)") }
        return bench
    }

    private static let statuses: [(verb: String, wanted: String, status: Int, exit: Int)] = [
        ("check", "member", 0, 0), ("check", "member", 1, 3), ("check", "member", 2, 3), ("check", "member", 7, 9),
        ("verify", "member", 0, 0), ("verify", "member", 2, 3),
        ("check", "absent", 0, 3), ("check", "absent", 1, 0), ("check", "absent", 2, 3), ("check", "absent", 127, 9),
        ("verify", "absent", 1, 0), ("verify", "absent", 2, 3),
        ("check", "drained", 0, 3), ("check", "drained", 1, 0), ("check", "drained", 2, 3), ("check", "drained", 9, 9),
        ("verify", "drained", 0, 3), ("verify", "drained", 1, 0), ("verify", "drained", 2, 0), ("verify", "drained", 9, 9),
    ]

    @Test("A playbook asks the cluster what is true already", arguments: LocalTaskHost.Tools.installed)
    func questions(_ tools: LocalTaskHost.Tools) async throws {
        for example in Self.statuses {
            let bench = try bench(tools, ["n1": example.status])
            let answer = try await bench.run(
                "kubernetes/playbook", example.verb, example.wanted, memberCommand(bench), "n1", "/inventory")
            #expect(answer.status == example.exit, "\(example): \(answer.text)")
        }
    }

    @Test(
        "What is wrong is said: the state of the node, or that the cluster cannot be asked",
        arguments: LocalTaskHost.Tools.installed)
    func words(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools, ["n1": 2, "n2": 42])
        func ask(_ node: String) async throws -> String {
            try await bench.run("kubernetes/playbook", "check", "member", memberCommand(bench), node, "/i").text
        }
        #expect(try await ask("n1") == "n1 is unready\n")
        #expect(try await ask("n2") == "the member command does not know what n2 is: exit status 42\n")
    }

    @Test("It is installed when every host of the inventory is ready", arguments: LocalTaskHost.Tools.installed)
    func installed(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools, ["n1-master": 0, "n2-worker": 1])
        func check() async throws -> (status: Int, text: String) {
            try await bench.run(
                "kubernetes/playbook", "check", "installed", memberCommand(bench), "all", bench.path("inventory"))
        }
        #expect(try await check() == (3, "there is no inventory yet\n"))
        try bench.directory.write(
            "n1-master ansible_host=10.0.0.1\nn2-worker ansible_host=10.0.0.2\n\n[etcd]\nn3-unknown\n", to: "inventory/hosts")
        #expect(try await check() == (3, "n2-worker is no ready member yet\n"))
        try bench.directory.write("0", to: "members/n2-worker")
        #expect(try await check().status == 0)
    }

    @Test("The gate holds when every node is ready", arguments: LocalTaskHost.Tools.installed)
    func gate(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools, ["n1": 0, "n2": 0, "n3": 2, "n4": 1, "n5": 5])
        func check(_ nodes: String..., wanted: String = "") async throws -> (status: Int, text: String) {
            try await bench.run(
                "kubernetes/member", arguments: ["check", memberCommand(bench), wanted, "echo v1.15.3"] + nodes)
        }
        #expect(try await check("n1", "n2").status == 0)
        #expect(try await check("n1", "n3") == (3, "n3 is no ready member yet\n"))
        #expect(try await check("n4", "n1") == (3, "n4 is no ready member yet\n"))
        #expect(try await check("n5") == (9, "the member command does not know what n5 is: exit status 5\n"))
        #expect(try await check("n1", "n2", wanted: "1.15.3").status == 0)
        #expect(try await check("n1", "n2", wanted: "v1.16.0") == (3, "n1 has version v1.15.3, not v1.16.0\n"))
    }

    @Test("Host keys are learnt, exchanged when they change, and known from then on", arguments: LocalTaskHost.Tools.installed)
    func hostKeys(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ScriptBench(tools)
        try bench.install("ssh-keyscan", ##"for a in "$@"; do :; done; echo "# $a:22 SSH-2.0"; cat "$S/keys/$a" 2>/dev/null"##)
        // Takes every line of the address out, as `ssh-keygen -R` does.
        try bench.install(
            "ssh-keygen",
            #"while [ $# -gt 0 ]; do case $1 in -R) a=$2 ;; -f) f=$2 ;; esac; shift; done; grep -v "^$a " "$f" >"$f.old"; mv "$f.old" "$f""#
        )
        let file = bench.path("inventory/known_hosts")
        func run(_ verb: String) async throws -> (status: Int, text: String) {
            try await bench.run("kubernetes/host-key", verb, file, "10.0.0.1", "10.0.0.2")
        }
        #expect(try await run("check") == (3, "10.0.0.1 does not answer\n"))
        #expect(try await run("apply") == (1, "10.0.0.1 does not answer on port 22\n"))
        try bench.directory.write("10.0.0.1 ssh-ed25519 AAA1\n10.0.0.1 ecdsa BBB1\n", to: "keys/10.0.0.1")
        try bench.directory.write("10.0.0.2 ssh-ed25519 AAA2\n", to: "keys/10.0.0.2")
        #expect(try await run("check").status == 3)
        #expect(try await run("apply").status == 0)
        #expect(try await run("check").status == 0)
        try bench.directory.write("10.0.0.2 ssh-ed25519 NEW2\n", to: "keys/10.0.0.2")
        #expect(try await run("check") == (3, "the key of 10.0.0.2 is new\n"))
        #expect(try await run("apply").status == 0)
        #expect(bench.directory.read("inventory/known_hosts")?.contains("AAA2") == false)
        #expect(try await run("check").status == 0)
    }

    @Test("A verb that no script knows is refused", arguments: LocalTaskHost.Tools.installed)
    func verbs(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ScriptBench(tools)
        try bench.install("virsh", "exit 0")
        #expect(try await bench.run("kubernetes/playbook", "undo", "member", "true", "n", "i").status == 2)
        for name in ["member", "guest", "preflight", "version-skew", "ask"] {
            #expect(try await bench.run("kubernetes/\(name)", "apply", "here", "true", "true", "n").status == 2, "\(name)")
        }
        #expect(try await bench.run("kubernetes/etcd", "undo", "healthy", "f", "", "true", "1", "a").status == 2)
        #expect(try await bench.run("libvirt/host", "apply", "qemu").status == 2)
        #expect(try await bench.run("kubernetes/host-key", "undo", bench.path("f"), "a").status == 2)
        #expect(try await bench.run("libvirt/images", "undo", bench.path("images")).status == 2)
        #expect(try await bench.run("libvirt/domain", "undo", "present", "n", "d", "1", "i", "f").status == 2)
        #expect(try await bench.run("kit/domain-power", "undo", "on", "n", "1").status == 2)
    }
}

@Suite("Locks by command")
struct CommandLockTests {
    @Test(
        "The unlock is needed exactly when the lock's check says that the node is out of service",
        arguments: [
            ("true", false, true), ("exit 0", false, true), ("false", true, false), ("test -e /nowhere/at/all", true, false),
            ("exit 2", true, true), ("echo 'it''s'; exit 1", true, false), ("[ \"$HOME\" = nothing ]", true, false),
            ("true || exit 1", false, true), ("(exit 1)", true, false),
        ])
    func reverse(_ check: String, lockNeeded: Bool, unlockNeeded: Bool) async throws {
        let quoted = check.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let configuration = """
            { type: k8s-cluster }
                      balancer: { type: command-lock, lock_command: "true", unlock_command: "true", check_command: "\(quoted)" }
            """
        let text = Sample.site(Sample.kubernetes, [("{ type: k8s-cluster }", configuration)])
        let lock = try #require(CorePlugin().locks(in: try Sample.context(text)).first { $0.node.name == "n1" })
        for tools in LocalTaskHost.Tools.installed {
            let bench = try ScriptBench(tools)
            func isNeeded(_ step: Step) async throws -> Bool {
                let action = try #require(step.action.action as? CommandAction)
                return try await bench.run(text: try #require(action.checkText)) != 0
            }
            #expect(try await isNeeded(lock.lock) == lockNeeded)
            #expect(try await isNeeded(lock.unlock[0]) == unlockNeeded)
        }
    }

    @Test("Every node of the cluster has one, with its priority")
    func nodes() throws {
        let configuration = """
            { type: k8s-cluster }
                      balancer: { type: command-lock, lock_command: a, unlock_command: b, check_command: c, priority: 7 }
            """
        let text = Sample.site(Sample.kubernetes, [("{ type: k8s-cluster }", configuration)])
        let locks = CorePlugin().locks(in: try Sample.context(text))
        #expect(locks.map(\.node.name) == ["n1", "n2", "n3", "n4", "n5", "n6"])
        #expect(locks.allSatisfy { $0.priority == 7 && $0.name == "balancer" })
    }
}
