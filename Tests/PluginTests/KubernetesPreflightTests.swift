import Foundation
import Model
import Planning
import PluginKit
import Shell
import TaskKit
import TestSupport
import Testing

@testable import KubernetesPlugin

/// What a director is asked before a plan is run: the scripts on real shells with a kubectl of our own, and what their answers mean.
@Suite("Pre-flight of a Kubernetes cluster")
struct KubernetesPreflightTests {
    private func said(_ answer: (status: Int, text: String)) -> [String] {
        #expect(answer.status == 0, "\(answer.text)")
        return answer.text.split(separator: "\n").map { $0.replacingOccurrences(of: "\t", with: "|") }
    }

    // MARK: Members

    @Test(
        "Members that are not ready are all named; one of which nothing is known ends it",
        arguments: LocalTaskHost.Tools.installed)
    func members(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ScriptBench(tools)
        func ask(_ command: String, _ nodes: String...) async throws -> [String] {
            said(try await bench.run("kubernetes/members", arguments: [command] + nodes))
        }
        let command = "case $1 in good) exit 0 ;; gone) exit 1 ;; sick) exit 2 ;; *) echo; echo refused >&2; exit 9 ;; esac"
        #expect(try await ask(command, "good", "good") == [])
        #expect(
            try await ask(command, "gone", "good", "sick", "odd", "gone") == [
                "member|gone|absent", "member|sick|not-ready", "unknown|odd|refused",
            ])
        #expect(try await ask("exit 9", "a") == ["unknown|a|exit status 9"])
        // The command does not eat what belongs to others.
        #expect(try await ask("cat; exit 2", "a", "b") == ["member|a|not-ready", "member|b|not-ready"])
    }

    // MARK: The API

    /// Answers from files, and notes what it was asked.
    private static let kubectl = #"""
        [ "$1" = --request-timeout=15s ] && shift
        printf '%s\n' "$*" >>"$S/log"
        [ ! -e "$S/down" ] || { echo "The connection to the server was refused" >&2; exit 1; }
        case "$*" in
        'get --raw /readyz') ;;
        'config view'*client-certificate-data*) [ ! -e "$S/crt" ] || base64 <"$S/crt" | tr -d '\n' ;;
        'config view'*) [ ! -e "$S/file" ] || printf %s "$S/file" ;;
        'get poddisruptionbudgets --all-namespaces -o go-template='*) cat "$S/budgets" ;;
        'get pods -n shop -l app=db,tier in (a,b) -o go-template='*) cat "$S/pods" ;;
        'get pods -n broken '*) echo "error: no such selector" >&2; exit 1 ;;
        'get pods '*) ;;
        *) echo "unexpected: $*" >&2; exit 9 ;;
        esac
        """#

    private func bench(_ tools: LocalTaskHost.Tools) throws -> ScriptBench {
        let bench = try ScriptBench(tools)
        try bench.install("kubectl", Self.kubectl)
        try bench.directory.write("", to: "budgets")
        return bench
    }

    private func survey(_ bench: ScriptBench, _ drains: Bool = true) async throws -> [String] {
        said(
            try await bench.run(
                "kubernetes/cluster-survey", arguments: [#"kubectl "$@""#, "30"] + (drains ? ["drains"] : [])))
    }

    @Test(
        "Pods on nodes that a budget holds are named; what is not evicted, or is over, is not",
        arguments: LocalTaskHost.Tools.installed)
    func budgets(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try bench.directory.write(
            """
            0 shop db app=db,tier in (a,b),
            1 shop web app=web,
            0 broken x a=b,
            <no value> new y a=b,

            """, to: "budgets")
        try bench.directory.write(
            """
            db-0 w2 Running StatefulSet
            db-1 w1 Running StatefulSet
            db-2 w2 Succeeded Job
            log-1 w2 Running DaemonSet
            db-3 - Pending StatefulSet
            bare w3 Running

            """, to: "pods")
        #expect(
            try await survey(bench) == [
                "budget|w1|shop/db-1|db", "budget|w2|shop/db-0|db", "budget|w3|shop/bare|db",
                "budgets|unknown|error: no such selector",
            ])
        // Without a drain nobody is evicted, and nobody is asked.
        #expect(try await survey(bench, false) == [])
        #expect(bench.directory.read("log")?.contains("get ").description == "true")
        let asked = bench.directory.read("log")?.split(separator: "\n") ?? []
        #expect(asked.allSatisfy { $0.hasPrefix("get ") || $0.hasPrefix("config view ") }, "it only reads")
    }

    @Test("An API that does not answer is told with its reason", arguments: LocalTaskHost.Tools.installed)
    func silent(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try bench.directory.write("", to: "down")
        #expect(try await survey(bench) == ["api|silent|The connection to the server was refused"])
        let none = try ScriptBench(tools)
        let answer = said(try await none.run("kubernetes/cluster-survey", "exit 127", "30", "drains"))
        #expect(answer == ["api|silent|no reason is given"])
        // A site that has no API to ask.
        #expect(said(try await none.run("kubernetes/cluster-survey", "exit 0", "30", "drains")) == [])
    }

    @Test(
        "The certificate of the login is told when it has ended, or ends soon", .enabled(if: Certificate.isPossible),
        arguments: [(-1, "expired"), (20, "expires"), (40, nil)] as [(Int, String?)])
    func certificate(days: Int, _ word: String?) async throws {
        for tools in LocalTaskHost.Tools.installed {
            // In the configuration, and beside it.
            for place in ["crt", "file"] {
                let bench = try bench(tools)
                if tools == .busybox { try bench.install("openssl", "exec /usr/bin/openssl \"$@\"") }
                try bench.directory.write(try Certificate.text(days: days), to: place)
                let lines = try await survey(bench, false)
                #expect(
                    lines.map { $0.split(separator: "|").prefix(2).joined(separator: "|") }
                        == (word.map { ["login|\($0)"] } ?? []), "\(tools) \(place)")
                if let line = lines.first { #expect(line.hasSuffix(" GMT"), "\(line)") }
            }
        }
    }

    @Test(
        "The real kubectl answers the same", .enabled(if: FakeAPI.isPossible, "needs kubectl and python3"),
        .timeLimit(.minutes(1)))
    func realClient() async throws {
        try await FakeAPI.serve { configuration in
            for tools in LocalTaskHost.Tools.installed {
                let bench = try ScriptBench(tools)
                let command = "KUBECONFIG='\(configuration)' HOME='\(bench.directory.path)' \(FakeAPI.kubectl ?? "") \"$@\""
                let answer = said(try await bench.run("kubernetes/cluster-survey", arguments: [command, "30", "drains"]))
                #expect(answer == ["budget|w1|shop/web-1|all", "budget|w2|shop/db-0|db"])
            }
        }
    }

    // MARK: What is asked, and what it means

    private let newImage = (String(repeating: "0f", count: 32), String(repeating: "ab", count: 32))

    private func questions(from applied: String, to declared: String) throws -> [HostQuestion] {
        let plan = try #require(try Sample.plan(from: applied, to: declared))
        return KubernetesPlugin().questions(about: PlannedSteps(plan), in: try Sample.context(declared, applied: applied))
    }

    private func judge(_ question: HostQuestion?, status: Int = 0, _ lines: String...) -> [PreflightFinding] {
        question?.judge(HostAnswer(lines: lines.map { .init($0.replacingOccurrences(of: "|", with: "\t")) }, status: status))
            ?? []
    }

    @Test("The director is asked when members are changed or leave, and not for an installation")
    func asked() throws {
        #expect(try questions(from: "ms: { ssh: { address: 10.0.0.10 } }\n", to: Sample.kubernetes).isEmpty)
        let upgraded = Sample.site(Sample.kubernetes, [newImage])
        let all = try questions(from: Sample.kubernetes, to: upgraded)
        #expect(all.map(\.script.name) == ["kubernetes/cluster-survey", "kubernetes/members", "kubernetes/etcd"])
        #expect(all.allSatisfy { $0.host.text == "/ms" })
        #expect(all[0].arguments == [#"kubectl "$@""#, "30", "drains"])
        #expect(all[1].arguments.dropFirst() == ["n1-master", "n2-master", "n3-master", "n4-worker", "n5-worker", "n6-worker"])
        #expect(all[2].arguments.prefix(2) == ["check", "healthy"])
        #expect(all[2].arguments.suffix(4) == ["3", "root@10.0.0.101", "root@10.0.0.102", "root@10.0.0.103"])
        // Workers alone: etcd is not touched.
        let larger = Sample.site(Sample.kubernetes, [("service_name: worker\n", "service_name: worker\n      ram: 1024M\n")])
        #expect(
            try questions(from: Sample.kubernetes, to: larger).map(\.script.name) == [
                "kubernetes/cluster-survey", "kubernetes/members",
            ])
        let version = Sample.site(
            upgraded, [("{ type: k8s-cluster }", "{ type: k8s-cluster, kubernetes_version: v1.16.2, etcd: none }")])
        #expect(
            try questions(from: Sample.kubernetes, to: version).map(\.script.name) == [
                "kubernetes/cluster-survey", "kubernetes/members", "kubernetes/version-skew",
            ])
    }

    @Test("A budget warns on a node that is drained, in the words of the drain that will wait for it")
    func eviction() throws {
        let larger = Sample.site(Sample.kubernetes, [("service_name: worker\n", "service_name: worker\n      ram: 1024M\n")])
        let survey = try questions(from: Sample.kubernetes, to: larger).first
        let found = judge(survey, "budget|n4-worker|shop/db-0|db", "budget|n1-master|shop/db-1|db")
        #expect(found.map(\.subject) == ["n4-worker"])
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.found == "pod shop/db-0 has a PDB with 0 allowed disruptions - drain will block")
        #expect(found.first?.nextStep.hasPrefix("kubectl -n shop describe pdb db") == true)
        #expect(judge(survey, "budgets|unknown|forbidden").map(\.kind) == ["not-asked"])
    }

    @Test("An API without an answer, an ended certificate, members that are not ready and a sick etcd block")
    func blockers() throws {
        let all = try questions(from: Sample.kubernetes, to: Sample.site(Sample.kubernetes, [newImage]))
        let api = judge(all[0], "login|expired|Nov 21 2026 GMT", "api|silent|refused")
        #expect(api.map(\.kind) == ["certificate", "kubernetes-api"])
        #expect(api.allSatisfy { $0.severity == .blocker && $0.subject == "ms" })
        #expect(judge(all[0], "login|expires|Nov 21 2026 GMT").map(\.severity) == [.warning])
        let members = judge(all[1], "member|n2-master|absent", "member|n5-worker|not-ready", "unknown|n6-worker|refused")
        #expect(members.map(\.subject) == ["n2-master", "n5-worker", "ms"])
        #expect(members.map(\.severity) == [.blocker, .blocker, .blocker])
        #expect(judge(all[2], status: 0, "").isEmpty)
        let etcd = judge(all[2], status: 3, "etcd on root@10.0.0.102 is not healthy: refused")
        #expect(etcd.map(\.kind) == ["etcd"] && etcd.first?.severity == .blocker)
        #expect(etcd.first?.found == "etcd on root@10.0.0.102 is not healthy: refused")
    }

    @Test("Members of a cluster that goes for good are asked as well")
    func leaving() throws {
        let smaller = Sample.site(
            Sample.kubernetes,
            [
                ("node_list: [n4, n5, n6]", "node_list: [n4, n5]"), (", 10.0.0.106]", "]"),
                ("            name: worker\n            active: 3", "            name: worker\n            active: 2"),
            ])
        let survey = try questions(from: Sample.kubernetes, to: smaller).first
        #expect(judge(survey, "budget|n6-worker|shop/db-0|db", "budget|n5-worker|shop/db-1|db").map(\.subject) == ["n6-worker"])
    }
}

/// Certificates that end at a time of their own.
private enum Certificate {
    static let isPossible = TemporaryDirectory.exists("/usr/bin/openssl")

    /// - Parameter days: from now to its end; negative: it has ended.
    static func text(days: Int) throws -> String {
        let directory = try TemporaryDirectory()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let script = """
            cd "$1" && openssl req -newkey ed25519 -nodes -keyout key -subj /CN=admin -out request 2>/dev/null &&
            openssl x509 -req -in request -signkey key -days "$2" -out certificate 2>/dev/null
            """
        process.arguments = ["-c", script, "sh", directory.path, String(days)]
        try process.run()
        process.waitUntilExit()
        return try #require(directory.read("certificate"))
    }
}
