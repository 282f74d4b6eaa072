import ArgumentParser
import Formats
import Model
import TestSupport
import Testing

@testable import PlannerCommandLine

@Suite("Lines of scripts and of a shell")
struct ScriptGrammarTests {
    /// Words that options are made of, right and wrong.
    private static let words = [
        "-p", "/a", "/b/", "a", "-t", "x", "-o", "a=1", "b=2 3", "c=", "--path", "--path=/b", "-p=/c", "-jo", "-j", "--json",
        "--options=d=4", "--options", "-d", "x,y", "--delete=z", "-s", "/s", "--source=/s", "--type=t", "bogus", "-x", "--tpye",
        "--", "-", "", "-o=e=5", "--json=1", "-tp", "-op", "x=-1", "-1",
    ]

    @Test("A line of a script and a command line mean the same, or are both refused", arguments: 0..<40)
    func same(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            guard let command = ModelCommand.allCases.randomElement(using: &random) else { continue }
            var words = command == .inherit ? ["-p", "/a", "-s", "/s"] : ["-p", "/a"]
            if Int.random(in: 0..<6, using: &random) == 0 { words = [] }
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                words.append(ScriptGrammarTests.words.randomElement(using: &random) ?? "")
            }
            let quoted = words.map { "'\($0)'" }.joined(separator: " ")
            let script = CommandScript(Array("litp \(command.rawValue) \(quoted)".utf8), name: "s.sh")
            #expect(
                script.steps.first.map { describe($0.edit) } == parsed(command, words),
                "seed \(seed): \(command) \(words) \(script.errors.map(\.summary))")
        }
    }

    /// What the argument parser makes of the words; nil when it refuses them.
    private func parsed(_ command: ModelCommand, _ words: [String]) -> String? {
        // A refusal is an answer here.
        switch command {
        case .create: (try? CreateCommand.parse(words).edit()).map(describe)
        case .inherit: (try? InheritCommand.parse(words).edit()).map(describe)
        case .update: (try? UpdateCommand.parse(words).edit()).map(describe)
        case .remove: (try? RemoveCommand.parse(words).edit()).map(describe)
        }
    }

    private func describe(_ edit: ModelEdit) -> String {
        func values(_ properties: [String: WrittenValue]) -> String {
            properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }.joined(separator: " ")
        }
        return switch edit {
        case .create(let item): "create \(item.path) \(item.type ?? "-") \(item.source ?? "-") \(values(item.properties))"
        case .update(let path, let properties, let deleted): "update \(path) \(values(properties)) \(deleted)"
        case .remove(let path): "remove \(path)"
        }
    }
}

@Suite("Called as litp")
struct InvocationTests {
    @Test("The name of the program decides, wherever it lies")
    func name() {
        #expect(Invocation(["/usr/bin/litp", "version"]).isLITP)
        #expect(Invocation(["litp"]).isLITP)
        #expect(!Invocation(["/opt/litp/planner", "version"]).isLITP)
    }

    @Test("How LITP's server is reached is passed over with a warning that shows no password")
    func connection() {
        let invocation = Invocation(["litp", "--url=https://x", "-u", "me", "-P", "secret", "show", "-p", "/"])
        #expect(invocation.arguments == ["show", "-p", "/"])
        #expect(invocation.warnings.count == 3)
        #expect(!invocation.warnings.joined().contains("secret"))
        #expect(Invocation(["planner", "-u", "me", "show"]).arguments == ["-u", "me", "show"])
        #expect(Invocation(["litp", "-u"]).arguments == [])
    }

