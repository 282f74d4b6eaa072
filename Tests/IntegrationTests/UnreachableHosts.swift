import Foundation
import Testing

/// Hosts that cannot be reached to begin with: told by class, nothing is touched, and once it is repaired, resume comes to the end.
enum UnreachableHosts {
    static let cases = [
        HostCase("a host whose cable is pulled is unreachable") { bench in
            try await refuses(bench, "unreachable", { _, lab in try await lab.must("cut", [bench.host]) }) { lab in
                try await lab.must("heal", [bench.host])
            }
        },
        HostCase("a host on which sshd does not listen is unreachable") { bench in
            try await refuses(bench, "unreachable", { _, lab in try await lab.must("sshd", [bench.host, "stop"]) }) { lab in
                try await lab.must("sshd", [bench.host, "start"])
            }
        },
        HostCase("an unknown host key is refused, and trusted once it is in known_hosts") { bench in
            try await refuses(bench, "host-key") { controller, _ in
                try controller.directory.write("", to: "known_hosts")
                controller.knownHosts = controller.directory.path + "/known_hosts"
            }
        },
        HostCase("a changed host key is refused") { bench in
            try await refuses(bench, "host-key") { controller, lab in
                let known = try String(contentsOfFile: lab.state + "/known_hosts", encoding: .utf8)
                let other = try #require(
                    known.split(separator: "\n").first { $0.contains(",svc-1 ") }?.split(separator: " ", maxSplits: 1).last)
                try controller.directory.write("\(Fleet.address(of: bench.host)) \(other)\n", to: "known_hosts")
                controller.knownHosts = controller.directory.path + "/known_hosts"
            }
        },
        HostCase("a key that the host does not accept is told as a refused login") { bench in
            try await refuses(bench, "authentication") { controller, _ in
                controller.identity = controller.directory.path + "/wrong"
                let words = ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", controller.identity]
                let made = try await LocalProcess.run(words)
                #expect(made.isSuccess, "\(made)")
            }
        },
    ]

    /// Runs a plan in a bad state of things: it fails with the class and touches nothing; repaired, it is resumed to its end.
    private static func refuses(
        _ bench: Bench, _ failureClass: String, _ harm: (inout Controller, Lab) async throws -> Void,
        repair: (Lab) async throws -> Void = { _ in }
    ) async throws {
        try await bench.controller.loadAndPlan(bench.fleet.model("version 1"))
        var harmed = bench.controller
        try await harm(&harmed, bench.lab)
        let run = try await harmed.planner("run_plan", "--json", "--connect-timeout", "2")
        #expect(run.end == .exited(8), "\(run)")
        #expect(run.output.contains("\"class\":\"\(failureClass)\""), "\(run)")
        let status = try await bench.controller.must("status")
        #expect(status.contains("Node \(bench.host)") && status.contains("Next   planner run_plan --resume"), "\(status)")
        #expect(try await bench.verbs().isEmpty)
        try await repair(bench.lab)
        try await bench.resumeAndProve()
    }
}
