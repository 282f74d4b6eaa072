import Model
import PluginKit
import TaskKit

/// An application package, as the study's `import_csar` takes it: charts, container images and site values in one file (R71, R72).
struct ApplicationPackage {
    static let typeName = "csar"

    static let type = ItemType(
        typeName,
        summary: "An application package (CSAR): its images go into the registry of the cluster, its charts to the director.",
        properties: [
            PropertyDefinition("source_uri", "url", required: true, summary: "Where the director loads it from."),
            PropertyDefinition("checksum", "sha256", required: true, summary: "SHA-256 of the file."),
            PropertyDefinition(
                "charts_directory", "path_string", default: "/var/lib/eccd/charts", updatable: false,
                summary: "Where its charts are put."),
            PropertyDefinition(
                "copy_timeout", "seconds", default: 7200, configuration: false,
                summary: "Seconds that loading it, and that pushing its images, may take."),
        ])

    let item: ResolvedItem

    private var name: String { String(item.path.name) }
    private var checksum: String { item.text("checksum").lowercased() }
    private var file: String { "/var/lib/eccd/packages/\(name)-\(checksum.prefix(16)).csar" }
    private var limit: Duration { .seconds(item.integer("copy_timeout") ?? 7200) }
    var importing: StepIdentity { StepIdentity(item: item.path, name: "import") }

    static func all(of cluster: ItemPath, in tree: ResolvedTree) -> [ApplicationPackage] {
        tree.children(of: cluster.appending("packages")).map(ApplicationPackage.init)
    }

    /// After every node is done, before the first release.
    func steps(on director: ItemPath, _ directorName: String, registry: String) -> [Step] {
        let fetch = StepIdentity(item: item.path, name: "fetch")
        return [
            Step(
                fetch, on: director, "load package \(name) to \(directorName)", role: .change(.live), group: .postCluster,
                action: FetchAction(url: item.text("source_uri"), sha256: checksum, path: file, limit: limit),
                makesTrue: [file, checksum]),
            Step(
                importing, on: director, "push images of package \(name) into registry \(registry)", role: .change(.live),
                group: .postCluster,
                action: ScriptAction(
                    script: KubernetesPlugin.csarScript,
                    arguments: ["present", file, registry, item.text("charts_directory")], limit: limit),
                makesTrue: [file, registry, item.text("charts_directory")], requires: [.step(fetch)]),
        ]
    }

    func removal(on director: ItemPath, _ directorName: String, after uninstallations: [StepIdentity]) -> Step {
        Step(
            StepIdentity(item: item.path, name: "remove"), on: director, "remove package \(name) from \(directorName)",
            role: .undo(forgetting: [StepScope(item: item.path)]), group: .preCluster,
            action: ScriptAction(
                script: KubernetesPlugin.csarScript, arguments: ["absent", file, item.text("charts_directory")],
                limit: .seconds(60)),
            requires: uninstallations.map { .step($0) })
    }
}
