import CorePlugin
import Foundation
import Model
import PluginKit
import PluginTesting
import TaskKit
import Testing

@Suite("Tasks that operators declare")
struct TaskItemTests {
    private func bench(_ configs: String...) throws -> PluginBench {
        var bench = try PluginBench()
        try bench.declare(model(configs))
        return bench
    }

    private func model(_ configs: [String]) -> String {
        "ms:\n  hostname: boss\n  ssh: { address: 10.0.0.1 }\n"
            + (configs.isEmpty ? "" : "  configs:\n" + configs.map { "    \($0)\n" }.joined())
    }

    /// What is wrong with a model of these items.
    private func problems(_ configs: String...) throws -> [String] {
        var bench = try PluginBench()
        do {
            try bench.declare(model(configs))
            return []
        } catch {
            return error.diagnostics.map { "\($0.summary) \($0.rule ?? "")" }
        }
    }

    @Test("A command is run again only when it changes, and undone when it is gone")
    func command() throws {
        var bench = try bench(
            "x: { type: command, apply_command: make it, creates: /made, undo_command: unmake it, idle_limit: 7 }")
        #expect(try bench.plan() == ["MS: run 'make it' on boss"])
        #expect(
            try bench.preview(of: "run 'make it' on boss")
                == ["check  test -e /made", "apply  make it", "limit  5 min, or 7 s without output"])
        try bench.apply()
        // A limit is nothing on a host.
        try bench.declare(
            model(["x: { type: command, apply_command: make it, creates: /made, undo_command: unmake it, limit: 9 }"]))
        #expect(try bench.plan() == [])
        try bench.declare(model([]))
        #expect(try bench.plan() == ["MS: run 'unmake it' on boss"])
        try bench.apply()
        #expect(try bench.plan() == [])
    }

    @Test("What comes after another item of the host comes after it")
    func order() throws {
        let bench = try bench(
            "a: { type: wait-for, port: 443, interval: 2, limit: 60, after: [b] }",
            "b: { type: playbook, directory: /p, playbook: site.yml, inventory: hosts, hosts: [n1, n2], tags: [x], variables: [a=b c], after: [c] }",
            "c: { type: fetched-file, url: 'http://h/x', sha256: \(String(repeating: "0F", count: 32)), path: /x, source: /local/x, tries: 7 }",
            "d: { type: wait-for, file: /run/ready, after: [a] }")
        #expect(
            try bench.plan() == [
                "MS: fetch /x to boss", "MS: run playbook site.yml on boss", "MS: wait for 127.0.0.1:443 on boss",
                "MS: wait for /run/ready on boss",
            ])
        #expect(
            try bench.preview(of: "run playbook site.yml on boss").contains(
                "apply  cd /p && ansible-playbook -i hosts --limit n1,n2 --tags x -e 'a=b c' site.yml"))
        #expect(try bench.preview(of: "wait for /run/ready on boss").contains("every  5 s  limit 5 min"))
        #expect(try bench.tasks().first?.retries?.tries == 7)
        #expect(try bench.unhandled().isEmpty)
    }

    @Test("What cannot be meant is refused")
    func mistakes() throws {
        #expect(
            try problems("x: { type: command, apply_command: a, creates: /a, check_command: b }").first?.contains(
                "exclude each other") == true)
        #expect(try problems("x: { type: wait-for, port: 1, file: /a }").first?.contains("exactly one of") == true)
        #expect(try problems("x: { type: wait-for, file: /a, address: h }").first?.contains("'address' needs 'port'") == true)
        #expect(
            try problems("x: { type: wait-for, file: /a, after: [y] }").first?.contains("'y' is no other item of /ms/configs")
                == true)
        #expect(try problems("x: { type: wait-for, file: /a, after: [x] }").count == 1)
        #expect(try problems("x: { type: playbook, directory: /p, playbook: p.yml, variables: [9a=b] }").count == 1)
        #expect(
            try problems("x: { type: fetched-file, url: 'file:///x', sha256: \(String(repeating: "0", count: 64)), path: /x }")
                .count == 1)
    }

    // MARK: Templates

    private func template(_ text: String) -> String {
        "x: { type: managed-file, path: /x, template: true, content: \"\(text)\" }"
    }

    @Test("A template gets the properties of its host and of any item; a change of one is the reason for its task")
    func template() throws {
        var bench = try bench(template(#"{{hostname}} {{ ssh/port }} {{/ms/ssh/address}} \\{{x}} {% if %}\n"#))
        #expect(try bench.preview(of: "write /x on boss").contains("  | boss 22 10.0.0.1 {{x}} {% if %}"))
        try bench.apply()
        try bench.declare(model([template("{{ssh/address}}")]))
        try bench.apply()
        try bench.declare(model([template("{{ssh/address}}")]).replacingOccurrences(of: "10.0.0.1", with: "10.0.0.2"))
        let ssh = ItemPath.root.appending("ms").appending("ssh")
        #expect(try bench.tasks().map(\.reasons) == [[.changed(ssh, property: "address", old: "10.0.0.1", new: "10.0.0.2")]])
    }

    @Test("Without 'template' a text is left as it is")
    func plain() throws {
        let bench = try bench("x: { type: managed-file, path: /x, content: '{{nothing}}' }")
        #expect(try bench.preview(of: "write /x on boss").contains("  | {{nothing}}"))
    }

    @Test(
        "A place that names nothing is an error with its line and column",
        arguments: [
            (
                "one\\n  {{hostnam}}",
                "{{hostnam}} in line 2, column 3 names the property 'hostnam', which /ms does not have; did you mean 'hostname'?"
            ),
            ("{{nodes/x}}", "{{nodes/x}} in line 1, column 1 names the item /ms/nodes, which is not there"),
            ("{{}}", "{{}} in line 1, column 1 is not the name of one property"),
            ("{{ hostname port }}", "{{ hostname port }} in line 1, column 1 is not the name of one property"),
            ("{{ hostname", "{{ in line 1, column 1 has no '}}' on its line"),
            ("{{../x}}", "{{../x}} in line 1, column 1 names no item"),
        ])
    func strict(_ text: String, _ problem: String) throws {
        let found = try problems(template(text))
        #expect(found.first?.hasPrefix(problem) == true, "\(found)")
    }
}
