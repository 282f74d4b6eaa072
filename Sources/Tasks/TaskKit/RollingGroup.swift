package import Model

/// How the nodes of a cluster, or of a named pool of its nodes, take turns in a plan: its policy as it was when the plan was made, for whoever
/// reads the plan or runs it.
package struct RollingGroup: Hashable, Sendable, Codable {
    /// The cluster, for its nodes in no pool; else the pool.
    package var path: ItemPath
    package var cluster: ItemPath
    /// How many of its nodes have a turn in this plan.
    package var nodeCount: Int
    /// How many of them may be out of service at once.
    package var maximumUnavailable: Int
    /// Nodes that go first, each alone, in this order.
    package var canaries: [ItemPath]
    /// Where the run waits for approval; nil: nowhere.
    package var pauseAfter: WaitPoint?
    /// Where the run waits for `soakSeconds`; nil: nowhere.
    package var soakAfter: WaitPoint?
    package var soakSeconds: Int?
    /// How many nodes may fail in one run before nothing more is begun.
    package var maximumFailures: Int

    package init(
        path: ItemPath, cluster: ItemPath, nodeCount: Int, maximumUnavailable: Int, canaries: [ItemPath] = [],
        pauseAfter: WaitPoint? = nil, soakAfter: WaitPoint? = nil, soakSeconds: Int? = nil, maximumFailures: Int = 0
    ) {
        self.path = path
        self.cluster = cluster
        self.nodeCount = nodeCount
        self.maximumUnavailable = maximumUnavailable
        self.canaries = canaries
        self.pauseAfter = pauseAfter
        self.soakAfter = soakAfter
        self.soakSeconds = soakSeconds
        self.maximumFailures = maximumFailures
    }
}

/// After which nodes a run waits; never after the last.
package enum WaitPoint: Hashable, Sendable {
    /// After the last canary.
    case canary
    /// After the last canary, and after each of the batches that follow.
    case batch
    /// After every so many nodes, canaries counted.
    case nodes(Int)

    /// - Parameter text: `canary`, `batch` or a number.
    package init?(_ text: some StringProtocol) {
        switch text {
        case "canary": self = .canary
        case "batch": self = .batch
        default:
            guard let count = Int(text), count > 0 else { return nil }
            self = .nodes(count)
        }
    }

    package var text: String {
        switch self {
        case .canary: "canary"
        case .batch: "batch"
        case .nodes(let count): String(count)
        }
    }
}

extension WaitPoint: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let point = WaitPoint(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "neither 'canary', 'batch' nor a number")
        }
        self = point
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// What a phase without tasks waits for. Nobody's hosts are asked for it; what it has waited already is in the journal.
package struct PhaseWait: Hashable, Sendable, Codable {
    package enum Kind: Hashable, Sendable, Codable {
        /// Until somebody says that the run may go on (`planner approve`).
        case approval
        /// Until so many seconds have gone since the journal says that it began.
        case soak(seconds: Int)
    }

    package var kind: Kind
    /// The cluster or the pool whose nodes wait.
    package var group: ItemPath
    /// How many of its nodes have had their turn by then, and how many have one in all.
    package var doneNodes: Int
    package var nodeCount: Int
    /// The canaries, when it comes after the last of them; else empty.
    package var canaries: [ItemPath]

    package init(_ kind: Kind, group: ItemPath, doneNodes: Int, nodeCount: Int, canaries: [ItemPath] = []) {
        self.kind = kind
        self.group = group
        self.doneNodes = doneNodes
        self.nodeCount = nodeCount
        self.canaries = canaries
    }
}
