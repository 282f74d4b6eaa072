import Foundation
import Model
import PluginKit
import TaskKit
import TestSupport
import Testing

@testable import LibvirtPlugin

/// The scripts of libvirt with a virsh that keeps its domains in files: which questions they ask, and in which order they act.
@Suite("Scripts of libvirt")
struct LibvirtScriptTests {
    private func bench(_ tools: LocalTaskHost.Tools) throws -> ScriptBench {
        let bench = try ScriptBench(tools)
        try FileManager.default.createDirectory(atPath: bench.path("domains"), withIntermediateDirectories: true)
        try bench.install(
            "virsh",
            #"""
            D=$S/domains
            echo "$*" >>"$S/log"
            [ ! -e "$S/dead" ] || exit 1
            case $1 in
            list) ;;
            dominfo) [ -f "$D/$2" ] ;;
            domstate) cat "$D/$2" ;;
            metadata) cat "$D/$2.xml" ;;
            shutdown) [ -e "$S/stubborn" ] || echo 'shut off' >"$D/$2" ;;
            destroy) echo 'shut off' >"$D/$2" ;;
            start | resume) echo running >"$D/$2" ;;
            define) echo 'shut off' >"$D/machine" && cp "$2" "$D/machine.xml" ;;
            undefine) rm "$D/$2" "$D/$2.xml" ;;
            esac
            """#)
        try bench.install("qemu-img", #"for a in "$@"; do :; done; echo "$*" >"$a""#)
        try bench.install("genisoimage", #"echo "$*" >"$3""#)
        return bench
    }

    /// What virsh was asked to do, without questions.
    private func actions(_ bench: ScriptBench) -> [String] {
        (bench.directory.read("log") ?? "").split(separator: "\n").map(String.init).filter { line in
            !["list", "dominfo", "domstate", "metadata"].contains { line.hasPrefix($0) }
        }
    }

    private func prepare(_ bench: ScriptBench, fingerprint: String) throws {
        for name in ["user-data", "meta-data", "network-config"] { try bench.directory.write(name, to: "machine/\(name)") }
        try bench.directory.write("<domain fingerprint='\(fingerprint)'/>", to: "machine/domain.xml")
        try bench.directory.write("image", to: "image.qcow2")
    }

    private func present(_ bench: ScriptBench, _ verb: String, _ fingerprint: String) async throws -> (status: Int, text: String)
    {
        try await bench.run(
            "libvirt/domain", verb, "present", "machine", bench.path("machine"), "2", bench.path("image.qcow2"), fingerprint)
    }

    @Test("A machine is defined from its files and found as it should be", arguments: LocalTaskHost.Tools.installed)
    func defines(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try prepare(bench, fingerprint: "f1")
        #expect(try await present(bench, "check", "f1") == (3, "machine is not defined\n"))
        let answer = try await present(bench, "apply", "f1")
        #expect(answer.status == 0, "\(answer.text)")
        #expect(try await present(bench, "check", "f1").status == 0)
        #expect(actions(bench) == ["define domain.xml"])
        #expect(bench.directory.read("machine/disk.qcow2")?.contains("-b \(bench.path("image.qcow2"))") == true)
        #expect(bench.directory.read("machine/seed.iso")?.contains("-volid cidata") == true)
        // It may hold a password.
        let seed = try FileManager.default.attributesOfItem(atPath: bench.directory.path + "/machine/seed.iso")
        #expect(seed[.posixPermissions] as? Int == 0o600)
    }

    @Test("Another definition stops the machine, keeps its disk and builds it anew", arguments: LocalTaskHost.Tools.installed)
    func replaces(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try prepare(bench, fingerprint: "f1")
        _ = try await present(bench, "apply", "f1")
        try bench.directory.write("running\n", to: "domains/machine")
        try bench.directory.write("data", to: "machine/disk.qcow2")
        try prepare(bench, fingerprint: "f2")
        #expect(try await present(bench, "check", "f2") == (3, "machine has another definition\n"))
        #expect(try await present(bench, "apply", "f2").status == 0)
        #expect(actions(bench) == ["define domain.xml", "shutdown machine", "undefine machine", "define domain.xml"])
        #expect(bench.directory.read("machine/previous/disk.qcow2") == "data")
        #expect(try await present(bench, "check", "f2").status == 0)
    }

    @Test(
        "A replacement that was interrupted before the new definition keeps the disk with the data, not the fresh one",
        arguments: LocalTaskHost.Tools.installed)
    func interruptedReplacement(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try prepare(bench, fingerprint: "f1")
        _ = try await present(bench, "apply", "f1")
        try bench.directory.write("data", to: "machine/disk.qcow2")
        try prepare(bench, fingerprint: "f2")
        #expect(try await present(bench, "apply", "f2").status == 0)
        // As a power cut leaves it: the fresh disk is in its place, the domain is not defined yet.
        try bench.directory.remove("domains/machine")
        #expect(try await present(bench, "apply", "f2").status == 0)
        #expect(bench.directory.read("machine/previous/disk.qcow2") == "data")
        #expect(try await present(bench, "check", "f2").status == 0)
    }

    @Test("Without its image nothing is stopped", arguments: LocalTaskHost.Tools.installed)
    func noImage(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try prepare(bench, fingerprint: "f1")
        try bench.directory.remove("image.qcow2")
        #expect(try await present(bench, "apply", "f1") == (1, "image \(bench.path("image.qcow2")) is not on this host\n"))
        #expect(actions(bench) == [])
    }

    @Test("A libvirt that does not answer is no machine that is not there", arguments: LocalTaskHost.Tools.installed)
    func dead(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try bench.directory.write("", to: "dead")
        let absent = try await bench.run("libvirt/domain", "check", "absent", "machine", bench.path("machine"), "1")
        #expect(absent == (1, "libvirt does not answer on this host\n"))
        let off = try await bench.run("kit/domain-power", "check", "off", "machine", "1")
        #expect(off == (1, "libvirt does not answer on this host\n"))
    }

    @Test(
        "A machine that is taken away is stopped and undefined, and its directory is gone",
        arguments: LocalTaskHost.Tools.installed)
    func removes(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try prepare(bench, fingerprint: "f1")
        _ = try await present(bench, "apply", "f1")
        try bench.directory.write("running\n", to: "domains/machine")
        func run(_ verb: String) async throws -> (status: Int, text: String) {
            try await bench.run("libvirt/domain", verb, "absent", "machine", bench.path("machine"), "1")
        }
        #expect(try await run("check") == (3, "machine is still defined\n"))
        #expect(try await run("apply").status == 0)
        #expect(try await run("check").status == 0)
        #expect(!bench.directory.exists("machine"))
    }

    @Test("A machine that does not shut down is destroyed after its limit", arguments: LocalTaskHost.Tools.installed)
    func stubborn(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        try bench.directory.write("running\n", to: "domains/machine")
        try bench.directory.write("", to: "stubborn")
        let answer = try await bench.run("kit/domain-power", "apply", "off", "machine", "1")
        #expect(answer.status == 0)
        #expect(answer.text.contains("machine did not shut down within 1 s: destroying it"))
        #expect(actions(bench) == ["shutdown machine", "destroy machine"])
    }

    @Test("A machine is started, resumed or left alone, as it is", arguments: LocalTaskHost.Tools.installed)
    func power(_ tools: LocalTaskHost.Tools) async throws {
        for (state, done) in [("shut off", ["start machine"]), ("paused", ["resume machine"]), ("running", [])] {
            let bench = try bench(tools)
            try bench.directory.write(state + "\n", to: "domains/machine")
            let before = try await bench.run("kit/domain-power", "check", "on", "machine", "1")
            #expect(before.status == (state == "running" ? 0 : 3))
            #expect(try await bench.run("kit/domain-power", "apply", "on", "machine", "1").status == 0)
            #expect(actions(bench) == done)
            #expect(try await bench.run("kit/domain-power", "check", "on", "machine", "1").status == 0)
        }
    }

    @Test("A machine that libvirt does not know is off", arguments: LocalTaskHost.Tools.installed)
    func unknown(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        #expect(try await bench.run("kit/domain-power", "check", "off", "machine", "1").status == 0)
        #expect(try await bench.run("kit/domain-power", "apply", "off", "machine", "1").status == 0)
        #expect(actions(bench) == [])
    }

    @Test("Images that nothing is made from are removed, and nothing else", arguments: LocalTaskHost.Tools.installed)
    func images(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try bench(tools)
        func run(_ verb: String) async throws -> (status: Int, text: String) {
            try await bench.run("libvirt/images", verb, bench.path("images"), "kept.qcow2", "kept too.qcow2")
        }
        #expect(try await run("check").status == 0)
        for name in ["kept.qcow2", "kept too.qcow2", "old one.qcow2", "-rf", "more/inside"] {
            try bench.directory.write("", to: "images/\(name)")
        }
        #expect(try await run("check").status == 3)
        #expect(try await run("apply").status == 0)
        #expect(bench.directory.names(in: "images") == ["kept too.qcow2", "kept.qcow2", "more"])
        #expect(try await run("check").status == 0)
    }

    @Test(
        "libvirt's own schema takes the domain",
        .enabled(if: ["virt-xml-validate", "xmllint"].allSatisfy { TemporaryDirectory.exists("/usr/bin/\($0)") }),
        arguments: ["kvm", "qemu"])
    func schema(_ domainType: String) async throws {
        let text = Sample.site(Sample.kubernetes, [("role: master", "role: master\n      domain_type: \(domainType)")])
        let write = try #require(LibvirtPlugin().step("write-domain.xml", on: "n1", in: try Sample.context(text)))
        let bench = try ScriptBench(.system)
        try bench.directory.write(try #require(write.action.action as? FileAction).content.text, to: "domain.xml")
        #expect(try await bench.run(text: "virt-xml-validate '\(bench.path("domain.xml"))' domain >&2") == 0)
    }
}
