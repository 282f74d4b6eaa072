import Foundation
import TestSupport
import Testing

/// Whole plans on a host on which only an ordinary user may log in, and becomes root by a real sudo that asks for a password.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "2"))
struct BecomeRunTests {
    private static let password = "it's a canary-7f3a9c"

    private let lab: Lab
    private let controller: Controller
    /// On the host: only root may look into it.
    private let folder = "/srv/become-\(UInt32.random(in: 0...UInt32.max))"

    init() throws {
        lab = try #require(Lab.current)
        controller = try Controller(lab)
    }

    /// A user whose key is that of root, and who may become root with his password.
    private func addUser(_ host: String) async throws {
        let hash = try await LocalProcess.run(
            ["/usr/bin/openssl", "passwd", "-6", "-salt", "salt", Self.password], environment: [:])
        let script = """
            id deploy >/dev/null 2>&1 || useradd -m -s /bin/sh deploy
            usermod -p '\(hash.output.trimmingCharacters(in: .newlines))' deploy
            install -d -m 700 -o deploy -g deploy /home/deploy/.ssh
            install -m 600 -o deploy -g deploy /root/.ssh/authorized_keys /home/deploy/.ssh/authorized_keys
            printf '%s\\n' 'Defaults passwd_tries=1, !lecture, timestamp_timeout=0' 'deploy ALL=(ALL) ALL' >/etc/sudoers.d/deploy
            chmod 440 /etc/sudoers.d/deploy
            install -d -m 700 \(folder)
            """
        try await lab.shell(on: host, script)
    }

    private func setPassword(_ password: String) async throws {
        try controller.directory.write(password, to: "password")
        let words = [
            "/bin/sh", "-c", #""$1" crypt set deploy/sudo <"$2""#, "sh", Controller.program,
            controller.directory.path + "/password",
        ]
        let set = try await LocalProcess.run(words, environment: controller.environment)
        #expect(set.isSuccess, "\(set)")
        try controller.directory.remove("password")
    }

    private func model(_ host: String, _ configs: [String]) -> String {
        """
        deployments:
          d:
            clusters:
              c:
                nodes:
                  \(host):
                    hostname: \(host)
                    ssh: { address: \(Fleet.address(of: host)), user: deploy, become: sudo, become_password: { secret: deploy/sudo } }
                    configs:

        """ + configs.map { "                      \($0)\n" }.joined()
    }

    private func plan(_ text: String) async throws -> String {
        try controller.directory.write(text, to: "site.yaml")
        try await controller.must("load", "--replace", controller.directory.path + "/site.yaml")
        return try await controller.must("create_plan")
    }

    /// Where the password stands in the state directory, by file.
    private func leaks() throws -> [String] {
        let state = controller.state + "/"
        return try FileManager.default.subpathsOfDirectory(atPath: state).filter { name in
            let content = FileManager.default.contents(atPath: state + name) ?? Data()
            return content.range(of: Data("canary-7f3a9c".utf8)) != nil
        }
    }

