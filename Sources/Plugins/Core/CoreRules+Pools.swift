import Model
import PluginKit

/// What must hold of the pools of a cluster, and of the names in rolling policies.
extension CoreRules {
    mutating func checkRolling(of cluster: ResolvedItem) {
        let nodes = Names(tree.childNames(of: cluster.path.appending("nodes")))
        checkNames(of: cluster, among: nodes, "names a node that is not in the cluster")
        let pools = tree.children(of: cluster.path.appending("pools"))
        checkPause(of: cluster, canaries: [cluster] + pools)
        guard !pools.isEmpty else { return }
        let siblings = Names(pools.map { String($0.path.name) })
        var owners: [String: ItemPath] = [:]
        for pool in pools {
            let members = pool.list("node_list")
            reportUnknown(members, among: nodes, of: pool, property: "node_list", "names a node that is not in the cluster")
            reportRepeated(members, of: pool, property: "node_list")
            for name in Set(members).sorted() {
                guard let owner = owners[name] else {
                    owners[name] = pool.path
                    continue
                }
                found.append(
                    tree.breach(
                        by: pool, "node_list", "node_list names a node of another pool, \(owner.name)", value: name,
                        rule: "a node is in one pool at most"))
            }
            checkNames(of: pool, among: Names(members), "names a node that is not in the pool")
            checkPause(of: pool, canaries: [pool, cluster])
            checkDependencies(of: pool, among: siblings, "names no other pool of the cluster")
        }
        reportCycles(among: pools, "pools wait for each other")
    }

    private mutating func checkNames(of item: ResolvedItem, among nodes: Names, _ summary: String) {
        let canaries = item.list("canary")
        if !canaries.isEmpty {
            reportUnknown(canaries, among: nodes, of: item, property: "canary", summary)
            reportRepeated(canaries, of: item, property: "canary")
        }
        let order = item.list("node_order")
        guard !order.isEmpty, order != ["role"], order != ["natural"] else { return }
        reportUnknown(order, among: nodes, of: item, property: "node_order", summary)
        reportRepeated(order, of: item, property: "node_order")
    }

    /// Who asks for a wait after the canaries counts on it.
    private mutating func checkPause(of item: ResolvedItem, canaries: [ResolvedItem]) {
        for property in ["pause_after", "soak_after"] where item.text(property) == "canary" {
            guard canaries.allSatisfy({ $0.list("canary").isEmpty }) else { continue }
            found.append(
                tree.breach(
                    by: item, property, "\(property) is 'canary', and there is none",
                    rule: "what waits after the canaries needs 'canary'", nextStep: "name one or more nodes in 'canary'"))
        }
    }
}
