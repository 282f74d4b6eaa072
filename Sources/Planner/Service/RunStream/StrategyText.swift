package import Model
package import TaskKit

/// How nodes take turns, and what a run waits for between them, in words.
package enum StrategyText {
    /// How many lines a heading has at most.
    private static let maximumLines = 10

    /// A line for those that do the same, in the order of the first of each:
    /// `svc_cluster: 2 at a time, canary svc-1, pause after canary, up to 1 of 12 nodes may fail`.
    package static func lines(of groups: [RollingGroup]) -> [String] {
        var order: [String] = []
        var names: [String: [String]] = [:]
        for group in groups {
            let words = words(of: group)
            if names[words] == nil { order.append(words) }
            names[words, default: []].append(name(of: group.path, in: group.cluster))
        }
        let lines = order.prefix(maximumLines).map { "\(NameList.text(names[$0] ?? [])): \($0)" }
        let more = order.count - lines.count
        return more > 0 ? lines + ["and \(more) more, each in another way"] : lines
    }

    private static func words(of group: RollingGroup) -> String {
        var words = ["\(group.maximumUnavailable) at a time"]
        if !group.canaries.isEmpty { words.append("canary " + NameList.text(group.canaries.map { String($0.name) })) }
        if let point = group.pauseAfter { words.append("pause after \(text(of: point))") }
        if let point = group.soakAfter, let seconds = group.soakSeconds {
            words.append("soak \(Duration.seconds(seconds).text) after \(text(of: point))")
        }
        let nodes = group.nodeCount == 1 ? "1 node" : "\(group.nodeCount) nodes"
        words.append(
            group.maximumFailures == 0 ? "stop on first failure" : "up to \(group.maximumFailures) of \(nodes) may fail")
        return words.joined(separator: ", ")
    }

    /// The cluster, and the pool where it is one.
    package static func name(of group: ItemPath, in cluster: ItemPath?) -> String {
        guard let cluster, group != cluster else { return String(group.name) }
        return "\(cluster.name)/\(group.name)"
    }

    private static func text(of point: WaitPoint) -> String {
        switch point {
        case .canary: "canary"
        case .batch: "each batch"
        case .nodes(let count): count == 1 ? "each node" : "every \(count) nodes"
        }
    }

    /// What a phase without tasks does, as a line of a plan; nil for one with tasks.
    package static func text(of phase: Phase) -> String? {
        if let wait = phase.wait { return text(of: wait, in: phase.cluster) }
        return phase.isJoint ? "go on after all of these" : nil
    }

    static func text(of wait: PhaseWait, in cluster: ItemPath?) -> String {
        "\(action(of: wait.kind)) \(place(of: wait))" + (wait.group == cluster ? "" : " of \(wait.group.name)")
    }

    package static func action(of kind: PhaseWait.Kind) -> String {
        switch kind {
        case .approval: "wait for approval (planner approve)"
        case .soak(let seconds): "soak \(Duration.seconds(seconds).text), then go on"
        }
    }

    /// `after canary svc-1`, `after 4 of 12 nodes`.
    package static func place(of wait: PhaseWait) -> String {
        let canaries = NameList.text(wait.canaries.map { String($0.name) })
        return canaries.isEmpty ? "after \(wait.doneNodes) of \(wait.nodeCount) nodes" : "after canary \(canaries)"
    }

    /// The waits between nodes that are shown once, a line for each kind in each cluster or pool:
    /// `svc_cluster: soak 10 min, then go on after 1, 2, 3 of 12 nodes`.
    package static func lines(of phases: [Phase]) -> [String] {
        var order: [Alike] = []
        var alike: [Alike: [PhaseWait]] = [:]
        for phase in phases {
            guard let wait = phase.wait else { continue }
            let key = Alike(kind: wait.kind, name: name(of: wait.group, in: phase.cluster))
            if alike[key] == nil { order.append(key) }
            alike[key, default: []].append(wait)
        }
        return order.map { key in
            let waits = alike[key] ?? []
            let counts = NameList.text(waits.map { String($0.doneNodes) })
            return "\(key.name): \(action(of: key.kind)) after \(counts) of \(waits.first?.nodeCount ?? 0) nodes"
        }
    }

    /// What a window has kept from beginning.
    package static func kept(_ node: ItemPath?, _ phase: Int, needed: Int, left: Int) -> String {
        let what = node.map { "node \($0.name)" } ?? "phase \(phase)"
        return "\(what) is not begun: it may take \(duration(needed + 999)), and \(duration(left)) are left"
    }

    private static func duration(_ milliseconds: Int) -> String {
        let seconds = milliseconds / 1000
        return seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min"
    }

    private struct Alike: Hashable {
        let kind: PhaseWait.Kind
        let name: String
    }
}
