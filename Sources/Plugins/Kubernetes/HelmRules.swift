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
        let byName = Dictionary(releases.map { (String($0.path.name), $0) }, uniquingKeysWith: { first, _ in first })
        let circles = Cycles.all(in: releases.map { String($0.path.name) }) { name in
            (byName[name]?.list("dependency_list") ?? []).filter { $0 != name }
        }
        for circle in circles {
            guard let first = circle.first.flatMap({ byName[$0] }) else { continue }
            errors.append(
                tree.breach(
                    by: first, "dependency_list", "releases wait for each other", rule: circle.joined(separator: " -> ")))
        }
    }
}
