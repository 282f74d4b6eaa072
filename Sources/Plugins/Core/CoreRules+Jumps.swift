import Model
import PluginKit

extension CoreRules {
    /// Every host through which another is reached is there, and none of them is reached through itself.
    mutating func checkJumps() {
        let connections = tree.items(ofType: "ssh-connection").filter { !$0.list("jump").isEmpty }
        guard !connections.isEmpty else { return }
        for ssh in connections {
            for text in ssh.list("jump") {
                guard case .host(let path) = JumpHosts.Entry(text), tree[path.appending("ssh")] == nil else { continue }
                add(
                    tree.breach(
                        by: ssh, "jump", "jump names no managed host", value: text,
                        rule: "the path of an item of type node or ms that has an 'ssh', or [user@]address[:port]",
                        nextStep: "planner show -r -l / lists the paths"))
            }
        }
        // Only the first hop is reached by a way of its own.
        let cycles = Cycles.all(in: connections.map(\.path)) { path in
            guard case .host(let next)? = tree[path]?.list("jump").first.flatMap(JumpHosts.Entry.init) else { return [] }
            return [next.appending("ssh")]
        }
        for cycle in cycles {
            guard let first = cycle.first.flatMap({ tree[$0] }) else { continue }
            add(
                tree.breach(
                    by: first, "jump", "hosts are reached through each other",
                    rule: cycle.map { $0.parent?.text ?? "" }.joined(separator: " -> ")))
        }
    }
}
