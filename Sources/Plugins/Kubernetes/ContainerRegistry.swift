import Model
import PluginKit
import TaskKit

/// The registry of a cluster on its director: certificate, key and storage, and the images that the director's own image brings (R23 to R29).
struct ContainerRegistry {
    static let typeName = "k8s-registry"

    static let type = ItemType(
        typeName, summary: "The container registry of a cluster, on its director, at docker_registry_host.",
        properties: [
            PropertyDefinition(
                "storage_directory", "path_string", required: true,
                summary: "Where its images are: on a share that outlives the director."),
            PropertyDefinition("certificate", "any_string", required: true, summary: "Its certificate, in PEM."),
            PropertyDefinition(
                "private_key", "any_string", required: true, secret: true, summary: "The key of its certificate, in PEM."),
            PropertyDefinition(
                "configuration_directory", "path_string", default: "/etc/docker-distribution/registry",
                summary: "Where its program reads config.yml."),
            PropertyDefinition(
                "restart_command", "secret_free_command", default: "systemctl restart docker-distribution",
                summary: "Starts it anew, on the director."),
            PropertyDefinition(
                "bundled_images", "path_string",
                summary: "The root directory of a registry, in the director's image, whose images are copied into this one."),
            PropertyDefinition(
                "copy_timeout", "seconds", default: 7200, configuration: false,
                summary: "Seconds that copying the images may take."),
        ])

    private let item: ResolvedItem
    private let steps: KubernetesSteps
    /// HOST:PORT, as nodes name it.
    private let address: String

    /// Nil when the cluster has none.
    init?(of steps: KubernetesSteps) {
        guard let item = steps.context.declared[steps.item.appending("registry")] else { return nil }
        self.item = item
        self.steps = steps
        address = steps.cluster.item.text("docker_registry_host")
    }

    /// Where docker and skopeo look for the certificate of a registry.
    private var trustedCertificate: String { "/etc/docker/certs.d/\(address)/ca.crt" }

    private var directory: String { item.text("configuration_directory") }

    private var configuration: String {
        YAMLValue.mapping([
            ("version", .text("0.1")),
            (
                "storage",
                .mapping([
                    ("filesystem", .mapping([("rootdirectory", .text(item.text("storage_directory")))])),
                    ("delete", .mapping([("enabled", .boolean(true))])),
                ])
            ),
            (
                "http",
                .mapping([
                    ("addr", .text(":" + (address.split(separator: ":").last.map(String.init) ?? "5000"))),
                    (
                        "tls",
                        .mapping([
                            ("certificate", .text("\(directory)/registry.crt")), ("key", .text("\(directory)/registry.key")),
                        ])
                    ),
                ])
            ),
        ]).document
    }

    // MARK: Steps

    var serves: StepIdentity { StepIdentity(item: item.path, name: "serves") }
    var copiesImages: StepIdentity? {
        item.text("bundled_images").isEmpty ? nil : StepIdentity(item: item.path, name: "copy-images")
    }

    /// After the director is ready; images are copied whenever the director's own image is another.
    var all: [Step] {
        let ready = (steps.directorReady + steps.restoreDirector).map(\.identity)
        let writes = files(again: false, requires: ready)
        let isRebuilt = steps.director.instance.map { steps.context.wasApplied($0) } ?? false
        let again = isRebuilt ? files(again: true, requires: ready) : []
        let restart = StepIdentity(item: item.path, name: "restart")
        let triggers = (writes + again).map { Step.Trigger.step($0.identity) }
        return writes + again + [
            Step(
                restart, on: steps.director.host, "run '\(item.text("restart_command"))' on \(steps.directorName)",
                role: .companion(of: triggers), group: group,
                action: CommandAction(check: nil, apply: item.text("restart_command"), limit: .seconds(300)),
                requires: (writes + again).map { .step($0.identity) }),
            Step(
                serves, on: steps.director.host, "wait until registry \(address) serves on \(steps.directorName)",
                role: .companion(of: [.step(restart)]), group: group,
                action: WaitForScriptAction(
                    script: KubernetesPlugin.registryScript, arguments: [address, trustedCertificate], interval: .seconds(1),
                    limit: .seconds(120)),
                requires: [.step(restart)]),
        ] + copy(requires: ready + [serves])
    }

    private var group: DeploymentGroup { steps.directorGroup == .cluster ? .cluster : .preCluster }

    private func files(again: Bool, requires: [StepIdentity]) -> [Step] {
        let certificate = FileContent(item.text("certificate"))
        let key = item.secret("private_key").map(FileContent.init) ?? FileContent("")
        let files: [(String, String, FileContent, Int)] = [
            ("certificate", "\(directory)/registry.crt", certificate, 0o644), ("key", "\(directory)/registry.key", key, 0o600),
            ("configuration", "\(directory)/config.yml", FileContent(configuration), 0o644),
            ("trusted-certificate", trustedCertificate, certificate, 0o644),
        ]
        let definition = steps.director.instance.map { Step.Trigger.step(VirtualMachineStep.definition(of: $0)) }
        return files.map { kind, path, content, mode in
            Step(
                StepIdentity(item: item.path, name: "write-\(kind)" + (again ? "-again" : "")), on: steps.director.host,
                "write \(kind.replacing("-", with: " ")) of registry to \(steps.directorName)",
                role: again ? .companion(of: definition.map { [$0] } ?? []) : .change(.live), group: group,
                action: FileAction(path: path, content: content, mode: mode), makesTrue: again ? [] : [path, content.text],
                inputs: again ? [] : [steps.item], requires: requires.map { .step($0) })
        }
    }

    private func copy(requires: [StepIdentity]) -> [Step] {
        guard let identity = copiesImages else { return [] }
        let image = steps.director.instance.flatMap { instance -> ResolvedItem? in
            let tree = steps.context.declared
            let name = tree[instance.service]?.text("image_name")
            return tree.items(ofType: BaseType.image).first { $0.text("name") == name }
        }
        return [
            Step(
                identity, on: steps.director.host, "copy images of \(steps.directorName) into registry \(address)",
                role: .change(.live), group: group,
                action: ScriptAction(
                    script: KubernetesPlugin.registryImagesScript, arguments: [item.text("bundled_images"), address],
                    limit: .seconds(item.integer("copy_timeout") ?? 7200)),
                makesTrue: [item.text("bundled_images"), address, item.text("storage_directory"), image?.text("checksum") ?? ""],
                inputs: image.map { [$0.path] } ?? [], requires: requires.map { .step($0) })
        ]
    }
}
