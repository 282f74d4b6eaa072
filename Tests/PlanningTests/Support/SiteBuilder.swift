import CorePlugin
import Model
import PluginKit

/// A part of a site: the items that it puts below a place.
struct Part {
    let items: (ItemPath) -> [Item]
}

@resultBuilder enum PartsBuilder {
    static func buildExpression(_ part: Part) -> [Part] { [part] }
    static func buildExpression(_ parts: [Part]) -> [Part] { parts }
    static func buildBlock(_ parts: [Part]...) -> [Part] { parts.flatMap { $0 } }
    static func buildArray(_ parts: [[Part]]) -> [Part] { parts.flatMap { $0 } }
    static func buildOptional(_ parts: [Part]?) -> [Part] { parts ?? [] }
}

/// A declared tree in the shape of the model: `site { cluster("c1") { node("n1") { thing("a") } } }`.
func site(@PartsBuilder _ parts: () -> [Part]) -> Tree {
    Tree(items: [Item(path: Place.deployment, type: "deployment")] + parts().flatMap { $0.items(.root) })
}

func managementServer(@PartsBuilder _ parts: () -> [Part] = { [] }) -> Part {
    host(at: { _ in Place.server }, type: BaseType.managementServer, parts())
}

func cluster(
    _ name: String, after dependencies: [String] = [], maxUnavailable: String = "1", canary: [String] = [],
    policy: [String: PropertyValue] = [:], @PartsBuilder _ parts: () -> [Part]
) -> Part {
    let parts = parts()
    return Part { _ in
        let path = Place.cluster(name)
        let item = Item(
            path: path, type: BaseType.cluster,
            properties: [
                "dependency_list": .list(dependencies), "max_unavailable": .string(maxUnavailable),
                "canary": .list(canary),
            ].merging(policy) { $1 })
        return [item] + parts.flatMap { $0.items(path) }
    }
}

/// Nodes of a cluster with a policy of their own.
func pool(_ name: String, _ nodes: [String], after dependencies: [String] = [], policy: [String: PropertyValue] = [:]) -> Part {
    Part { cluster in
        let properties: [String: PropertyValue] = ["node_list": .list(nodes), "dependency_list": .list(dependencies)]
        return [
            Item(
                path: cluster.appending("pools").appending(name), type: "node-pool", properties: properties.merging(policy) { $1 }
            )
        ]
    }
}

func node(_ name: String, @PartsBuilder _ parts: () -> [Part] = { [] }) -> Part {
    host(at: { $0.appending("nodes").appending(name) }, type: BaseType.node, parts())
}

private func host(at place: @escaping (ItemPath) -> ItemPath, type: String, _ parts: [Part]) -> Part {
    Part { parent in
        let path = place(parent)
        let name = path.name
        let items = [
            Item(path: path, type: type, properties: ["hostname": .string(String(name))]),
            Item(path: path.appending("ssh"), type: "ssh-connection", properties: ["address": .string("\(name).test")]),
        ]
        return items + parts.flatMap { $0.items(path) }
    }
}

/// Something to make true on a host or for a cluster: one step, named `apply`.
func thing(_ name: String, _ value: String = "1", effect: Effect = .live, inputs: [ItemPath] = []) -> Part {
    Part { parent in
        let isOfCluster = parent.parent?.name == "clusters"
        return [
            Item(
                path: parent.appending("configs").appending(name), type: isOfCluster ? "cluster-thing" : "thing",
                properties: [
                    "value": .string(value), "thing_effect": .string(effect.rawValue), "inputs": .list(inputs.map(\.text)),
                ])
        ]
    }
}

/// Where the parts of a test's site are.
enum Place {
    static let deployment = ItemPath.root.appending("deployments").appending("d")
    static let server = ItemPath.root.appending("ms")

    static func cluster(_ name: String) -> ItemPath { deployment.appending("clusters").appending(name) }
    static func node(_ name: String, in cluster: String = "c1") -> ItemPath {
        Place.cluster(cluster).appending("nodes").appending(name)
    }
    static func pool(_ name: String, in cluster: String = "c1") -> ItemPath {
        Place.cluster(cluster).appending("pools").appending(name)
    }
    static func thing(_ name: String, on node: String, in cluster: String = "c1") -> ItemPath {
        Place.node(node, in: cluster).appending("configs").appending(name)
    }
    static func thing(_ name: String, of cluster: String) -> ItemPath {
        Place.cluster(cluster).appending("configs").appending(name)
    }
}
