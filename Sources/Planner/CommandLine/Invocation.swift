import ArgumentParser
import Model

/// How the program was called. By the name `litp` (a symbolic link) it takes the arguments of LITP's command line and answers with its exit
/// statuses: 0, 1 for every error, 2 for wrong arguments (`reference/engine.md` 2.1).
struct Invocation {
    let isLITP: Bool
    /// What the parser of this program reads.
    private(set) var arguments: [String]
    /// What was passed over, for standard error.
    private(set) var warnings: [String] = []
    /// The command that is asked for, when this Planner does not have it.
    private(set) var missing: CommandFailure?

    /// - Parameter words: the arguments of the process, its own name first.
    init(_ words: [String]) {
        isLITP = words.first?.split(separator: "/").last == "litp"
        arguments = Array(words.dropFirst())
        if isLITP {
            passOverConnection()
            translateCommand()
        }
        if missing == nil { refuseUnknownCommand() }
        nameAllClusters()
    }

    /// `--no-lock-tasks` may stand without names, which the argument parser does not know.
    private mutating func nameAllClusters() {
        guard arguments.first == "create_plan", let index = arguments.firstIndex(of: "--no-lock-tasks") else { return }
        let next = arguments.dropFirst(index + 1).first
        if next?.hasPrefix("-") ?? true { arguments.insert(LockOptions.all, at: index + 1) }
    }

    /// The argument parser says of an unknown command only that it is one argument too many.
    private mutating func refuseUnknownCommand() {
        guard let command = arguments.first, !command.hasPrefix("-"), command != "help" else { return }
        let names = Invocation.commands
        guard !names.contains(command) else { return }
        let near = NearestWord.to(command, among: names)
        missing = CommandFailure(
            headline: "there is no command '\(command)'",
            nextStep: near.map { "did you mean '\($0)'?" } ?? "planner --help lists the commands", status: .wrongArguments)
    }

    // MARK: Arguments of LITP

    /// How LITP's server is reached: options before the command.
    private mutating func passOverConnection() {
        while let name = arguments.first?.split(separator: "=").first,
            ["--url", "-u", "--username", "-P", "--password"].contains(name)
        {
            warnings.append("\(name) is passed over: there is no server to log in to")
            let takesNext = arguments[0].count == name.count
            arguments.removeFirst(min(arguments.count, takesNext ? 2 : 1))
        }
    }

    private mutating func translateCommand() {
        guard let command = arguments.first, let advice = Invocation.missingCommands[command] else { return }
        missing = CommandFailure(headline: "this Planner has no '\(command)'", nextStep: advice)
    }

    private static let missingCommands = [
        "create_reboot_plan": "planner create_plan makes plans for what is declared",
        "create_snapshot": "planner export -f FILE keeps the model; hosts are not copied",
        "remove_snapshot": "there are no snapshots",
        "restore_snapshot": "planner restore_model brings back the model that was applied",
        "prepare_restore": "planner restore_model brings back the model that was applied",
        "upgrade": "load the new model; planner create_plan plans the upgrade",
        "import": "images and packages are declared with their sources",
        "import_iso": "images and packages are declared with their sources",
        "debug": "planner show_plan --task ID shows what a task does",
    ]

    // MARK: Answers

    /// The words of this program, as somebody reads them who has called it by another name.
    func worded(_ text: String) -> String {
        guard isLITP else { return text }
        var parts = text.components(separatedByWord: "planner ")
        for index in parts.indices.dropFirst() {
            let isCommand = Invocation.commandNames.contains { name in
                parts[index].hasPrefix(name)
                    && parts[index].dropFirst(name.count).first.map { !$0.isLetter && $0 != "_" } ?? true
            }
            parts[index] = (isCommand ? "litp " : "planner ") + parts[index]
        }
        return parts.joined()
    }

    private static let commands = PlannerCommand.configuration.groupedSubcommands.flatMap(\.subcommands)
        .compactMap { $0.configuration.commandName }

    /// What can stand behind the name of the program in its own texts.
    private static let commandNames = commands + ["help", "--help", "<subcommand>"]

    /// The same of a command that has answered: LITP shows an invalid plan without calling it an error.
    func answerStatus(_ status: Int32) -> Int32 {
        isLITP && status == ExitStatus.planNotRunnable.rawValue ? 0 : self.status(status)
    }

    /// The exit status under the name of the call.
    func status(_ status: Int32) -> Int32 {
        guard isLITP else { return status }
        switch status {
        case 0, ExitStatus.hasChanges.rawValue, ExitStatus.interrupted.rawValue: return status
        case ExitStatus.wrongArguments.rawValue: return 2
        default: return 1
        }
    }
}

extension String {
    /// The text cut at each occurrence of `word`.
    fileprivate func components(separatedByWord word: String) -> [String] {
        split(separator: word, omittingEmptySubsequences: false).map(String.init)
    }
}
