import Model
import PluginKit

/// What must hold for the Helm releases of a cluster.
struct HelmRules {
    private let tree: ResolvedTree
    private var errors: [Diagnostic] = []

    static func errors(of cluster: ItemPath, in tree: ResolvedTree) -> [Diagnostic] {
        var rules = HelmRules(tree: tree)
        rules.check(tree.children(of: cluster.appending("releases")))
        return rules.errors
    }

    private init(tree: ResolvedTree) { self.tree = tree }

    private mutating func check(_ releases: [ResolvedItem]) {
        let names = releases.map { String($0.path.name) }
        var places: [String: ItemPath] = [:]
        for release in releases {
            if let other = places.updateValue(release.path, forKey: "\(release.text("namespace"))/\(release.text("name"))") {
                errors.append(
                    tree.breach(
                        by: release, "name", "name '\(release.text("name"))' is used already, by \(other)",
                        rule: "names of releases are unique in a namespace"))
            }
            for dependency in release.list("dependency_list") where !names.contains(dependency) || dependency == release.path.name
            {
                errors.append(
                    tree.breach(
                        by: release, "dependency_list", "dependency_list names no other release of the cluster",
                        value: dependency, rule: "one of \(names.filter { $0 != release.path.name }.joined(separator: ", "))",
                        nextStep: NearestWord.to(dependency, among: names).map { "did you mean '\($0)'?" }))
            }
            if let fault = YAMLText.mappingFault(in: release.text("values")) {
                errors.append(tree.breach(by: release, "values", "values of a release are no mapping in YAML", rule: fault))
            }
        }
        checkCircles(releases)
    }

    private mutating func checkCircles(_ releases: [ResolvedItem]) {
        let needs = Dictionary(
            releases.map { (String($0.path.name), $0.list("dependency_list")) }, uniquingKeysWith: { first, _ in first })
        var settled: Set<String> = []
        var isMoving = true
        while isMoving {
            let next = needs.filter {
                !settled.contains($0.key) && $0.value.allSatisfy { settled.contains($0) || needs[$0] == nil }
            }
            settled.formUnion(next.keys)
            isMoving = !next.isEmpty
        }
        let circle = releases.filter {
            !settled.contains(String($0.path.name)) && !$0.list("dependency_list").contains(String($0.path.name))
        }
        guard let first = circle.first else { return }
        errors.append(
            tree.breach(
                by: first, "dependency_list", "releases wait for each other",
                rule: circle.map { String($0.path.name) }.joined(separator: ", ")))
    }
}
