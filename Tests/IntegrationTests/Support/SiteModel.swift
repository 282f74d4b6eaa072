/// A site of plain hosts, as a test declares it: one cluster whose nodes have files, and commands that take nodes out of service.
struct SiteModel: Sendable {
    struct Node: Sendable {
        var name: String
        var address: String
        var port = 22
        var files: [File]
        /// Other items of `configs`, a line each.
        var configs: [String] = []
    }

    struct File: Sendable {
        var name: String
        var path: String
        var content: String
        var effect = "live"
        var restart: String?
    }

    struct Lock: Sendable {
        var name: String
        var priority: Int
        var lock: String
        var unlock: String
        var check: String
        var limit = 60
    }

    var nodes: [Node]
    var locks: [Lock] = []
    var maximumUnavailable = 1
    /// What else the rolling policy says: `pause_after: canary`.
    var policy: [String] = []
    var name = "c"
    /// Other clusters of the site.
    var beside: [SiteModel] = []

    var yaml: String {
        let clusters = ([self] + beside).flatMap(\.clusterLines)
        return (["deployments:", "  d:", "    clusters:"] + clusters).joined(separator: "\n") + "\n"
    }

    private var clusterLines: [String] {
        var lines = [
            "      \(name):", "        type: vcs-cluster", "        ha_manager: planner",
            "        max_unavailable: \(maximumUnavailable)",
        ]
        lines += policy.map { "        \($0)" } + ["        nodes:"]
        for node in nodes { lines += SiteModel.lines(for: node) }
        if !locks.isEmpty { lines.append("        configs:") }
        for lock in locks {
            lines += [
                "          \(lock.name):", "            type: command-lock", "            priority: \(lock.priority)",
                "            limit: \(lock.limit)", "            lock_command: \(quote(lock.lock))",
                "            unlock_command: \(quote(lock.unlock))", "            check_command: \(quote(lock.check))",
            ]
        }
        return lines
    }

    private static func lines(for node: Node) -> [String] {
        var lines = [
            "          \(node.name):", "            hostname: \(node.name)",
            "            ssh: { address: \(node.address), port: \(node.port) }",
        ]
        if !node.files.isEmpty || !node.configs.isEmpty { lines.append("            configs:") }
        lines += node.configs.map { "              " + $0 }
        for file in node.files {
            lines += [
                "              \(file.name):", "                type: managed-file", "                path: \(file.path)",
                "                content: \(quote(file.content))", "                change_effect: \(file.effect)",
            ]
            if let restart = file.restart { lines.append("                restart_command: \(quote(restart))") }
        }
        return lines
    }

    /// Changes every node.
    func changing(_ change: (inout Node) -> Void) -> SiteModel {
        var copy = self
        for index in copy.nodes.indices { change(&copy.nodes[index]) }
        return copy
    }
}

/// A text as a YAML scalar in single quotes.
private func quote(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
}
