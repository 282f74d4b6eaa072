import ArgumentParser
import Model
import Planning
import Service
import TestSupport
import Testing

@testable import PlannerCommandLine

@Suite("Exit status")
struct ExitStatusTests {
    @Test(
        "Each error has the status that --help names",
        arguments: [
            (ServiceError.noPlan, 9), (.stalePlan(id: "1", reasons: ["x"]), 4), (.wrongState("x", nextStep: "y"), 4),
            (.runActive(holder: "me"), 5), (.store(message: "x", nextStep: nil), 1),
            (.connection(message: "x", nextStep: nil), 1),
            (.secretsMissing(ModelError(Diagnostic(.credentialsNotFound, "x"))), 4),
            (.model(ModelError(Diagnostic(.validation, "x"))), 1), (.planning(.clusterCycle([])), 1),
        ] as [(ServiceError, Int32)])
    func statuses(_ error: ServiceError, _ status: Int32) throws {
        let failure = try #require(CommandFailure(error))
        #expect(failure.status.rawValue == status)
        #expect(PlannerCommand.helpMessage().contains("\(status) "))
    }

    @Test("Errors of the argument parser are said by it")
    func parser() { #expect(CommandFailure(ValidationError("x")) == nil) }

    @Test("A failure for programs is one line with its status")
    func json() throws {
        let failure = try #require(CommandFailure(ServiceError.noPlan))
        #expect(
            failure.text(asJSON: true)
                == #"{"diagnostics":[],"error":"there is no plan","exit":9,"nextStep":"planner create_plan makes one"}"# + "\n")
        #expect(failure.text(asJSON: false) == "planner: there is no plan\n    planner create_plan makes one\n")
    }

    @Test("Errors of a model are counted after they are said")
    func count() throws {
        let failure = try #require(CommandFailure(ModelError([Diagnostic(.validation, "a"), Diagnostic(.validation, "b")])))
        #expect(
            failure.text(asJSON: false)
                == "error: a  [ValidationError]\nerror: b  [ValidationError]\nplanner: 2 errors; nothing was changed\n")
    }
}

@Suite("Command lines")
struct CommandParsingTests {
    private func values(_ arguments: String...) throws -> [String: WrittenValue] {
        guard case .create(let written) = try CreateCommand.parse(["-p", "/a"] + arguments).edit() else { return [:] }
        return written.properties
    }

    @Test("Properties are given one or several to an option")
    func properties() throws {
        #expect(try values("-o", "a=1", "b=x=y", "-o", "c=") == ["a": .scalar("1"), "b": .scalar("x=y"), "c": .scalar("")])
        #expect(try values("--options", "a=1,2") == ["a": .scalar("1,2")])
    }

    @Test(
        "What is no property, and what is given twice, is refused",
        arguments: [["-o", "a"], ["-o", "=1"], ["-o", "a=1", "a=2"], ["-p", "/b"], ["-t", "x", "-t", "y"]])
    func refused(_ arguments: [String]) throws {
        #expect(throws: (any Error).self) { try CreateCommand.parse(["-p", "/a"] + arguments) }
    }

    @Test("A path may end in a slash, but not those of inherit")
    func slashes() throws {
        #expect(try CreateCommand.parse(["-p", "/a/"]).edit().path.text == "/a")
        #expect(throws: (any Error).self) { try InheritCommand.parse(["-p", "/a/", "-s", "/b"]) }
        #expect(throws: (any Error).self) { try InheritCommand.parse(["-p", "/a", "-s", "/b/"]) }
        #expect(throws: (any Error).self) { try CreateCommand.parse(["-p", "a"]) }
    }

    @Test("Names to delete stand behind commas or blanks, and are not set at the same time")
    func deletions() throws {
        guard case .update(_, _, let deleted) = try UpdateCommand.parse(["-p", "/a", "-d", "x,y", "z", "-d", "x"]).edit()
        else { return }
        #expect(deleted == ["x", "y", "z"])
        #expect(throws: (any Error).self) { try UpdateCommand.parse(["-p", "/a", "-d", "x", "-o", "x=1"]) }
        #expect(throws: (any Error).self) { try UpdateCommand.parse(["-p", "/a"]) }
    }

    private static let commands = [
        "load", "export", "create", "inherit", "update", "remove", "run_script", "restore_model", "show", "diff", "create_plan",
        "show_plan", "run_plan", "stop_plan",
        "remove_plan", "plan_history", "status", "attach", "logs", "history", "report", "unlock", "reset_run",
    ]

