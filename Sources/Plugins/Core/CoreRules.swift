import Model
import PluginKit

/// The rules of the base tree over several items (`reference/engine.md` 1.12).
///
/// Every rule is linear in the items that it is about: a site of 100,000 items is checked in the time of one look at each.
struct CoreRules {
    let tree: ResolvedTree
    var found: [Diagnostic] = []
    /// How many suggestions may still be looked for: each costs a look at every name that could be meant.
    private var suggestionsLeft = 20

    /// What is wrong, and what is dangerous, in the order of the rules and of the tree.
    static func diagnostics(in tree: ResolvedTree) -> [Diagnostic] {
        var rules = CoreRules(tree: tree)
        rules.checkNames()
        for cluster in tree.items(ofType: BaseType.cluster) { rules.checkServices(of: cluster) }
        rules.checkClusters()
        rules.checkInterfaces()
        rules.checkFiles()
        rules.checkJumps()
        return rules.found
    }

    private init(tree: ResolvedTree) { self.tree = tree }

    // MARK: Names that must be unique

    private mutating func checkNames() {
        let hosts = tree.items(ofType: BaseType.managementServer) + tree.items(ofType: BaseType.node)
        reportDuplicates(among: hosts, by: "hostname", rule: "host names are unique, whatever their case") { $0.lowercased() }
        reportDuplicates(among: tree.items(ofType: BaseType.network), by: "name", rule: "network names are unique")
    }

    /// Each item whose value another has already, and which that is.
    private mutating func reportDuplicates(
        among items: [ResolvedItem], by property: String, rule: String, key: (String) -> String = { $0 }
    ) {
        var owners: [String: ItemPath] = [:]
        for item in items {
            guard let text = item[property]?.text else { continue }
            let name = key(text)
            guard let owner = owners[name] else {
                owners[name] = item.path
                continue
            }
            found.append(tree.breach(by: item, property, "\(property) '\(text)' is used already, by \(owner)", rule: rule))
        }
    }

    // MARK: Clustered services

    private mutating func checkServices(of cluster: ResolvedItem) {
        let services = tree.children(of: cluster.path.appending("services"))
        guard !services.isEmpty else { return }
        let nodes = Names(tree.childNames(of: cluster.path.appending("nodes")))
        let siblings = Names(services.map { String($0.path.name) })
        for service in services { check(service, nodes: nodes, siblings: siblings) }
        reportDuplicates(among: services, by: "name", rule: "names of clustered services are unique in a cluster")
        reportCycles(among: services, "clustered services wait for each other")
    }

    private mutating func check(_ service: ResolvedItem, nodes: Names, siblings: Names) {
        let before = found.count
        let listed = service.list("node_list")
        reportUnknown(listed, among: nodes, of: service, property: "node_list", "names a node that is not in the cluster")
        reportRepeated(listed, of: service, property: "node_list")
        checkDependencies(of: service, among: siblings, "names no other clustered service of the cluster")
        let wanted = (service.integer("active") ?? 0) + (service.integer("standby") ?? 0)
        guard found.count == before, wanted != listed.count, listed.allSatisfy({ Placeholder.token(of: $0) == nil }) else {
            return
        }
        found.append(
            tree.breach(
                by: service, "node_list", "\(listed.count) nodes carry a service of \(wanted) instances",
                rule: "active + standby is the number of nodes in node_list"))
    }

    // MARK: Clusters

    private mutating func checkClusters() {
        let clusters = tree.items(ofType: BaseType.cluster)
        var names: [ItemPath: Names] = [:]
        for cluster in clusters {
            guard let collection = cluster.path.parent else { continue }
            let siblings = names[collection] ?? Names(tree.childNames(of: collection))
            names[collection] = siblings
            checkDependencies(of: cluster, among: siblings, "names no other cluster of the deployment")
            checkRolling(of: cluster)
        }
        reportCycles(among: clusters, "clusters wait for each other")
    }

    // MARK: Dependencies

    mutating func checkDependencies(of item: ResolvedItem, among siblings: Names, _ summary: String) {
        let dependencies = item.list("dependency_list")
        guard !dependencies.isEmpty else { return }
        reportUnknown(
            dependencies, among: siblings, besides: String(item.path.name), of: item, property: "dependency_list", summary)
        reportRepeated(dependencies, of: item, property: "dependency_list")
        guard dependencies.contains(String(item.path.name)) else { return }
        found.append(
            tree.breach(
                by: item, "dependency_list", "dependency_list names the item itself", value: String(item.path.name),
                rule: "nothing can wait for itself"))
    }

