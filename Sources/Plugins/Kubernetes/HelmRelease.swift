import Model
import PluginKit
import TaskKit

/// An application of the cluster as a Helm release (R73 to R76): the charts of the study's application packages, each a task of its own.
struct HelmRelease {
    static let typeName = "helm-release"

    static let type = ItemType(
        typeName, summary: "An application on the cluster, as a Helm release.",
        properties: [
            PropertyDefinition(
                "name", "helm_name", required: true, updatable: false, summary: "Its name, unique in its namespace."),
            PropertyDefinition(
                "namespace", "helm_name", default: "default", required: true, updatable: false,
                summary: "The namespace that it is in; it is made if it is not there."),
            PropertyDefinition(
                "chart", "helm_chart", required: true,
                summary: "Its chart, as the director's helm takes it: a file, REPOSITORY/CHART or oci://..."),
            PropertyDefinition("version", "basic_string", required: true, summary: "The version of the chart."),
            PropertyDefinition(
                "values", "any_string", summary: "Values, as YAML; without secrets, for they are kept in the release."),
            PropertyDefinition(
                "dependency_list", "basic_list", default: [], configuration: false,
                summary: "Releases that are installed before it."),
            PropertyDefinition(
                "timeout", "seconds", default: 600, configuration: false,
                summary: "Seconds that it may take until it is ready; then it is taken back."),
        ])

    static let propertyTypes: [PropertyType] = [
        PropertyType(
            "helm_name", rule: "lower case letters, digits and '-', at most 53, a letter or digit first and last",
            pattern: "[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?"),
        PropertyType(
            "helm_chart",
            rule: "a chart as helm takes it, without blanks and quotes: a path, REPOSITORY/CHART or oci://HOST/CHART",
            pattern: "[A-Za-z0-9/][A-Za-z0-9._:/@+-]*"),
    ]

    let item: ResolvedItem
    let path: ItemPath

    init(_ item: ResolvedItem) {
        self.item = item
        path = item.path
    }

    var name: String { item.text("name") }
    var namespace: String { item.text("namespace") }
    private var valuesFile: String { "/var/lib/eccd/releases/\(namespace)-\(name).yaml" }
    private var hasValues: Bool { !item.text("values").isEmpty }
    private var seconds: Int { item.integer("timeout") ?? 600 }

    /// What the last revision of the release carries as its description when it is as declared.
    private var mark: String {
        let parts = [item.text("chart"), item.text("version"), item.text("values")]
        return "planner " + Digest.hexadecimal(of: parts.joined(separator: "\n")).prefix(16)
    }

    var installation: StepIdentity { StepIdentity(item: path, name: "install") }

    /// Values to the director, and the release.
    ///
    /// - Parameter required: what comes before, beside the values.
    func steps(on director: ItemPath, _ directorName: String, wasApplied: Bool, requires required: [StepIdentity]) -> [Step] {
        let write = StepIdentity(item: path, name: "write-values")
        let values = Step(
            write, on: director, "write values of \(name) to \(directorName)", role: .change(.live), group: .postCluster,
            action: FileAction(path: valuesFile, content: item.text("values"), mode: 0o600),
            makesTrue: [valuesFile, item.text("values")], requires: required.map { .step($0) })
        let release = Step(
            installation, on: director,
            "helm \(wasApplied ? "upgrade" : "install") \(name) \(item.text("version")) in \(namespace)", role: .change(.live),
            group: .postCluster,
            action: ScriptAction(
                script: KubernetesPlugin.helmScript,
                arguments: ["present", name, namespace, String(seconds), mark, item.text("chart"), item.text("version")]
                    + (hasValues ? [valuesFile] : []),
                // helm takes back what was not ready in time: that may take as long again.
                limit: .seconds(2 * seconds + 60)),
            makesTrue: [name, namespace, mark], requires: (required + (hasValues ? [write] : [])).map { .step($0) })
        return (hasValues ? [values] : []) + [release]
    }

    func uninstallation(on director: ItemPath, requires required: [StepIdentity]) -> Step {
        Step(
            StepIdentity(item: path, name: "uninstall"), on: director, "helm uninstall \(name) in \(namespace)",
            role: .undo(forgetting: [StepScope(item: path)]), group: .preCluster,
            action: ScriptAction(
                script: KubernetesPlugin.helmScript, arguments: ["absent", name, namespace, String(seconds)],
                limit: .seconds(seconds + 60)),
            requires: required.map { .step($0) }, isDestructive: true)
    }

    // MARK: Order

    /// The releases of a cluster in the order in which they are installed: of the model, but each after those in its `dependency_list`.
    static func all(of cluster: ItemPath, in tree: ResolvedTree) -> [HelmRelease] {
        let releases = tree.children(of: cluster.appending("releases")).map(HelmRelease.init)
        var order: [HelmRelease] = []
        var left = releases
        while !left.isEmpty {
            let waiting = Set(left.map { String($0.path.name) })
            let next = left.firstIndex { release in
                !release.item.list("dependency_list").contains { $0 != release.path.name && waiting.contains($0) }
            }
            // What waits in a circle is refused by validation; here it only must come to an end.
            order.append(left.remove(at: next ?? 0))
        }
        return order
    }
}
