import ArgumentParser
import Model
import Service

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show items of the model, with their state.",
        discussion: """
            States: Initial (declared, not applied), Applied, Updated (differs from what was applied), ForRemoval (applied, no longer \
            declared). A value with [*] is inherited. With --state, --type or --match, the items that match are shown, at the path and \
            anywhere below it.

              planner show -p /deployments -r -l             every path below /deployments
              planner show -p /ms -r -n 2 -T                 two levels, as a tree
              planner show --state Initial,Updated -l        what the next plan is about
              planner show --type vm-service --match worker  in a path or a value
              planner show -p /software/images/node -o checksum
            """)

    @Option(name: .shortAndLong, help: "The item or collection.")
    var path = ItemPath.root

    @Flag(name: .shortAndLong, help: "Also everything below it.")
    var recursive = false

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("With -r: this many levels below it.", valueName: "levels"))
    var depth: Int?

    @Flag(name: [.customShort("l"), .long], help: "Only paths, one a line.")
    var list = false

    @Flag(name: [.customShort("T"), .long], help: "Only ids, as a tree.")
    var tree = false

    @Flag(
        name: [.customShort("L"), .customLong("complete")],
        help: "Only paths, for completion: collections end in a slash, items in their type.")
    var complete = false

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("Only the value of this property.", valueName: "property"))
    var option: String?

    @Option(
        name: .customLong("state"),
        help: ArgumentHelp(
            "Only items in these states: Initial,Applied,Updated,ForRemoval.",
            discussion: "With anything else, the state directory, as in all commands; it may be given beside the states.",
            valueName: "states|directory"))
    var stateWords: [String] = []

    @Option(help: "Only items of this type, and of types that extend it.")
    var type: String?

    @Option(help: ArgumentHelp("Only items with this in their path, in a property or in a value.", valueName: "text"))
    var match: String?

    @OptionGroup var output: JSONOptions

    private func filter() throws -> ItemFilter {
        ItemFilter(states: try StateWords(stateWords).states, type: type, text: match)
    }

    func validate() throws {
        let forms = [("-l", list), ("-T", tree), ("-L", complete), ("-o", option != nil)].filter(\.1).map(\.0)
        guard forms.count < 2 else { throw ValidationError("\(forms.joined(separator: " and ")) exclude each other") }
        let isFiltered = try !filter().isEmpty
        if let depth {
            guard recursive || isFiltered else { throw ValidationError("-n needs -r") }
            guard depth >= 1 else { throw ValidationError("-n is 1 or more") }
        }
        if option != nil, isFiltered { throw ValidationError("-o shows one item: -p names it, without a filter") }
    }

    /// How many levels are shown: LITP's short forms list the children even without `-r`.
    private func levels() throws -> Int? {
        if try recursive || !filter().isEmpty { return depth }
        return list || tree || complete ? 1 : 0
    }

    func run() throws {
        let site = try SiteOptions.site(at: StateWords(stateWords).directory)
        if let option { return try show(option, of: site) }
        let places = try site.show(Site.ShowQuery(path, depth: levels(), filter: filter()))
        if output.json { return Output.standard.line(JSONOutput.document(places.map(JSONPlace.init))) }
        let isFiltered = try !filter().isEmpty
        if places.isEmpty { Output.errors.line("planner: no item matches") }
        let text = ShowText(style: Style(usesColor: Output.standard.usesColor), width: Output.standard.cutWidth)
        if list {
            Output.standard.write(text.list(places))
        } else if tree {
            Output.standard.write(recursive || isFiltered ? text.tree(places) : text.list(places))
        } else if complete {
            Output.standard.write(text.completions(places, empty: site.emptyCollections))
        } else {
            Output.standard.write(text.long(places, withChildren: !recursive && !isFiltered))
        }
    }

    /// The bare value, for scripts.
    private func show(_ option: String, of site: Site) throws {
        let place = try site.show(Site.ShowQuery(path)).first
        guard let value = place?.item?[option] else {
            let near = NearestWord.to(option, among: place?.item.map { $0.properties.keys.sorted() } ?? [])
            throw ServiceError.model(
                ModelError(
                    Diagnostic(
                        .invalidProperty, "property '\(option)' is not set", path: path, property: option,
                        nextStep: near.map { "did you mean '\($0)'?" })))
        }
        if output.json { return Output.standard.line(JSONOutput.text(of: [option: value])) }
        Output.standard.line(value.text)
    }
}

/// The words behind `--state` of `show`: LITP's states, or the state directory that all commands take.
struct StateWords {
    private(set) var states: Set<ItemState> = []
    private(set) var directory: String?

    init(_ words: [String]) throws {
        for word in words {
            let parts = word.split(separator: ",", omittingEmptySubsequences: true).map(String.init)
            let found = parts.map { part in ItemState.allCases.first { $0.rawValue.lowercased() == part.lowercased() } }
            if !parts.isEmpty, !found.contains(nil) {
                states.formUnion(found.compactMap { $0 })
                continue
            }
            if let wrong = zip(parts, found).first(where: { $1 == nil })?.0, !word.contains("/") {
                let names = ItemState.allCases.map(\.rawValue)
                let near = NearestWord.to(wrong, among: names)
                // A slip in the name of a state must not make a new, empty state directory.
                if near != nil || parts.count > 1 {
                    throw ValidationError(
                        "there is no state '\(wrong)'; " + (near.map { "did you mean '\($0)'?" } ?? names.joined(separator: ", "))
                    )
                }
            }
            guard directory == nil else { throw ValidationError("--state names two directories: \(directory ?? "") and \(word)") }
            directory = word
        }
    }
}
