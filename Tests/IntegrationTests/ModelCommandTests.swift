import Foundation
import TestSupport
import Testing

/// The commands of the model as processes, under both names of the program. Needs no host.
@Suite struct ModelCommandTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/litp", withDestinationPath: Controller.program)
    }

    private var environment: [String: String] { ["PLANNER_STATE": directory.path + "/state", "HOME": directory.path] }

    private func planner(_ words: String...) async throws -> Finished {
        try await LocalProcess.run([Controller.program] + words, environment: environment)
    }

    private func litp(_ words: String...) async throws -> Finished {
        try await LocalProcess.run([directory.path + "/litp"] + words, environment: environment)
    }

    private func scriptFile(_ bytes: [UInt8]) throws -> String {
        let file = directory.path + "/script.sh"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    @Test("A symbolic link named litp takes LITP's arguments and gives LITP's exit statuses")
    func litpLink() async throws {
        let network = "/infrastructure/networking/networks/lan"
        let created = try await litp(
            "--url", "https://ms", "-u", "admin", "-P", "hidden", "create", "-t", "network", "-p", network + "/", "-o",
            "name=lan",
            "subnet=10.0.0.0/24")
        #expect(created.isSuccess, "\(created)")
        #expect(created.output == "")
        #expect(created.errors.contains("litp: warning: --url is passed over"))
        #expect(!created.errors.contains("hidden"))
        #expect(try await litp("show", "-p", network, "-o", "subnet").output == "10.0.0.0/24\n")
        #expect(try await litp("update", "-p", network, "-d", "subnet").isSuccess)
        let refused = try await litp("show", "-p", network, "-o", "subnet")
        #expect(refused.end == .exited(1))
        #expect(refused.errors.contains("InvalidPropertyError"))
        #expect(try await litp("show_plan").end == .exited(1))
        #expect(try await litp("show_plan").errors.contains("litp create_plan makes one"))
        #expect(try await planner("show_plan").end == .exited(9))
        #expect(try await litp("create", "-t", "network").end == .exited(2))
        #expect(try await planner("create", "-t", "network").end == .exited(64))
        #expect(try await litp("create", "--help").output.contains("USAGE: litp create -p PATH"))
        #expect(try await litp("version").output.hasPrefix("planner "))
        #expect(try await litp("create_plan", "--no-lock-tasks", "c1").errors.contains("c1 is not a cluster"))
        #expect(try await litp("create_plan", "--no-lock-tasks", "--initial-lock-tasks").isSuccess)
        #expect(try await litp("create_snapshot").end == .exited(1))
        #expect(try await litp("remove", "-p", network).output == "")
    }

    @Test("A script that was cut off, or is no text, is refused with a place and status 1, and nothing of it is stored")
    func brokenScripts() async throws {
        #expect(try await planner("create", "-p", "/software").isSuccess)
        let before = try await planner("export").output
        let whole = "litp create -t network -p /infrastructure/networking/networks/a -o 'name=a b' \\\n  subnet=\"10.0.0.0/24\"\n"
        let line = "litp create -t network -p /infrastructure/networking/networks/x -o name=x\n"
        var scripts = [
            Array((line + "litp 'x").utf8), Array((line + "litp remove -p /a\0").utf8), Array(line.utf8) + [0xC3, 0x28],
            Array(line.replacing("\n", with: "\r\n").utf8), Array((line + String(repeating: "y", count: 1 << 22)).utf8),
            Array((line + "litp create -p /x -o a=$(id)").utf8),
        ]
        for length in stride(from: 6, to: whole.utf8.count - 2, by: 9) {
            scripts.append(Array((line + line + whole.prefix(length)).utf8))
        }
        for script in scripts {
            let result = try await planner("run_script", try scriptFile(script))
            #expect(result.end == .exited(1), "\(result)")
            #expect(result.errors.contains(#/script.sh:\d+:\d+: error: /#), "\(result.errors.prefix(500))")
            #expect(result.errors.utf8.count < 4000)
        }
        #expect(try await planner("export").output == before)
    }

    @Test("Changes, differences and removals are JSON where it is asked for")
    func json() async throws {
        let network = "/infrastructure/networking/networks/lan"
        func object(_ result: Finished) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any], "\(result)")
        }
        let created = try object(try await planner("create", "-t", "network", "-p", network, "-o", "name=lan", "-j"))
        #expect(created["added"] as? [String] == ["/infrastructure", "/infrastructure/networking", network])
        let updated = try object(try await planner("update", "-p", network, "-o", "subnet=10.0.0.0/24", "--json"))
        #expect(updated["changed"] as? [String] == [network])
        let trial = try object(try await planner("remove", "-p", network, "--dry-run", "-j"))
        #expect((trial["wouldRemove"] as? [[String: Any]])?.count == 1)
        let difference = try await planner("diff", "-j", "--exit-code")
        #expect(difference.end == .exited(2))
        #expect((try object(difference)["items"] as? [Any])?.count == 3)
        #expect(try object(try await planner("export", "-j"))["text"] as? String != nil)
        let removed = try object(try await planner("remove", "-p", network, "-j"))
        #expect(removed["removed"] as? [String] == [network])
        let failed = try await planner("remove", "-p", network, "-j")
        #expect(failed.end == .exited(1))
        #expect(failed.errors.contains("\"InvalidLocationError\""))
    }

    @Test("What docs/model-commands.md shows is what happens")
    func document() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/model-commands.md"), encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/planner", withDestinationPath: Controller.program)
        var count = 0
        for example in DocumentExample.all(in: text) {
            switch example {
            case .file(let name, let content): try directory.write(content, to: name)
            case .command(let command, let output):
                let result = try await LocalProcess.run(
                    ["/bin/sh", "-c", "cd \(directory.path) && PATH=.:$PATH && { \(command)\n} 2>&1"], environment: environment)
                #expect(result.output == output, "$ \(command)")
                count += 1
            }
        }
        #expect(count > 15)
    }
}

/// What a document shows: a file (a block whose first line is `# name`), or a command with all that it prints.
enum DocumentExample {
    case file(name: String, content: String)
    case command(String, output: String)

    static func all(in document: String) -> [DocumentExample] {
        var examples: [DocumentExample] = []
        for block in document.split(separator: "\n```").map(String.init) {
            if block.hasPrefix("console\n") {
                examples += commands(in: block.dropFirst("console\n".count))
            } else if let found = block.prefixMatch(of: #/(yaml|sh)\n# (\S+)\n/#) {
                examples.append(.file(name: String(found.2), content: String(block[found.range.upperBound...]) + "\n"))
            }
        }
        return examples
    }

    /// `$ command`, lines that end in a backslash joined, and its output up to the next command.
    private static func commands(in block: Substring) -> [DocumentExample] {
        var examples: [DocumentExample] = []
        var command: String?
        var output = ""
        for line in block.split(separator: "\n", omittingEmptySubsequences: false) {
            if let begun = command, begun.hasSuffix("\\"), output.isEmpty {
                command = begun + "\n" + line
            } else if line.hasPrefix("$ ") {
                if let command { examples.append(.command(command, output: output)) }
                command = String(line.dropFirst(2))
                output = ""
            } else {
                output += line + "\n"
            }
        }
        if let command { examples.append(.command(command, output: output)) }
        return examples
    }
}
