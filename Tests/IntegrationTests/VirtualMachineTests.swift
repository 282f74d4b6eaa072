import Foundation
import TestSupport
import Testing

/// The whole way with real virtual machines: libvirtd on every host boots them, ansible-playbook on the director joins them to a cluster.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("3"))
struct VirtualMachineTests {
    @Test(
        "An image upgrade that dies while a machine is replaced goes on: each playbook once, one node at a time",
        .timeLimit(.minutes(5)))
    func upgrade() async throws {
        let site = try await VirtualMachineSite()
        try await site.install()
        #expect(try await site.controller.hasNothingToDo())

        try await site.planUpgrade()
        let asked = try await site.controller.planner("preflight")
        #expect(asked.isSuccess && asked.output.contains("4 hosts asked"), "\(asked)")
        try await site.dieWhileReplacing(on: "svc-2")
        let status = try await site.controller.must("status")
        #expect(status.contains("interrupted: "), "\(status)")
        #expect(status.contains("Node svc-2  OUT OF SERVICE"), "\(status)")
        #expect(status.contains("interrupted in: replace virtual machine worker on svc-2"), "\(status)")
        let resumed = try await site.controller.planner("run_plan", "--resume")
        #expect(resumed.isSuccess, "\(resumed)")
        #expect(try await site.controller.hasNothingToDo())

        for guest in VirtualMachineSite.guests { #expect(try await site.imageVersion(of: guest) == "2.0", "\(guest.node)") }
        let runs = try await site.playbookRuns()
        #expect(runs.map(\.description).sorted() == VirtualMachineSite.expectedRuns.sorted())
        try await site.proveOneNodeAtATime(runs)

        try await site.removeWorker(from: "svc-3")
        #expect(try await site.lab.must("virsh", ["svc-3", "list", "--all", "--name"]).allSatisfy(\.isWhitespace))
        #expect(try await site.lab.must("virsh", ["svc-2", "list", "--name"]).contains("worker"))
        #expect(try await site.controller.hasNothingToDo())
    }

    @Test(
        "Before machines are made, a domain of somebody else, a missing bridge and an image that does not fit block; a libvirt that is silent too",
        .timeLimit(.minutes(1)))
    func preflight() async throws {
        let site = try await VirtualMachineSite()
        try await site.controller.must("create_plan")
        #expect(try await site.findings() == [])
        try await site.lab.shell(
            on: "svc-3",
            """
            printf '%s' '<domain type="qemu"><name>worker</name><memory unit="MiB">64</memory><os><type arch="x86_64" machine="pc">hvm</type></os></domain>' \
                >/tmp/foreign.xml && virsh -c qemu:///system define /tmp/foreign.xml
            ip link set br0 name br7
            """)
        // The image has 23 MB, and is not there yet.
        try await site.lab.shell(
            on: "svc-2",
            """
            cd /var/lib/libvirt && rm -rf images/planner
            fallocate -l $(($(df -Pk . | awk 'NR == 2 { print $4 }') - 8192))K filler
            """)
        try await site.lab.shell(
            on: "svc-1",
            "kill $(cat /run/libvirtd.pid) && while pidof libvirtd; do sleep 0.05; done; rm -f /run/libvirt/libvirt-sock*")
        let found = try await site.findings()
        #expect(
            Set(found) == [
                "blocker libvirt svc-1", "blocker disk-space svc-2", "blocker foreign-domain svc-3", "blocker bridge svc-3",
                "warning disk-space svc-2",
            ], "\(found)")
        try await site.lab.shell(on: "svc-3", "ip link set br7 name br0; virsh -c qemu:///system undefine worker")
        try await site.lab.shell(on: "svc-2", "rm /var/lib/libvirt/filler")
        try await site.lab.shell(on: "svc-1", "/usr/sbin/libvirtd -d")
        #expect(try await eventually { try await site.findings() == [] })
    }
}

/// models/lab in a lab of its own.
private struct VirtualMachineSite {
    struct Guest: Sendable {
        let host: String
        let role: String
        let address: String

        /// Its name in the cluster.
        var node: String { "\(host)-\(role)" }
    }

    /// One run of a playbook on the director, in seconds since 1970.
    struct PlaybookRun: CustomStringConvertible {
        let playbook: String
        let target: String
        let begin: Double
        var end = Double.infinity

        var description: String { "\(playbook) \(target)" }
    }

    static let guests = [
        Guest(host: "svc-1", role: "master", address: "10.77.0.101"),
        Guest(host: "svc-2", role: "worker", address: "10.77.0.102"),
        Guest(host: "svc-3", role: "worker", address: "10.77.0.103"),
    ]

    static let expectedRuns =
        ["install all"]
        + guests.flatMap { guest in
            ["drain_\(guest.role)_node", "delete_\(guest.role)_node", "upgrade_rejoin_\(guest.role)"].map {
                "\($0) \(guest.node)"
            }
        }

    let lab: Lab
    let controller: Controller
    private let newImage: String

