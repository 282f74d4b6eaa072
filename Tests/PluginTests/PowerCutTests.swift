import Foundation
import TaskKit
import TestSupport
import Testing

/// Scripts of plugins whose host loses its power before any of the commands that they call, and that are carried out again afterwards.
@Suite("Power cuts inside scripts")
struct PowerCutTests {
    /// A script, the state before it, and what must be true after it.
    struct Case: Sendable, CustomTestStringConvertible {
        let script: String
        /// The words behind `check` and `apply`.
        let arguments: @Sendable (ScriptBench) -> [String]
        let prepare: @Sendable (ScriptBench) throws -> Void
        let expect: @Sendable (ScriptBench, Comment) -> Void

        var testDescription: String { script }
    }

    @Test(
        "A script that is cut off at any command leaves nothing that its next run does not bring to the right end",
        arguments: cases)
    func cutAnywhere(_ one: Case) async throws {
        let count = try await carryOut(one, cutBefore: nil)
        #expect(count >= 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for cut in 1...count {
                if cut > 4 { try await group.next() }
                group.addTask { _ = try await carryOut(one, cutBefore: cut) }
            }
            try await group.waitForAll()
        }
    }

    /// - Parameter cut: the command before which everything that the script has started is killed; nil: none.
    /// - Returns: how many commands it called.
    private func carryOut(_ one: Case, cutBefore cut: Int?) async throws -> Int {
        let bench = try ScriptBench(.system)
        try Self.installCommands(on: bench)
        try one.prepare(bench)
        let comment: Comment = "\(one.script), cut before command \(cut ?? 0)"
        try bench.directory.write("0\n", to: "count")
        try bench.directory.write("\(cut ?? 0)\n", to: "cut")
        let first = try await bench.run(one.script, arguments: ["apply"] + one.arguments(bench))
        #expect(first.status == (cut == nil ? 0 : 128 + 9), "\(comment): \(first.text)")
        let count = Int(bench.directory.read("count")?.dropLast() ?? "") ?? 0
        try bench.directory.write("0\n", to: "cut")
        let asked = try await bench.run(one.script, arguments: ["check"] + one.arguments(bench))
        #expect(asked.status == 0 || asked.status == 3 && cut != nil, "\(comment): \(asked.text)")
        if asked.status == 3 {
            let again = try await bench.run(one.script, arguments: ["apply"] + one.arguments(bench))
            #expect(again.status == 0, "\(comment): \(again.text)")
            let verified = try await bench.run(one.script, arguments: ["check"] + one.arguments(bench))
            #expect(verified.status == 0, "\(comment): \(verified.text)")
        }
        one.expect(bench, comment)
        return count
    }

    // MARK: Commands

    /// Counts the commands, and cuts the power before the one of the number in `cut`: the script and all its children are one process group.
    private static let counting = #"""
        read n <"$S/count"; n=$((n + 1)); echo "$n" >"$S/count"
        read cut <"$S/cut"; [ "$cut" -ne "$n" ] || kill -KILL 0
        PATH=/usr/sbin:/usr/bin:/sbin:/bin
        """#

    private static func installCommands(on bench: ScriptBench) throws {
        for name in ["mv", "mkdir", "sync", "rm", "touch", "find"] { try bench.install(name, counting + "\nexec \(name) \"$@\"") }
        try bench.install("ssh-keygen", counting + "\nexec ssh-keygen \"$@\"")
        try bench.install("ssh-keyscan", counting + "\nfor a; do :; done; echo \"$a \(newKey)\"")
        try bench.install("qemu-img", counting + "\nfor a; do :; done; echo \"$*\" >\"$a\"")
        try bench.install("genisoimage", counting + "\necho \"$*\" >\"$3\"")
        try bench.install(
            "virsh",
            counting + "\n"
                + #"""
                case $1 in
                dominfo) [ -f "$S/domains/$2" ] ;;
                domstate) cat "$S/domains/$2" ;;
                metadata) cat "$S/domains/$2" ;;
                define) cp "$2" "$S/domain.new" && mv "$S/domain.new" "$S/domains/machine" ;;
                undefine) rm "$S/domains/$2" ;;
                esac
                """#)
    }

    private static let newKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJ"

    // MARK: Scripts

    private static let cases = [
        Case(
            script: "libvirt/domain",
            arguments: { ["present", "machine", $0.path("machine"), "2", $0.path("new.qcow2"), "f2"] },
            prepare: { bench in
                for name in ["user-data", "meta-data", "network-config"] {
                    try bench.directory.write(name, to: "machine/\(name)")
                }
                try bench.directory.write("shut off\nfingerprint='f2'\n", to: "machine/domain.xml")
                try bench.directory.write("shut off\nfingerprint='f1'\n", to: "domains/machine")
                try bench.directory.write("data", to: "machine/disk.qcow2")
                try bench.directory.write("old.qcow2\n", to: "machine/image")
                try bench.directory.write("older data", to: "machine/previous/disk.qcow2")
                try bench.directory.write("older.qcow2\n", to: "machine/previous/image")
                try bench.directory.write("", to: "new.qcow2")
            },
            expect: { bench, comment in
                #expect(bench.directory.read("machine/previous/disk.qcow2") == "data", comment)
                #expect(bench.directory.read("machine/previous/image") == "old.qcow2\n", comment)
                #expect(bench.directory.read("machine/disk.qcow2")?.contains("-b \(bench.path("new.qcow2"))") == true, comment)
                #expect(bench.directory.read("machine/image") == "new.qcow2\n", comment)
                #expect(bench.directory.read("domains/machine")?.contains("f2") == true, comment)
            }),
        Case(
            script: "libvirt/domain", arguments: { ["absent", "machine", $0.path("machine"), "2"] },
            prepare: { bench in
                try bench.directory.write("shut off\n", to: "domains/machine")
                try bench.directory.write("data", to: "machine/disk.qcow2")
            },
            expect: { bench, comment in
                #expect(!bench.directory.exists("machine") && !bench.directory.exists("domains/machine"), comment)
            }),
        Case(
            script: "libvirt/images", arguments: { [$0.path("lib/images/enm"), "used.qcow2"] },
            prepare: { bench in
                for name in ["used", "kept", "one", "two"] { try bench.directory.write("", to: "lib/images/enm/\(name).qcow2") }
                try bench.directory.write("kept.qcow2\n", to: "lib/instances/machine/previous/image")
            },
            expect: { bench, comment in
                #expect(bench.directory.names(in: "lib/images/enm") == ["kept.qcow2", "used.qcow2"], comment)
            }),
        Case(
            script: "kubernetes/host-key", arguments: { [$0.path("known/hosts"), "10.0.0.1", "10.0.0.2"] },
            prepare: { bench in
                let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH"
                try bench.directory.write("10.0.0.1 \(key)\n10.0.0.9 \(key)\n", to: "known/hosts")
            },
            expect: { bench, comment in
                let lines = (bench.directory.read("known/hosts") ?? "").split(separator: "\n")
                #expect(lines.filter { $0.hasPrefix("10.0.0.9 ") }.count == 1, comment)
                for address in ["10.0.0.1", "10.0.0.2"] {
                    #expect(lines.filter { $0.hasPrefix(address + " ") } == ["\(address) \(newKey)"], comment)
                }
            }),
        Case(
            script: "kubernetes/inventory", arguments: { [$0.path("inventory")] },
            prepare: { bench in
                for name in ["hosts", "group_vars/all", "known_hosts", "other"] {
                    try bench.directory.write("", to: "inventory/\(name)")
                }
            },
            expect: { bench, comment in
                #expect(bench.directory.names(in: "inventory") == ["group_vars", "other"], comment)
            }),
        Case(
            script: "kubernetes/csar", arguments: { ["absent", $0.path("app.csar"), $0.path("charts")] },
            prepare: { bench in
                for name in ["app.csar", "charts/a-1.tgz", "charts/b-1.tgz", "charts/other.tgz"] {
                    try bench.directory.write("", to: name)
                }
                try bench.directory.write("image x 00\nchart a-1.tgz 00\nchart b-1.tgz 00\n", to: "app.csar.imported")
            },
            expect: { bench, comment in
                #expect(bench.directory.names(in: "charts") == ["other.tgz"], comment)
                #expect(!bench.directory.exists("app.csar") && !bench.directory.exists("app.csar.imported"), comment)
            }),
    ]
}