    /// One error for each group of siblings that wait for each other, at its first member, with a shortest way around. What waits for itself
    /// is told already.
    mutating func reportCycles(among items: [ResolvedItem], _ summary: String) {
        let byPath = Dictionary(items.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let cycles = Cycles.all(in: items.map(\.path)) { path in
            guard let collection = path.parent else { return [] }
            return (byPath[path]?.list("dependency_list") ?? []).map { collection.appending($0) }.filter { $0 != path }
        }
        for cycle in cycles {
            guard let first = cycle.first.flatMap({ byPath[$0] }) else { continue }
            found.append(
                tree.breach(
                    by: first, "dependency_list", summary, rule: cycle.map { String($0.name) }.joined(separator: " -> ")))
        }
    }

    // MARK: Hosts

    private mutating func checkInterfaces() {
        let interfaces = tree.items(ofType: "network-interface")
        guard !interfaces.isEmpty else { return }
        let networks = Names(tree.items(ofType: BaseType.network).map { $0.text("name") })
        for interface in interfaces {
            reportUnknown(
                [interface.text("network_name")], among: networks, of: interface, property: "network_name",
                "names a network that is not in the model")
        }
    }

    private mutating func checkFiles() {
        let files = tree.items(ofType: "managed-file")
        for file in files { checkInterpreter(of: file) }
        // In tree order the files of a host stand together.
        var start = 0
        while start < files.count {
            let host = files[start].path.parent
            let end = files[start...].firstIndex { $0.path.parent != host } ?? files.count
            if end - start > 1 {
                let files = Array(files[start..<end])
                reportDuplicates(among: files, by: "path", rule: "one item for a file of a host")
                warnOfEqualPrograms(among: files)
            }
            start = end
        }
    }

    /// A script with something before its `#!` is started by shells only (M54).
    private mutating func checkInterpreter(of file: ResolvedItem) {
        let content = file.text("content")
        guard let first = content.utf8.first, first != UInt8(ascii: "#"), first <= 32 else { return }
        guard content.drop(while: \.isWhitespace).hasPrefix("#!") else { return }
        found.append(
            tree.breach(
                by: file, "content", "there is something before '#!'", severity: .warning,
                rule: "'#!' counts at the first byte of a file only",
                nextStep: "let the content begin with it: 'content: |' and no blank line"))
    }

    /// Two programs of a host with one content: the one was pasted over the other (M64).
    private mutating func warnOfEqualPrograms(among files: [ResolvedItem]) {
        var owners: [String: ResolvedItem] = [:]
        for file in files where file.text("mode").utf8.contains(where: { ($0 - 48) & 1 == 1 }) {
            let content = file.text("content")
            guard !content.isEmpty, let other = owners.updateValue(file, forKey: content) else { continue }
            found.append(
                tree.breach(
                    by: file, "content", "\(file.path.name) has the content of \(other.path.name)", severity: .warning,
                    rule: "two programs of one host differ"))
        }
    }

    // MARK: Diagnostics

    mutating func add(_ problem: Diagnostic) { found.append(problem) }

    /// Names that may be referred to.
    struct Names {
        let ordered: [String]
        let known: Set<String>

        init(_ names: [String]) {
            ordered = names
            known = Set(names)
        }

        /// All of a few, the first and last of many.
        func text(besides own: String?) -> String {
            let count = ordered.count - (own.map { known.contains($0) ? 1 : 0 } ?? 0)
            guard count > 0 else { return "there is none" }
            let others = ordered.lazy.filter { $0 != own }
            guard count > 6 else { return "one of " + others.joined(separator: ", ") }
            let last = ordered.last { $0 != own } ?? ""
            return "one of \(others.first ?? "") ... \(last) (\(count))"
        }
    }

    mutating func reportUnknown(
        _ names: [String], among candidates: Names, besides own: String? = nil, of item: ResolvedItem, property: String,
        _ summary: String
    ) {
        for name in names where !candidates.known.contains(name) {
            suggestionsLeft -= 1
            let suggestion = suggestionsLeft >= 0 ? NearestWord.to(name, among: candidates.ordered.filter { $0 != own }) : nil
            found.append(
                tree.breach(
                    by: item, property, "\(property) \(summary)", value: name, rule: candidates.text(besides: own),
                    nextStep: suggestion.map { "did you mean '\($0)'?" }))
        }
    }

    mutating func reportRepeated(_ names: [String], of item: ResolvedItem, property: String) {
        var seen: Set<String> = []
        var told: Set<String> = []
        for name in names where !seen.insert(name).inserted && told.insert(name).inserted {
            found.append(tree.breach(by: item, property, "\(property) names '\(name)' more than once", rule: "each once"))
        }
    }
}