    @Test("Every command is in the help, and its own help says what it does and where the site is", arguments: commands)
    func help(_ name: String) throws {
        #expect(PlannerCommand.helpMessage().contains(name))
        let command = try #require(
            PlannerCommand.configuration.groupedSubcommands.flatMap(\.subcommands).first { $0.configuration.commandName == name })
        let help = PlannerCommand.helpMessage(for: command)
        #expect(!command.configuration.abstract.isEmpty)
        #expect(help.contains("--state <directory>") || help.contains("--state <states|directory>"))
    }

    @Test("A value among the arguments is refused, and not repeated", arguments: [["crypt", "set", "db", "hunter2"]])
    func secretArgument(_ words: [String]) throws {
        do {
            _ = try PlannerCommand.parseAsRoot(words)
            Issue.record("it was taken")
        } catch {
            let message = PlannerCommand.fullMessage(for: error)
            #expect(message.contains("list of processes"))
            #expect(!message.contains("hunter2"))
            #expect(PlannerCommand.exitCode(for: error) == .validationFailure)
        }
    }

    @Test("Commands for secrets say what they do and where the site is", arguments: ["set", "delete", "list"])
    func cryptHelp(_ name: String) throws {
        let command = try #require(CryptCommand.configuration.subcommands.first { $0.configuration.commandName == name })
        #expect(CryptCommand.helpMessage().contains(command.configuration.abstract.prefix(40)))
        #expect(CryptCommand.helpMessage(for: command).contains("--state <directory>"))
    }

    @Test(
        "Options that a command has are in its help",
        arguments: [
            ("load", ["-p", "-f", "--merge", "--replace", "--format", "--json"]), ("export", ["-p", "-f", "--format"]),
            ("schema", ["-f", "--format"]), ("create_plan", ["--exit-code", "--max-replace", "--preflight", "--json"]),
            ("preflight", ["--identity", "--known-hosts", "--connect-timeout", "--json"]),
            (
                "show_plan",
                [
                    "--summary", "--full", "-a", "--node", "--phase", "--task", "--diff", "--graph", "--html", "--plan",
                    "--exit-code",
                    "--against",
                    "-j",
                ]
            ), ("plan_history", ["--limit", "-j"]),
            (
                "run_plan",
                ["--resume", "--preflight", "--detach", "-v", "--progress", "--color", "--heartbeat", "--identity", "--json"]
            ),
            ("attach", ["--since", "--progress", "--json"]), ("logs", ["-f", "--plan", "--attempt", "--since", "--json"]),
            ("history", ["--limit", "--since", "--json"]), ("report", ["--html", "--plan"]),
            ("unlock", ["--record-only", "--force", "--why", "--json"]), ("reset_run", ["--why", "--json"]),
            ("stop_plan", ["--now", "--json"]), ("status", ["--watch", "--json"]), ("show", ["--json"]),
            ("create", ["-p", "-t", "-o", "-j"]), ("inherit", ["-p", "-s", "-o", "-j"]),
            ("update", ["-p", "-o", "-d", "-j"]), ("remove", ["-p", "--dry-run", "-j"]),
            ("diff", ["-p", "--full", "--exit-code", "-j"]), ("restore_model", ["--dry-run", "-j"]),
            ("run_script", ["--dry-run", "-j"]), ("load", ["-j"]), ("export", ["-j"]), ("version", ["-a"]),
            ("show", ["-p", "-r", "-n", "-l", "-T", "-L", "-o", "--state", "--type", "--match"]),
        ])
    func options(_ name: String, _ options: [String]) throws {
        let command = try #require(
            PlannerCommand.configuration.groupedSubcommands.flatMap(\.subcommands).first { $0.configuration.commandName == name })
        let help = PlannerCommand.helpMessage(for: command)
        for option in options { #expect(help.contains(option), "\(option)") }
    }

    @Test("A plan that is refused has a status of its own, and one that is not there names what was meant")
    func refusals() throws {
        let refused = try #require(CommandFailure(ServiceError.refused("too much", [], nextStep: nil)))
        #expect(refused.text(asJSON: false) == "planner: too much; nothing was changed\n")
        #expect(refused.status.rawValue == 7)
        let unknown = try #require(CommandFailure(ServiceError.unknownPlan("9491f29", near: "9491f295")))
        #expect(unknown.text(asJSON: false) == "planner: there is no plan '9491f29'\n    did you mean '9491f295'?\n")
        #expect(unknown.status == .noPlan)
    }

    @Test("show_plan shows one thing at a time, and says which were asked for")
    func oneLevel() throws {
        for words in [[], ["--summary"], ["--node", "n1", "--plan", "5fdb"], ["-a", "-j"]] {
            _ = try ShowPlanCommand.parse(words)
        }
        do {
            _ = try ShowPlanCommand.parse(["--full", "--phase", "3"])
            Issue.record("it was taken")
        } catch {
            #expect(ShowPlanCommand.fullMessage(for: error).contains("--full and --phase"))
        }
    }

    @Test("How a run is shown is what is asked for, and --json wins")
    func progress() throws {
        for mode in [ProgressMode.tty, .plain, .json, .quiet] {
            #expect(try RunPlanCommand.parse(["--progress", mode.rawValue]).progress.mode == mode)
        }
        #expect(try AttachCommand.parse(["--progress", "tty", "--json"]).progress.mode == .json)
        #expect(throws: (any Error).self) { try RunPlanCommand.parse(["--heartbeat", "-1"]) }
        #expect(try RunPlanCommand.parse(["--color", "never"]).progress.style.usesColor == false)
        #expect(try RunPlanCommand.parse(["--color", "always"]).progress.style.usesColor)
    }

    @Test("The name of a file says its form, and --format wins")
    func formats() throws {
        for (name, format) in [("a.xml", ModelFormat.xml), ("A.XML", .xml), ("a.yaml", .yaml), ("x/a.yml", .yaml)] {
            #expect(ModelFormat(fileName: name) == format, "\(name)")
        }
        #expect(ModelFormat(fileName: "site/") == nil)
        #expect(throws: (any Error).self) { try LoadCommand.parse(["-p", "/software", "a.yaml"]) }
        #expect(throws: (any Error).self) { try LoadCommand.parse(["a.xml", "b.xml"]) }
        #expect(throws: (any Error).self) { try LoadCommand.parse(["--merge", "--replace", "a.xml"]) }
        #expect(try LoadCommand.parse(["-p", "/software", "--format", "xml", "a.txt"]).path.text == "/software")
    }

    @Test("A schema needs no site")
    func schema() throws {
        let directory = try TemporaryDirectory()
        for (name, beginning) in [("a.json", "{"), ("a.xsd", "<?xml")] {
            let command = try SchemaCommand.parse(["-f", directory.path + "/" + name])
            try command.run()
            #expect(directory.read(name)?.hasPrefix(beginning) == true, "\(name)")
        }
        #expect(directory.names(in: "") == ["a.json", "a.xsd"])
    }
}