    @Test(
        "A plan of a command, files, an upload and a playbook is carried out as root by a user who may only become it, is resumed after kill -9, and leaves the password nowhere",
        .timeLimit(.minutes(2)))
    func wholePlan() async throws {
        try await addUser("svc-1")
        try await setPassword(Self.password)
        let content = Array((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
        let blob = controller.directory.path + "/blob"
        try Data(content).write(to: URL(fileURLWithPath: blob))
        let digest = try await LocalProcess.run(["/usr/bin/sha256sum", blob], environment: [:]).output.prefix(64)
        let wait = "id -un >>\(folder)/who; echo waits for the gate; until [ -e \(folder)/gate ]; do sleep 0.05; done"
        let configs = [
            "text: { type: managed-file, path: \(folder)/text, content: secret of root, mode: \"0600\", owner: root:root, restart_command: \"id -un >\(folder)/restarted\" }",
            "blob: { type: uploaded-file, source: \(blob), path: \(folder)/deep/blob, mode: \"0640\", sha256: \(digest) }",
            "work: { type: command, apply_command: '\(wait)', check_command: 'test -e \(folder)/gate', after: [blob] }",
            "seen: { type: wait-for, file: \(folder)/who, interval: 1, limit: 30, after: [work] }",
            "book: { type: managed-file, path: \(folder)/p.yml, content: '[{hosts: localhost, gather_facts: false, tasks: [{name: mark, shell: \"id -un >\(folder)/played\"}]}]' }",
            "play: { type: playbook, directory: \(folder), playbook: p.yml, creates: \(folder)/played, after: [seen, book] }",
        ]
        _ = try await plan(model("svc-1", configs))
        let asked = try await controller.planner("preflight")
        #expect(asked.isSuccess && asked.output.contains("Nothing stands against the plan"), "\(asked)")

        let killed = try await controller.planner("run_plan") { running in
            try await running.says("start    1.")
            #expect(try await eventually { try await lab.shell(on: "svc-1", "cat \(folder)/who 2>/dev/null; true") == "root\n" })
            running.send(SIGKILL)
        }
        #expect(killed.end == .killed(signal: Int(SIGKILL)))
        try await lab.shell(on: "svc-1", ": >\(folder)/gate")
        let resumed = try await controller.planner("run_plan", "--resume")
        #expect(resumed.isSuccess, "\(resumed)")

        let found = try await lab.shell(
            on: "svc-1",
            "cd \(folder) && stat -c '%n %U:%G %a %s' text deep/blob && cat who restarted played && cat text && sha256sum <deep/blob"
        )
        #expect(
            found == """
                text root:root 600 14
                deep/blob root:root 640 300000
                root
                root
                root
                secret of root\(digest)  -

                """)
        // Long work is root's, not that of the user who logged in.
        #expect(try await lab.shell(on: "svc-1", "ls -d /var/lib/planner/runs/* | wc -l; ls -A /home/deploy").hasSuffix(".ssh\n"))
        #expect(try await controller.hasNothingToDo())
        #expect(try leaks() == [])
        let onHost = try await lab.shell(
            on: "svc-1", "grep -rl canary-7f3a9c /var/lib/planner /home/deploy /root /var/log \(folder) 2>/dev/null; true")
        #expect(onHost.isEmpty, "\(onHost)")

        // What is no longer declared is taken away the same way.
        _ = try await plan(model("svc-1", Array(configs.dropFirst())))
        let removed = try await controller.planner("run_plan")
        #expect(removed.isSuccess, "\(removed)")
        #expect(try await lab.shell(on: "svc-1", "ls \(folder)").contains("text") == false)
    }

    @Test("A wrong password is told before anything is run, and not taken for a host that is away", .timeLimit(.minutes(1)))
    func wrongPassword() async throws {
        try await addUser("svc-2")
        try await setPassword("something else")
        _ = try await plan(model("svc-2", ["text: { type: managed-file, path: \(folder)/text, content: x }"]))
        let asked = try await controller.planner("preflight")
        #expect(asked.end == .exited(8), "\(asked)")
        #expect(asked.output.contains("sudo does not take the password of deploy"), "\(asked)")
        #expect(asked.output.contains("do:   set become_password right: planner crypt set NAME"), "\(asked)")
        let run = try await controller.planner("run_plan", "--preflight")
        #expect(run.end == .exited(8) && run.output.contains("Nothing was run"), "\(run)")
        try await setPassword(Self.password)
        _ = try await plan(model("svc-2", ["text: { type: managed-file, path: \(folder)/text, content: x }"]))
        let right = try await controller.planner("run_plan", "--preflight")
        #expect(right.isSuccess, "\(right)")
        #expect(try await lab.shell(on: "svc-2", "stat -c %U \(folder)/text") == "root\n")
    }
}
