import Testing

/// What most tests need: hosts of the suite's lab, and a controller that knows them.
struct Bench: Sendable {
    let fleet: Fleet
    var controller: Controller

    /// - Parameter content: what was applied before the test begins; nil: nothing.
    init(_ hosts: String..., applied content: String? = "version 0") async throws {
        try await self.init(hosts: hosts, applied: content)
    }

    init(hosts: [String], applied content: String? = "version 0") async throws {
        let lab = try #require(Lab.current)
        fleet = try await Fleet(lab, hosts: hosts, folder: "/srv/test-\(UInt32.random(in: 0...UInt32.max))")
        controller = try Controller(lab)
        guard let content else { return }
        try await controller.apply(fleet.model(content))
        try await fleet.forget()
    }

    var lab: Lab { fleet.lab }

    /// The host of a bench that has one.
    var host: String { fleet.hosts[0] }

    /// A plan for version 1 whose first lock waits on each host until it is opened there.
    func planThatWaits() async throws {
        var model = fleet.model("version 1")
        model.locks[0].lock = fleet.waiting(then: model.locks[0].lock)
        try await controller.loadAndPlan(model)
    }

    func open() async throws { for host in fleet.hosts { try await fleet.open(host) } }

    /// Goes on with the plan, and proves that all of it happened once and in order.
    func resumeAndProve() async throws {
        let resumed = try await controller.planner("run_plan", "--resume")
        #expect(resumed.isSuccess, "\(SideBySide.sentence) \(resumed)")
        try await prove()
    }

    func prove() async throws {
        try await UpgradeProof(fleet: fleet, content: "version 1", before: [:]).check(SideBySide.comment)
        #expect(try await controller.hasNothingToDo(), SideBySide.comment)
    }

    /// What has happened on the hosts since the test began.
    func verbs() async throws -> [String] {
        let found = try await fleet.evidence()
        return fleet.hosts.flatMap { found[$0]?.verbs ?? [] }
    }
}
