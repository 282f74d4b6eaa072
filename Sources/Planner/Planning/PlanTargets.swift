package import Model
package import PluginKit

/// What a plan is limited to: items, nodes, clusters, each as the path of its item.
package struct PlanTargets: Hashable, Sendable {
    package var only: [ItemPath]
    package var excluded: [ItemPath]

    package init(only: [ItemPath] = [], excluded: [ItemPath] = []) {
        self.only = only
        self.excluded = excluded
    }

    package var isEmpty: Bool { only.isEmpty && excluded.isEmpty }
}

/// Understands what operators call things: the path of an item, the id or host name of a node, the id of a cluster.
package struct TargetNames {
    private let context: PlanningContext
    private var paths: [String: Set<ItemPath>] = [:]
    private var clusters: [String: Set<ItemPath>] = [:]

    /// - Complexity: O(nodes and clusters).
    package init(_ context: PlanningContext) {
        self.context = context
        for tree in [context.declared, context.applied] {
            for cluster in tree.items(ofType: BaseType.cluster) {
                clusters[String(cluster.path.name), default: []].insert(cluster.path)
            }
        }
        paths = clusters
        for node in context.nodes {
            paths[String(node.path.name), default: []].insert(node.path)
            paths[node.hostname, default: []].insert(node.path)
        }
    }

    /// The items that the words name; commas between words are as good as blanks.
    ///
    /// - Parameter option: where the words were written, for messages: `--only`.
    /// - Throws: ``ModelError`` with every word that names nothing, or more than one thing.
    package func items(_ words: [String], option: String) throws(ModelError) -> [ItemPath] {
        try resolve(words, option: option, among: paths, kind: "an item, a node or a cluster") { word in
            word.hasPrefix("/") ? ItemPath(word).flatMap { isInModel($0) ? $0 : nil } : nil
        }
    }

    /// The clusters that the words name.
    package func clusters(_ words: [String], option: String) throws(ModelError) -> [ItemPath] {
        try resolve(words, option: option, among: clusters, kind: "a cluster") { word in
            guard word.hasPrefix("/"), let path = ItemPath(word), clusters.values.contains(where: { $0.contains(path) }) else {
                return nil
            }
            return path
        }
    }

    private func isInModel(_ path: ItemPath) -> Bool {
        [context.declared, context.applied].contains { $0[path] != nil || !$0.childPaths(of: path).isEmpty }
    }

    private func resolve(
        _ words: [String], option: String, among names: [String: Set<ItemPath>], kind: String,
        path: (String) -> ItemPath?
    ) throws(ModelError) -> [ItemPath] {
        var found: [ItemPath] = []
        var problems: [Diagnostic] = []
        for word in words.flatMap({ $0.split(separator: ",").map(String.init) }) {
            if let path = path(word) {
                found.append(path)
            } else if let named = names[word]?.sorted(), let first = named.first {
                if named.count == 1 {
                    found.append(first)
                } else {
                    problems.append(
                        Diagnostic(
                            .invalidLocation, "\(option) \(word) names more than one thing",
                            nextStep: "give the path: \(named.map(\.text).joined(separator: ", "))"))
                }
            } else {
                let known = word.hasPrefix("/") ? allPaths : Array(names.keys)
                let near = NearestWord.to(word, among: known.sorted())
                problems.append(
                    Diagnostic(
                        .invalidLocation, "\(option) \(word) is not \(kind) of the model",
                        nextStep: near.map { "did you mean '\($0)'?" } ?? "planner show -p / -r -l lists the items"))
            }
        }
        let twice = Dictionary(grouping: found) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
        problems += twice.map { Diagnostic(.invalidRequest, "\(option) names \($0) more than once") }
        guard problems.isEmpty else { throw ModelError(problems) }
        return found
    }

    private var allPaths: [String] { (context.declared.ordered + context.applied.ordered).map(\.path.text) }
}
