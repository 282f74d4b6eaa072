import ArgumentParser
import Formats
import Model
import Service

/// A command that changes one item. Its options mean the same here and in a line of a script: ``ModelCommand`` says what.
protocol EditCommand: ParsableCommand {
    static var command: ModelCommand { get }
    /// What was given for each option.
    var words: [ModelOption: [String]] { get }
    var output: JSONOptions { get }
}

extension EditCommand {
    /// - Throws: `ValidationError` in the words that a script gets.
    func edit() throws -> ModelEdit {
        do {
            return try Self.command.edit(words.mapValues { $0.map { CommandWord($0) } })
        } catch {
            throw ValidationError(error.summary + (error.nextStep.map { "\n    \($0)" } ?? ""))
        }
    }

    func validate() throws { _ = try edit() }

    /// Says what was changed to programs; people get no answer when all is well, as in LITP.
    func report(_ outcome: EditOutcome) {
        if output.json { return Output.standard.line(JSONOutput.document(JSONEdit(outcome))) }
        Output.errors.write(DiagnosticText.text(of: outcome.warnings))
    }
}

/// What a command that changes one item prints with `--json`.
struct JSONEdit: Encodable {
    let added: [ItemPath]
    let changed: [ItemPath]
    let removed: [ItemPath]
    let warnings: [Diagnostic]

    init(_ outcome: EditOutcome) {
        let changes = ModelChanges(outcome)
        added = changes.added
        changed = changes.changed
        removed = changes.removed
        warnings = outcome.warnings
    }
}

extension NameSpecification {
    /// The names that an option has in scripts too.
    static func of(_ option: ModelOption) -> NameSpecification { [.customShort(option.letter), .customLong(option.name)] }
}

struct CreateCommand: EditCommand {
    static let command = ModelCommand.create
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Declare an item.",
        usage: "planner create -p PATH [-t TYPE] [-o name=value ...]",
        discussion: """
              planner create -t network -p /infrastructure/networking/networks/lan -o name=lan
              planner create -p /deployments/site      the place admits one type only
            """)

    @Option(name: .of(.path), help: "Where the item is to stand.")
    var path: [String]

    @Option(name: .of(.type), help: "The item type; may be left out where only one can stand.")
    var type: [String] = []

    @OptionGroup var options: PropertyOptions
    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    var words: [ModelOption: [String]] { [.path: path, .type: type, .properties: options.properties] }

    func run() throws {
        guard case .create(let written) = try edit() else { return }
        report(try site.open().create(written))
    }
}

struct InheritCommand: EditCommand {
    static let command = ModelCommand.inherit
    static let configuration = CommandConfiguration(
        commandName: "inherit", abstract: "Declare an item that takes its values and children from another.",
        usage: "planner inherit -p PATH -s SOURCE [-o name=value ...]",
        discussion: "  planner inherit -p /ms/services/director -s /software/services/director")

    @Option(name: .of(.path), help: "Where the item is to stand.")
    var path: [String]

    @Option(name: .of(.source), help: "The item that it inherits from.")
    var source: [String]

    @OptionGroup var options: PropertyOptions
    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    var words: [ModelOption: [String]] { [.path: path, .source: source, .properties: options.properties] }

    func run() throws {
        guard case .create(let written) = try edit() else { return }
        report(try site.open().create(written))
    }
}

struct UpdateCommand: EditCommand {
    static let command = ModelCommand.update
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change properties of an item, or delete them.",
        usage: "planner update -p PATH [-o name=value ...] [-d name[,name] ...]",
        discussion: "  planner update -p /software/services/worker -o cpus=8 -d hostnames,internal_status_check")

    @Option(name: .of(.path), help: "The item.")
    var path: [String]

    @OptionGroup var options: PropertyOptions

    @Option(
        name: .of(.delete), parsing: .upToNextOption,
        help: ArgumentHelp("Properties that fall back to the source or the default.", valueName: "name[,name]"))
    var delete: [String] = []

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    var words: [ModelOption: [String]] { [.path: path, .properties: options.properties, .delete: delete] }

    func run() throws {
        guard case .update(let path, let properties, let deleted) = try edit() else { return }
        report(try site.open().update(path, properties: properties, deleting: deleted))
    }
}

struct RemoveCommand: EditCommand {
    static let command = ModelCommand.remove
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an item from the model, with everything below it and what inherits from it.",
        usage: "planner remove -p PATH [--dry-run]",
        discussion: """
            Nothing is taken away on any host until a plan has run.

              planner remove -p /software/services/worker --dry-run    what would go, and why
            """)

    @Option(name: .of(.path), help: "The item.")
    var path: [String]

    @Flag(help: "Only show what would be removed.")
    var dryRun = false

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    var words: [ModelOption: [String]] { [.path: path] }

    func run() throws {
        guard case .remove(let path) = try edit() else { return }
        let site = try site.open()
        if dryRun {
            let items = try site.removal(of: path)
            if output.json { return Output.standard.line(JSONOutput.document(["wouldRemove": items])) }
            return Output.standard.write(RemovalText.trial(items))
        }
        let outcome = try site.edit(.remove(path))
        report(outcome)
        if !output.json { Output.standard.write(RemovalText.done(outcome.removed, asked: path)) }
    }
}
