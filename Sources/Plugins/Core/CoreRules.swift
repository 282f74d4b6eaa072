import Model
import PluginKit

/// The rules of the base tree over several items (`reference/engine.md` 1.12).
enum CoreRules {
    static func errors(in tree: ResolvedTree) -> [Diagnostic] {
        uniqueHostnames(in: tree) + uniqueNetworks(in: tree) + uniqueManagedPaths(in: tree)
            + tree.items(ofType: BaseType.clusteredService).flatMap { serviceErrors(of: $0, in: tree) }
            + tree.items(ofType: BaseType.cluster).flatMap { clusterErrors(of: $0, in: tree) }
            + interfaceErrors(in: tree)
    }

    // MARK: Single items

    /// What a managed file holds is said once, and a secret is only for those whom it concerns.
    static func contentBreach(of file: ResolvedItem) -> ItemRule.Breach? {
        switch (file["content"], file["secret_content"]) {
        case (nil, nil):
            ItemRule.Breach(
                property: "content", rule: "required property 'content' is not set, and 'secret_content' is not either",
                identifier: .missingRequiredProperty)
        case (.some, .some):
            ItemRule.Breach(property: "secret_content", rule: "'content' and 'secret_content' exclude each other")
        case (nil, .some) where (Int(file.text("mode"), radix: 8) ?? 0) & 0o007 != 0:
            ItemRule.Breach(
                property: "mode",
                rule: "a file with 'secret_content' is not for everybody: a mode that ends in 0, such as \"0600\"")
        default: nil
        }
    }

    // MARK: Names that must be unique

    private static func uniqueHostnames(in tree: ResolvedTree) -> [Diagnostic] {
        let hosts = tree.items(ofType: BaseType.managementServer) + tree.items(ofType: BaseType.node)
        return duplicates(among: hosts, by: "hostname", rule: "host names are unique, whatever their case") {
            $0.lowercased()
        }
    }

    private static func uniqueNetworks(in tree: ResolvedTree) -> [Diagnostic] {
        duplicates(among: tree.items(ofType: BaseType.network), by: "name", rule: "network names are unique") { $0 }
    }

    private static func uniqueManagedPaths(in tree: ResolvedTree) -> [Diagnostic] {
        let files = Dictionary(grouping: tree.items(ofType: "managed-file")) { $0.path.parent }
        return files.values.flatMap { duplicates(among: $0, by: "path", rule: "one item for a file of a host") { $0 } }
    }

    private static func duplicates(
        among items: [ResolvedItem], by property: String, rule: String, key: (String) -> String
    ) -> [Diagnostic] {
        Dictionary(grouping: items) { key($0.text(property)) }.values.filter { $0.count > 1 }.flatMap { same in
            same.dropFirst().map { item in
                error(
                    item, property, "\(property) '\(item.text(property))' is used already, by \(same[0].path)", rule: rule)
            }
        }
    }

    // MARK: References

    private static func serviceErrors(of service: ResolvedItem, in tree: ResolvedTree) -> [Diagnostic] {
        guard let cluster = service.path.parent?.parent else { return [] }
        let nodes = tree.childNames(of: cluster.appending("nodes"))
        let listed = service.list("node_list")
        var errors = unknown(
            listed, among: nodes, of: service, property: "node_list", summary: "names a node that is not in the cluster")
        errors += repeated(listed, of: service, property: "node_list")
        let siblings = tree.childNames(of: cluster.appending("services"))
        let dependencies = service.list("dependency_list")
        errors += unknown(
            dependencies, among: siblings.filter { $0 != service.path.name }, of: service, property: "dependency_list",
            summary: "names no other clustered service of the cluster")
        let wanted = (service.integer("active") ?? 0) + (service.integer("standby") ?? 0)
        if errors.isEmpty, wanted != listed.count {
            errors.append(
                error(
                    service, "node_list", "\(listed.count) nodes carry a service of \(wanted) instances",
                    rule: "active + standby is the number of nodes in node_list"))
        }
        return errors
    }

    private static func clusterErrors(of cluster: ResolvedItem, in tree: ResolvedTree) -> [Diagnostic] {
        guard let collection = cluster.path.parent else { return [] }
        let siblings = tree.childNames(of: collection)
        let services = tree.children(of: cluster.path.appending("services"))
        return unknown(
            cluster.list("dependency_list"), among: siblings.filter { $0 != cluster.path.name }, of: cluster,
            property: "dependency_list", summary: "names no other cluster of the deployment")
            + repeated(cluster.list("dependency_list"), of: cluster, property: "dependency_list")
            + cycle(from: cluster, in: tree)
            + duplicates(among: services, by: "name", rule: "names of clustered services are unique in a cluster") { $0 }
    }

    /// The cycle that leads from a cluster back to it, reported at its first member only.
    private static func cycle(from cluster: ResolvedItem, in tree: ResolvedTree) -> [Diagnostic] {
        guard let collection = cluster.path.parent else { return [] }
        var paths = [[cluster.path]]
        var seen: Set<ItemPath> = []
        while let path = paths.popLast() {
            guard let last = path.last, let item = tree[last] else { continue }
            for name in item.list("dependency_list") {
                let next = collection.appending(name)
                if next == cluster.path {
                    guard cluster.path == path.min(), path.count > 1 else { return [] }
                    let names = (path + [next]).map { String($0.name) }
                    return [
                        error(
                            cluster, "dependency_list", "clusters wait for each other",
                            rule: names.joined(separator: " -> "))
                    ]
                }
                if seen.insert(next).inserted { paths.append(path + [next]) }
            }
        }
        return []
    }

    private static func interfaceErrors(in tree: ResolvedTree) -> [Diagnostic] {
        let networks = tree.items(ofType: BaseType.network).map { $0.text("name") }
        return tree.items(ofType: "network-interface").flatMap { interface in
            unknown(
                [interface.text("network_name")], among: networks, of: interface, property: "network_name",
                summary: "names a network that is not in the model")
        }
    }

    // MARK: Diagnostics

    private static func unknown(
        _ names: [String], among known: [String], of item: ResolvedItem, property: String, summary: String
    ) -> [Diagnostic] {
        names.filter { !known.contains($0) }.map { name in
            var problem = error(
                item, property, "\(property) \(summary)",
                rule: known.isEmpty ? "there is none" : "one of " + abbreviated(known))
            problem.value = name
            problem.nextStep = NearestWord.to(name, among: known).map { "did you mean '\($0)'?" }
            return problem
        }
    }

    private static func repeated(_ names: [String], of item: ResolvedItem, property: String) -> [Diagnostic] {
        Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted().map {
            error(item, property, "\(property) names '\($0)' more than once", rule: "each once")
        }
    }

    private static func abbreviated(_ names: [String]) -> String {
        names.count <= 6 ? names.joined(separator: ", ") : "\(names[0]) ... \(names[names.count - 1]) (\(names.count))"
    }

    private static func error(_ item: ResolvedItem, _ property: String, _ summary: String, rule: String) -> Diagnostic {
        Diagnostic(
            .validation, summary, path: item.path, property: property, value: item.text(property), rule: rule,
            place: item.declaration?.place(of: property))
    }
}