    /// Declares the model, with the image and the director's key of this lab.
    init() async throws {
        lab = try #require(Lab.current)
        controller = try Controller(lab)
        let image = try await lab.must("image", ["1.0"]).trimmingCharacters(in: .whitespacesAndNewlines)
        newImage = try await lab.must("image", ["2.0"]).trimmingCharacters(in: .whitespacesAndNewlines)
        let key = try String(contentsOfFile: lab.state + "/director.pub", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try await controller.must("load", Lab.repository + "/models/lab/site.yaml")
        try await controller.must("update", "-p", "/software/images/node-image", "-o", "checksum=\(image)")
        for role in ["master", "worker"] {
            try await controller.must("update", "-p", "/software/services/\(role)/vm_ssh_keys/director", "-o", "ssh_key=\(key)")
        }
    }

    func install() async throws { try await planAndRun() }

    /// What hosts say before the plan is run: `SEVERITY KIND HOST`.
    func findings() async throws -> [String] {
        let asked = try await controller.planner("preflight", "--json")
        let document = try JSONSerialization.jsonObject(with: Data(asked.output.utf8)) as? [String: Any]
        let findings = try #require(document?["findings"] as? [[String: Any]], "\(asked)")
        return findings.map { finding in
            ["severity", "kind", "subject"].map { finding[$0] as? String ?? "" }.joined(separator: " ")
        }
    }

    private func planAndRun() async throws {
        try await controller.must("create_plan")
        try await controller.must("run_plan")
    }

    func planUpgrade() async throws {
        try await controller.must(
            "update", "-p", "/software/images/node-image", "-o", "source_uri=http://10.77.0.10/images/tiny-2.0.qcow2",
            "checksum=\(newImage)")
        try await controller.must("create_plan")
    }

    /// Kills the controller at the record that announces the replacement of the machine on the host.
    func dieWhileReplacing(on host: String) async throws {
        let lines = try await controller.must("show_plan", "--full").split(separator: "\n")
        let line = try #require(lines.first { $0.contains("  replace virtual machine") && $0.contains(" on \(host)") })
        let task = try #require(line.split(separator: " ").first)
        let run = try await controller.planner("run_plan", "--json") { running in
            let isBegun = try await eventually(within: .seconds(120)) {
                running.output.split(separator: "\n").contains { $0.contains("\"task_apply\"") && $0.contains("\"\(task)\"") }
            }
            guard isBegun else { throw TestFailure("the replacement was not begun:\n\(running.output)") }
            running.send(SIGKILL)
        }
        #expect(run.end == .killed(signal: Int(SIGKILL)), "\(run)")
    }

    func removeWorker(from host: String) async throws {
        try await controller.must(
            "update", "-p", "/deployments/lab/clusters/svc_cluster/services/worker", "-o", "node_list=svc-2", "active=1")
        try await controller.must(
            "update", "-p", "/software/services/worker/vm_network_interfaces/lab", "-o", "ipaddresses=10.77.0.102")
        try await planAndRun()
    }

    // MARK: What the hosts say

    func imageVersion(of guest: Guest) async throws -> String {
        try await lab.shell(
            on: "ms",
            """
            ssh -o UserKnownHostsFile=/opt/k8s-lab/inventory/known_hosts -o BatchMode=yes -i /root/.ssh/id_ed25519 \
            root@\(guest.address) cat /etc/image-version
            """
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func playbookRuns() async throws -> [PlaybookRun] {
        var runs: [PlaybookRun] = []
        for line in try await lab.shell(on: "ms", "cat /var/log/k8s-lab.log").split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words[3] == "begin" {
                runs.append(PlaybookRun(playbook: words[1], target: words[2], begin: try seconds(words[0])))
            } else if let last = runs.lastIndex(where: { $0.playbook == words[1] && $0.target == words[2] }) {
                runs[last].end = try seconds(words[0])
            }
        }
        return runs
    }

    /// A node is out of service from the begin of its drain to the end of its rejoin; libvirt stops its machine once, in between.
    func proveOneNodeAtATime(_ runs: [PlaybookRun]) async throws {
        var outages: [(begin: Double, end: Double)] = []
        for guest in VirtualMachineSite.guests {
            let drain = try #require(runs.first { $0.description == "drain_\(guest.role)_node \(guest.node)" })
            let rejoin = try #require(runs.first { $0.description == "upgrade_rejoin_\(guest.role) \(guest.node)" })
            outages.append((drain.begin, rejoin.end))
            let log = try await lab.shell(on: guest.host, "cat /var/log/libvirt/qemu/\(guest.role).log")
            let stops = log.split(separator: "\n").filter { $0.contains(": shutting down") }
            #expect(stops.count == 1, "\(guest.node): \(stops)")
            for stop in stops {
                let time = try seconds(String(stop.prefix { $0 != "+" }).replacing(" ", with: "T"))
                #expect(drain.begin < time && time < rejoin.end, "\(guest.node)")
            }
        }
        outages.sort { $0.begin < $1.begin }
        for (earlier, later) in zip(outages, outages.dropFirst()) {
            #expect(earlier.end <= later.begin, "never two nodes out of service")
        }
    }

    /// Seconds since 1970 of a UTC time such as 2026-11-21T17:00:00.123Z.
    private func seconds(_ text: String) throws -> Double {
        let plain = text.prefix { $0 != "Z" && $0 != "+" }
        let parts = plain.split(separator: ".")
        let whole = try Date(String(parts[0]) + "Z", strategy: .iso8601)
        return whole.timeIntervalSince1970 + (parts.count > 1 ? Double("0." + parts[1]) ?? 0 : 0)
    }
}
