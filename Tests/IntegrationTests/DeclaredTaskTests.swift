import Foundation
import Testing

/// The kinds of tasks that operators declare, on a real host, and what a run tells of tries.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "2"))
struct DeclaredTaskTests {
    @Test(
        "A file of the controller, a template, a command, a gate and a playbook are done in their order, once, and a busy host is tried again",
        .timeLimit(.minutes(1)))
    func kinds() async throws {
        let bench = try await Bench("svc-1", applied: nil)
        let folder = bench.fleet.folder
        let node = try #require(bench.fleet.model("").nodes.first)
        // Larger than one packet of SFTP, and no text.
        let content = Array((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
        let blob = bench.controller.directory.path + "/blob"
        try Data(content).write(to: URL(fileURLWithPath: blob))
        let digest = try await LocalProcess.run(["/usr/bin/sha256sum", blob], environment: [:]).output.prefix(64)
        let busy = "echo try >>\(folder)/tries; [ $(wc -l <\(folder)/tries) -ge 2 ] || { echo another one is at work; exit 75; }"
        try bench.controller.directory.write(
            """
            deployments:
              d:
                clusters:
                  c:
                    nodes:
                      svc-1:
                        hostname: svc-1
                        ssh: { address: \(node.address), port: \(node.port) }
                        configs:
                          text: { type: managed-file, path: \(folder)/text, template: true, content: "{{hostname}} at {{ssh/address}}" }
                          blob: { type: uploaded-file, source: \(blob), path: \(folder)/deep/blob, mode: "0600", sha256: \(digest) }
                          busy: { type: command, apply_command: '\(busy)', after: [blob] }
                          gate: { type: wait-for, file: \(folder)/tries, interval: 1, limit: 30, after: [busy] }
                          play: { type: playbook, directory: \(folder), playbook: p.yml, variables: [where=\(folder)], creates: \(folder)/played, after: [gate, book] }
                          book: { type: managed-file, path: \(folder)/p.yml, content: '[{hosts: localhost, gather_facts: false, tasks: [{name: mark, command: "touch {{where}}/played"}]}]' }

            """, to: "site.yaml")
        try await bench.controller.must("load", "--replace", bench.controller.directory.path + "/site.yaml")
        try await bench.controller.must("create_plan")
        let run = try await bench.controller.planner("run_plan")
        #expect(run.isSuccess, "\(run)")
        #expect(run.output.contains("attempt 1: transient: "), "\(run)")
        #expect(try await bench.lab.shell(on: "svc-1", "cat \(folder)/text") == "svc-1 at \(node.address)")
        #expect(try await bench.lab.shell(on: "svc-1", "stat -c '%a %s' \(folder)/deep/blob").hasPrefix("600 300000"))
        #expect(try await bench.lab.shell(on: "svc-1", "wc -l <\(folder)/tries; ls \(folder)/played").hasPrefix("2\n"))
        #expect(try await bench.controller.hasNothingToDo())
    }
}
