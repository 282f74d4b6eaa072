/// What making a change true costs on the real system. The plan shows it; only a disruptive change locks a node.
package enum Effect: String, Codable, Sendable, Comparable, CaseIterable {
    /// Nothing that serves is touched.
    case live
    /// What serves is stopped and started again, with its data.
    case restart
    /// What serves is taken away and built anew.
    case replace

    private var rank: Int {
        switch self {
        case .live: 0
        case .restart: 1
        case .replace: 2
        }
    }

    package static func < (left: Effect, right: Effect) -> Bool { left.rank < right.rank }
}
