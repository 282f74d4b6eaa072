import Foundation
import Model
import Planning
import PluginKit
import TaskKit
import TestSupport
import Testing

@testable import LibvirtPlugin

/// What hosts of virtual machines are asked before a plan is run: the script on real shells, and what its answers mean.
@Suite("Pre-flight of hosts of virtual machines")
struct LibvirtPreflightTests {
    // MARK: The script

    /// A virsh that keeps its domains in files, those of Planner with a note beside them.
    private func bench(_ tools: LocalTaskHost.Tools) throws -> ScriptBench {
        let bench = try ScriptBench(tools)
        try FileManager.default.createDirectory(atPath: bench.path("domains"), withIntermediateDirectories: true)
        try bench.install(
            "virsh",
            #"""
            echo "$*" >>"$S/log"
            [ ! -e "$S/dead" ] || { echo "error: failed to connect to the hypervisor" >&2; echo >&2; exit 1; }
            case $1 in
            list) ;;
            domstate) cat "$S/domains/$2" ;;
            metadata) [ "$3" = urn:planner:definition ] && cat "$S/domains/$2.note" ;;
            *) echo "touched: $*" >&2; exit 9 ;;
            esac
            """#)
        try bench.install("qemu-img", "exit 1")
        try bench.install("genisoimage", "exit 1")
        return bench
    }

    private func facts(_ bench: ScriptBench, _ words: String...) async throws -> [String] {
        let answer = try await bench.run("libvirt/capacity", arguments: words)
        #expect(answer.status == 0, "\(answer.text)")
        return answer.text.split(separator: "\n").map { $0.replacingOccurrences(of: "\t", with: "|") }
            .filter { !$0.hasPrefix("memory|") }
    }

    @Test("A host that has everything says nothing but its memory", arguments: LocalTaskHost.Tools.installed)
    func well(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        #expect(try await facts(bench, "qemu", "bridge", "lo", "domain", "worker") == [])
        let answer = try await bench.run("libvirt/capacity", "qemu")
        #expect(answer.text.contains(try Regex("^memory\t[0-9]{4,}\n$")), "\(answer.text)")
        // It has only asked.
        #expect(
            bench.directory.read("log")?.split(separator: "\n").allSatisfy { $0 == "list --name" || $0 == "domstate worker" }
                == true)
    }

    @Test("What is missing is named, each by itself", arguments: LocalTaskHost.Tools.installed)
    func missing(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try bench.directory.write("shut off\n", to: "domains/worker")
        try bench.directory.write("running\n", to: "domains/master")
        try bench.directory.write("<note/>", to: "domains/master.note")
        let said = try await facts(
            bench, "kvm", "bridge", "lo", "bridge", "br9", "domain", "worker", "domain", "master", "domain", "none")
        #expect(
            said.filter { $0 != "kvm|missing" } == [
                "bridge|br9|missing", "domain|worker|foreign|shut off", "domain|master|planner|running",
            ])
        #expect(said.contains("kvm|missing") == !FileManager.default.fileExists(atPath: "/dev/kvm"))
    }

    @Test(
        "A libvirt that does not answer is told with its reason, and knows nothing of domains",
        arguments: LocalTaskHost.Tools.installed)
    func silent(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try bench.directory.write("running\n", to: "domains/worker")
        try bench.directory.write("", to: "dead")
        #expect(
            try await facts(bench, "none", "domain", "worker") == ["libvirt|silent|error: failed to connect to the hypervisor"])
    }

    @Test("Programs that are missing are named", .enabled(if: LocalTaskHost.Tools.busybox.isInstalled))
    func programs() async throws {
        // Nothing but busybox.
        let bench = try ScriptBench(.busybox)
        let said = try await facts(bench, "qemu").filter { $0.hasPrefix("missing|") || $0.hasPrefix("libvirt|") }
        #expect(said == ["missing|virsh", "missing|qemu-img", "missing|genisoimage mkisofs xorrisofs"])
    }

    // MARK: What is asked, and what it means

    private func questions(from applied: String, to declared: String, done: Set<TaskID> = []) throws -> [HostQuestion] {
        let plan = try #require(try Sample.plan(from: applied, to: declared))
        return LibvirtPlugin().questions(
            about: PlannedSteps(plan, done: done), in: try Sample.context(declared, applied: applied))
    }

    private let nothing = "ms: { ssh: { address: 10.0.0.10 } }\n"

    private func judge(_ question: HostQuestion?, _ lines: String...) -> [PreflightFinding] {
        question?.judge(HostAnswer(lines: lines.map { .init($0.replacingOccurrences(of: "|", with: "\t")) }, status: 0)) ?? []
    }

    @Test("Hosts are asked about the machines that the plan makes on them, and only they")
    func asked() throws {
        let install = try questions(from: nothing, to: Sample.kubernetes)
        #expect(install.map { String($0.host.name) } == ["n1", "n2", "n3", "n4", "n5", "n6"])
        #expect(install.first?.arguments == ["kvm", "bridge", "br0", "domain", "master"])
        // More memory for the workers: their hosts alone.
        let larger = Sample.site(Sample.kubernetes, [("service_name: worker\n", "service_name: worker\n      ram: 4096M\n")])
        let grown = try questions(from: Sample.kubernetes, to: larger)
        #expect(grown.map { String($0.host.name) } == ["n4", "n5", "n6"])
        #expect(grown.first?.arguments == ["kvm", "bridge", "br0", "domain", "worker"])
        // What is left: a host on which a machine has only to be started.
        let plan = try #require(try Sample.plan(from: Sample.kubernetes, to: larger))
        let done = Set(plan.tasks.filter { $0.identity.node?.name == "n4" && $0.identity.name != "unlock" }.map(\.id))
        let rest = try questions(from: Sample.kubernetes, to: larger, done: done)
        #expect(rest.first?.arguments == ["none"])
    }

    @Test("Answers become blockers and warnings, each with its rule and what to do")
    func findings() throws {
        let question = try questions(from: nothing, to: Sample.kubernetes).first
        let found = judge(
            question, "libvirt|silent|no socket", "missing|qemu-img", "missing|genisoimage mkisofs xorrisofs", "kvm|missing",
            "bridge|br0|missing", "domain|master|planner|running")
        #expect(found.map(\.kind) == ["libvirt", "missing-program", "missing-program", "kvm", "bridge"])
        #expect(found.allSatisfy { $0.severity == .blocker && $0.subject == "n1" && !$0.nextStep.isEmpty })
        #expect(
            found.map(\.found)[2...] == [
                "there is no genisoimage and no mkisofs and no xorrisofs", "there is no /dev/kvm", "there is no bridge br0",
            ])
        #expect(found.last?.rule == "'host_device' of master names it")
    }

    @Test(
        "A domain of the same name that Planner has not made would be destroyed: that blocks; one that was defined anew is a warning"
    )
    func foreign() throws {
        let fresh = judge(try questions(from: nothing, to: Sample.kubernetes).first, "domain|master|foreign|running")
        #expect(fresh.map(\.severity) == [.blocker])
        #expect(fresh.first?.found == "there is a domain 'master' (running) that Planner has not made")
        let larger = Sample.site(Sample.kubernetes, [("service_name: worker\n", "service_name: worker\n      ram: 4096M\n")])
        let known = judge(try questions(from: Sample.kubernetes, to: larger).first, "domain|worker|foreign|shut off")
        #expect(known.map(\.severity) == [.warning])
    }

    @Test("Memory is a warning, by what the plan adds to what the machines have now")
    func memory() throws {
        // 256 MiB each, as the type has it.
        let install = try questions(from: nothing, to: Sample.kubernetes).first
        #expect(judge(install, "memory|\(256 * 1024)").isEmpty)
        let short = judge(install, "memory|\(255 * 1024)")
        #expect(short.map(\.severity) == [.warning])
        #expect(short.first?.found == "255 MiB of memory can be had, and the plan adds machines of 256 MiB")
        let larger = Sample.site(Sample.kubernetes, [("service_name: worker\n", "service_name: worker\n      ram: 1024M\n")])
        let grown = try questions(from: Sample.kubernetes, to: larger).first
        #expect(judge(grown, "memory|\(768 * 1024)").isEmpty)
        #expect(judge(grown, "memory|\(767 * 1024)").count == 1)
        // The other way round nothing is added.
        #expect(judge(try questions(from: larger, to: Sample.kubernetes).first, "memory|1").isEmpty)
    }
}
