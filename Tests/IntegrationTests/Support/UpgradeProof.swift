import Testing

/// What must be true of the hosts after one rolling upgrade of a ``Fleet``, however often the controller died under it.
struct UpgradeProof {
    let fleet: Fleet
    let content: String
    /// How many lines each log had before the upgrade.
    let before: [String: Int]

    private static let order = ["lock-first", "lock-second", "restart", "unlock-second", "unlock-first"]
    /// The time of a file comes from the kernel's clock tick, which lags behind `date`.
    private static let tick = 20_000_000

    /// Checks everything; `comment` tells where the controller died.
    ///
    /// - Returns: how many lines each log has now.
    @discardableResult
    func check(_ comment: Comment) async throws -> [String: Int] {
        let found = try await fleet.evidence()
        var windows: [(begin: Int, end: Int)] = []
        for host in fleet.hosts {
            guard var seen = found[host] else { throw TestFailure("nothing is known of \(host)") }
            seen.lines.removeFirst(before[host] ?? 0)
            #expect(seen.verbs == UpgradeProof.order, "\(comment): each effect once and in order on \(host)")
            #expect(seen.lines.map(\.time) == seen.lines.map(\.time).sorted(), "\(comment): \(host)")
            #expect(seen.contents == ["live": content, "replaced": content], "\(comment): \(host)")
            #expect(seen.markers.isEmpty, "\(comment): \(host) is in service")
            guard let begin = seen.time(of: "lock-first"), let locked = seen.time(of: "lock-second"),
                let restarted = seen.time(of: "restart"), let end = seen.time(of: "unlock-first")
            else { continue }
            windows.append((begin, end))
            for (file, time) in seen.changes {
                #expect(
                    time > locked - UpgradeProof.tick && time < restarted + UpgradeProof.tick,
                    "\(comment): \(file) of \(host) was changed while \(host) was out of service")
            }
        }
        for (earlier, later) in zip(windows, windows.dropFirst()) {
            #expect(earlier.end < later.begin, "\(comment): never two nodes out of service")
        }
        return found.mapValues(\.lines.count)
    }
}