    @Test("Without names, --no-lock-tasks is of all clusters")
    func noLockTasksOfAll() throws {
        let invocation = Invocation(["planner", "create_plan", "--no-lock-tasks", "-j"])
        let command = try #require(try PlannerCommand.parseAsRoot(invocation.arguments) as? CreatePlanCommand)
        #expect(command.locking.unlockedClusters == [])
        let named = try #require(
            try PlannerCommand.parseAsRoot(["create_plan", "--no-lock-tasks", "c1", "c2"]) as? CreatePlanCommand)
        #expect(named.locking.unlockedClusters == ["c1", "c2"])
        #expect(try (PlannerCommand.parseAsRoot(["create_plan"]) as? CreatePlanCommand)?.locking.unlockedClusters == nil)
    }

    @Test("Options of LITP that mean nothing here are passed over with the reason")
    func options() {
        let invocation = Invocation(["litp", "create_plan", "--no-lock-tasks", "c1", "c2", "--initial-lock-tasks", "-j"])
        #expect(invocation.arguments == ["create_plan", "--no-lock-tasks", "c1", "c2", "--initial-lock-tasks", "-j"])
        #expect(invocation.warnings.isEmpty)
        #expect(Invocation(["litp", "show_plan", "-a"]).arguments == ["show_plan", "-a"])
        #expect(Invocation(["planner", "show_plan", "-a"]).arguments == ["show_plan", "-a"])
    }

    @Test("Commands that only LITP has, and commands that nobody has, say what to do instead")
    func missing() {
        #expect(Invocation(["litp", "create_snapshot"]).missing?.status == .failure)
        #expect(Invocation(["planner", "create_snapshot"]).missing?.status == .wrongArguments)
        #expect(Invocation(["planner", "craete"]).missing?.nextStep == "did you mean 'create'?")
        #expect(Invocation(["planner", "help", "create"]).missing == nil)
        #expect(Invocation(["planner", "--version"]).missing == nil)
        #expect(Invocation(["planner"]).missing == nil)
    }

    @Test("Exit statuses are those of LITP under its name, and Planner's own under its own")
    func statuses() {
        let litp = Invocation(["litp", "status"])
        #expect([0, 1, 2, 3, 4, 5, 9, 64, 130].map(litp.status) == [0, 1, 2, 1, 1, 1, 1, 2, 130])
        let planner = Invocation(["planner", "status"])
        #expect([0, 1, 2, 3, 64].map(planner.status) == [0, 1, 2, 3, 64])
    }

    @Test("Texts name the command by the name of the call")
    func words() {
        let text = "planner create_plan makes one; planner is a word; see planner --help\n  planner: error"
        #expect(
            Invocation(["litp", "status"]).worded(text)
                == "litp create_plan makes one; planner is a word; see litp --help\n  planner: error")
        #expect(Invocation(["planner", "status"]).worded(text) == text)
    }
}

@Suite("States and directories behind --state")
struct StateWordsTests {
    @Test("Names of states are a filter, in any case; anything else is the state directory")
    func words() throws {
        let words = try StateWords(["Initial,updated", "/var/lib/site"])
        #expect(words.states == [.initial, .updated])
        #expect(words.directory == "/var/lib/site")
        #expect(try StateWords(["site"]).directory == "site")
    }

    @Test("A slip in a state is not taken for a directory", arguments: ["Intial", "Initial,Applid", "updatd"])
    func slips(_ word: String) { #expect(throws: ValidationError.self) { try StateWords([word]) } }

    @Test("Two directories are refused")
    func twoDirectories() { #expect(throws: ValidationError.self) { try StateWords(["a1", "b1"]) } }

    @Test(
        "Forms of show that exclude each other are refused",
        arguments: [
            ["-l", "-T"], ["-L", "-l"], ["-o", "x", "-T"], ["-n", "1"], ["-r", "-n", "0"], ["-o", "x", "--type", "y"],
        ])
    func forms(_ arguments: [String]) { #expect(throws: (any Error).self) { try ShowCommand.parse(arguments) } }

    @Test("A depth goes with -r, or with a filter", arguments: [["-r", "-n", "1"], ["--type", "x", "-n", "2"]])
    func depth(_ arguments: [String]) throws { _ = try ShowCommand.parse(arguments) }
}
