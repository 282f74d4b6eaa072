import Foundation
import TestSupport
import Testing

/// Plans on hosts that are reached through others, as the model or the SSH configuration says.
@Suite(.enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "3"))
struct JumpHostRunTests {
    /// A site of two nodes: `svc-1`, and a second one whose `ssh` is given. Its file tells from where it was logged in.
    private func site(_ ssh: String) -> String {
        """
        deployments:
          d:
            clusters:
              c:
                type: cluster
                nodes:
                  gate: { hostname: svc-1, ssh: { address: 10.77.0.11 } }
                  behind:
                    hostname: svc-2
                    ssh: { \(ssh) }
                    configs:
                      f:
                        type: managed-file
                        path: /srv/jump/file
                        content: "\(ssh.count)"
                        restart_command: 'echo ${SSH_CLIENT%% *} >/srv/jump/from'

        """
    }

    private func run(_ ssh: String, on lab: Lab, _ options: [String] = []) async throws -> (Controller, Finished) {
        let controller = try Controller(lab)
        try controller.directory.write(site(ssh), to: "site.yaml")
        try await controller.must("load", "--replace", controller.directory.path + "/site.yaml")
        try await controller.must("create_plan")
        return (controller, try await controller.planner(["run_plan"] + options))
    }

    @Test("A plan reaches a host through another managed host, and a command line of its own through the SSH configuration")
    func jumps() async throws {
        let lab = try #require(Lab.current)
        let (_, through) = try await run("address: 10.77.0.12, jump: [/deployments/d/clusters/c/nodes/gate]", on: lab)
        #expect(through.isSuccess, "\(through)")
        #expect(try await lab.shell(on: "svc-2", "cat /srv/jump/from") == "10.77.0.11\n")

        let directory = try TemporaryDirectory()
        let configuration = directory.path + "/config"
        try directory.write("Host db\n  HostName 10.77.0.12\n  ProxyJump 10.77.0.13\nHost *\n  User root\n", to: "config")
        let (_, configured) = try await run("address: db", on: lab, ["--ssh-config", configuration])
        #expect(configured.isSuccess, "\(configured)")
        #expect(try await lab.shell(on: "svc-2", "cat /srv/jump/from") == "10.77.0.13\n")

        try directory.write("Host db\n  HostName 10.77.0.12\n  ProxyCommand nc %h %p\n", to: "config")
        let (_, refused) = try await run("address: db", on: lab, ["--ssh-config", configuration])
        #expect(refused.end == .exited(8), "\(refused)")
        #expect("\(refused)".contains("ProxyCommand") && "\(refused)".contains("jump"), "\(refused)")
    }

    @Test("A jump host that cannot be reached is named by the failure of the host behind it")
    func unreachable() async throws {
        let lab = try #require(Lab.current)
        let (_, failed) = try await run(
            "address: 10.77.0.12, port: 22, jump: [10.77.0.11:2]", on: lab, ["--connect-timeout", "2"])
        #expect(failed.end == .exited(8), "\(failed)")
        #expect("\(failed)".contains("jump host root@10.77.0.11:2: nothing listens on port 2"), "\(failed)")
    }
}
