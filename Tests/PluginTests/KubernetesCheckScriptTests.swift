import PluginKit
import TaskKit
import TestSupport
import Testing

/// The scripts that say whether a cluster may be changed, and whether it came out well.
@Suite("Scripts of Kubernetes that ask")
struct KubernetesCheckScriptTests {
    /// A bench on which `ssh` logs in to this machine: the text that is meant for the other one runs in a shell here.
    private func bench(_ tools: LocalTaskHost.Tools) throws -> ScriptBench {
        let bench = try ScriptBench(tools)
        try bench.install(
            "ssh",
            #"""
            while [ $# -gt 0 ]; do case $1 in -o | -i) shift 2 ;; -*) shift ;; *) break ;; esac; done
            echo "$1" >>"$S/logins"; LOGIN=$1; export LOGIN; shift
            [ ! -e "$S/down-$LOGIN" ] || { cat "$S/down-$LOGIN" >&2; exit 255; }
            PATH=$S/commands:$PATH exec "$@"
            """#)
        return bench
    }

    // MARK: First boot

    @Test("A first boot is over, is not yet, or has failed", arguments: LocalTaskHost.Tools.installed)
    func firstBoot(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        for way in [["here"], ["over", "/known_hosts", "", "root@n1"]] {
            func check(_ command: String) async throws -> Int {
                try await bench.run("kubernetes/guest", arguments: ["check"] + way + [command]).status
            }
            #expect(try await check("true") == 0)
            #expect(try await check("exit 1") == 3)
            #expect(try await check("echo 'status: error'; exit 9") == 1)
            // What the command reads is not what comes after it.
            #expect(try await check("cat >/dev/null") == 0)
        }
        let answer = try await bench.run("kubernetes/guest", "check", "here", "echo status: running; exit 1")
        #expect(answer == (3, "the first boot of this machine is not over: status: running\n"))
    }

    @Test("Nobody can log in: not yet; another host key: that is an error", arguments: LocalTaskHost.Tools.installed)
    func logins(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        func check() async throws -> (status: Int, text: String) {
            try await bench.run("kubernetes/guest", "check", "over", "/known_hosts", "/key", "root@n1", "true")
        }
        try bench.directory.write("ssh: connect to host n1 port 22: Connection refused", to: "down-root@n1")
        #expect(try await check() == (3, "no login at root@n1: ssh: connect to host n1 port 22: Connection refused\n"))
        try bench.directory.write("Host key verification failed.", to: "down-root@n1")
        #expect(try await check() == (1, "the host key of root@n1 is not the one in /known_hosts\n"))
    }

    @Test("A share that is not mounted is named", arguments: LocalTaskHost.Tools.installed)
    func shares(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        #expect(try await bench.run("kubernetes/guest", "check", "here", "true", "/proc").status == 0)
        let own = try await bench.run("kubernetes/guest", "check", "here", "true", "/proc", "/etc")
        #expect(own.status == 3 && own.text.contains("/etc is on the machine's own disk: its share is not mounted"))
        let none = try await bench.run("kubernetes/guest", "check", "here", "true", "/nowhere/at/all")
        #expect(none.status == 3 && none.text.contains("there is no /nowhere/at/all"))
    }

    // MARK: Before the first node

    @Test("Playbooks that are missing are all named", arguments: LocalTaskHost.Tools.installed)
    func playbooks(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ScriptBench(tools)
        try bench.install("ansible-playbook", "exit 0")
        try bench.directory.write("", to: "playbooks/a.yml")
        let directory = bench.path("playbooks")
        #expect(try await bench.run("kubernetes/preflight", "check", directory, "a.yml").status == 0)
        let answer = try await bench.run("kubernetes/preflight", "check", directory, "a.yml", "b.yml", "c.yml")
        #expect(answer == (1, "missing on the director: \(directory)/b.yml, \(directory)/c.yml\n"))
    }

    @Test("One minor version up is legal; two, or one down, are not", arguments: LocalTaskHost.Tools.installed)
    func versions(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ScriptBench(tools)
        func check(_ wanted: String, _ actual: String) async throws -> Int {
            try await bench.run("kubernetes/version-skew", "check", wanted, "echo \(actual)", "n1", "n2").status
        }
        for (wanted, actual, status) in [
            ("v1.16.0", "v1.15.3", 0), ("1.15.9", "v1.15.3", 0), ("v1.15.1", "v1.15.3", 0), ("v1.17.0", "v1.15.3", 1),
            ("v1.14.9", "v1.15.3", 1), ("v2.0.0", "v1.15.3", 1), ("v1.16.0", "unknown", 9),
        ] { #expect(try await check(wanted, actual) == status, "\(actual) to \(wanted)") }
        let back = try await bench.run("kubernetes/version-skew", "check", "v1.14.0", "echo v1.15.3", "n1")
        #expect(back.text.hasPrefix("n1 has v1.15.3: going back to v1.14.0 is refused"))
    }

    // MARK: etcd

    /// Health by login, and the list of members.
    private static let etcdctl = #"""
        case "$1 $2" in
        "endpoint health") [ ! -e "$S/sick-$LOGIN" ] ;;
        "member list") cat "$S/members" ;;
        "snapshot save") [ ! -e "$S/sick-$LOGIN" ] && echo "data of $LOGIN" >"$3" ;;
        esac
        """#

    @Test("etcd is healthy when every master answers and all members are started", arguments: LocalTaskHost.Tools.installed)
    func etcd(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try bench.install("etcdctl", Self.etcdctl)
        func check(_ count: String) async throws -> (status: Int, text: String) {
            try await bench.run(
                "kubernetes/etcd", "check", "healthy", "/known_hosts", "", #"FLAG=1 etcdctl "$@""#, count, "root@m1", "root@m2")
        }
        try bench.directory.write("1, started, m1, u, u, false\n2, started, m2, u, u, false\n", to: "members")
        #expect(try await check("2").status == 0)
        #expect(try await check("3") == (3, "etcd has 2 members, of which 2 are started; 3 are wanted\n"))
        #expect(try await check("any").status == 0)
        try bench.directory.write("1, started, m1, u, u, false\n2, unstarted, , u, u, false\n", to: "members")
        #expect(try await check("2") == (3, "etcd has 2 members, of which 1 are started; 2 are wanted\n"))
        try bench.directory.write("", to: "sick-root@m2")
        #expect(try await check("any").status == 3)
    }

    @Test("A snapshot is kept from the first master that gives one, once", arguments: LocalTaskHost.Tools.installed)
    func snapshot(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try bench.install("etcdctl", Self.etcdctl)
        try bench.directory.write("", to: "sick-root@m1")
        let directory = bench.path("snapshots")
        func run(_ verb: String) async throws -> (status: Int, text: String) {
            try await bench.run(
                "kubernetes/etcd", verb, "snapshot", "/known_hosts", "", #"etcdctl "$@""#, directory, "root@m1", "root@m2")
        }
        #expect(try await run("check").status == 3)
        let taken = try await run("apply")
        #expect(taken.status == 0, "\(taken.text)")
        #expect(try await run("check").status == 0)
        #expect(try await bench.run(text: "grep -qx 'data of root@m2' '\(directory)'/etcd-*.db") == 0)
        #expect(try await bench.run(text: "[ \"$(ls -A '\(directory)' | wc -l)\" -eq 1 ]") == 0)
    }

    // MARK: Releases

    /// Keeps the last revision of each release in a file, and says of it what helm does.
    private static let helm = #"""
        case $1 in
        history)
            [ -f "$S/release-$2" ] || { echo "Error: release: not found" >&2; exit 1; }
            cat "$S/release-$2" ;;
        upgrade)
            echo "$*" >>"$S/helm-ran"; name=$3
            while [ $# -gt 0 ]; do [ "$1" != --description ] || mark=$2; shift; done
            printf -- '- app_version: "1"\n  chart: c-1\n  description: %s\n  revision: 1\n  status: deployed\n' "$mark" \
                >"$S/release-$name" ;;
        uninstall) rm "$S/release-$2" ;;
        esac
        """#

    @Test(
        "A release is installed, known by its mark, replaced when it has another, and taken away",
        arguments: LocalTaskHost.Tools.installed)
    func helm(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ScriptBench(tools)
        func present(_ verb: String, _ mark: String = "planner 01ab") async throws -> (status: Int, text: String) {
            try await bench.run("kubernetes/helm", verb, "present", "app", "ns", "60", mark, "repo/c", "1.0", "/v.yaml")
        }
        func absent(_ verb: String) async throws -> Int {
            try await bench.run("kubernetes/helm", verb, "absent", "app", "ns", "60").status
        }
        #expect(try await present("check") == (1, "helm is not installed on the director\n"))
        try bench.install("helm", Self.helm)
        #expect(try await absent("check") == 0)
        #expect(try await present("check") == (3, "app is not there\n"))
        #expect(try await present("apply").status == 0)
        #expect(
            bench.directory.read("helm-ran") == """
                upgrade --install app repo/c --version 1.0 --namespace ns --create-namespace --atomic --timeout 60s \
                --description planner 01ab --values /v.yaml

                """)
        #expect(try await present("check").status == 0)
        #expect(try await present("check", "planner 02cd").status == 3)
        #expect(try await absent("check") == 3)
        #expect(try await absent("apply") == 0)
        #expect(try await absent("check") == 0)
    }

    @Test(
        "A release that another helm works on is left alone, and a cluster that does not answer is no absence",
        arguments: LocalTaskHost.Tools.installed)
    func busy(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ScriptBench(tools)
        try bench.install("helm", "printf -- '- chart: c-1\\n  status: pending-upgrade\\n'")
        let answer = try await bench.run("kubernetes/helm", "apply", "present", "app", "ns", "60", "planner 01", "c", "1")
        #expect(answer.status == 1)
        #expect(answer.text.contains("'helm rollback app --namespace ns' ends that"))
        try bench.install("helm", "echo 'Error: Kubernetes cluster unreachable' >&2; exit 1")
        #expect(try await bench.run("kubernetes/helm", "check", "absent", "app", "ns", "60").status == 1)
    }
}
