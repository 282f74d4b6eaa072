package import Model
package import TaskKit

/// What is known of a stored plan without reading its tasks.
package struct PlanOutline: Hashable, Sendable {
    package let serial: Int
    /// The ``TaskKit/Plan/id``.
    package let id: String
    package let state: PlanState
    /// Seconds since 1970.
    package let createdAt: Double
    package let modelFingerprint: String
    package let appliedSerial: Int
    package let versions: [String: String]
    package let counts: PlanCounts
    /// ``TaskKit/Plan/unhandled``; none when there are none.
    package let unhandled: [ItemPath]
    package var basis: PlanBasis

    package var head: PlanHead { PlanHead(serial: serial, id: id, state: state, createdAt: createdAt) }
}

/// How much a plan holds.
package struct PlanCounts: Hashable, Sendable, Codable {
    package let phases: Int
    package let tasks: Int
    /// Tasks by effect.
    package let live: Int
    package let restart: Int
    package let replace: Int
    /// Tasks that take something away for good.
    package let destructive: Int

    package init(of plan: Plan) {
        var effects: [Effect: Int] = [:]
        var destructive = 0
        for phase in plan.phases {
            for task in phase.tasks {
                effects[task.effect, default: 0] += 1
                if task.isDestructive { destructive += 1 }
            }
        }
        phases = plan.phases.count
        tasks = plan.taskCount
        live = effects[.live] ?? 0
        restart = effects[.restart] ?? 0
        replace = effects[.replace] ?? 0
        self.destructive = destructive
    }
}

/// What a plan was made from, as far as the store counts it, and by whom: by it staleness is told without resolving the tree, and the history
/// without reading the tasks.
package struct PlanBasis: Hashable, Sendable, Codable {
    /// ``Store/declaredSerial`` at that time; nil when it is not known.
    package var declaredSerial: Int?
    /// The versions of the stored secrets that go into the tasks; nil when they were not noted.
    package var secretVersions: [String: String]?
    /// The serials of the earlier plans whose attempts (``Attempt``) are still of use; nil when it is not known.
    package var attempts: [Int]?
    /// Who made it, `alice@ops1`; nil when that was not noted.
    package var createdBy: String?
    /// How many things are changed in which way, by the word for it; nil when it was not noted.
    package var changes: [String: Int]?

    package init(declaredSerial: Int? = nil, secretVersions: [String: String]? = nil) {
        self.declaredSerial = declaredSerial
        self.secretVersions = secretVersions
    }
}

/// The document of a row of the table of plans: a plan but for its phases, hosts and completions.
struct PlanDocument: Codable {
    let schema: String
    let id: String
    let modelFingerprint: String
    let appliedSerial: Int
    let versions: [String: String]
    let counts: PlanCounts
    let basis: PlanBasis?
    let unhandled: [ItemPath]?
    let risks: [PlanRisk]?
    let selection: PlanSelection?
    let rolling: [RollingGroup]?

    init(_ plan: Plan, basis: PlanBasis) {
        schema = plan.schema
        id = plan.id
        modelFingerprint = plan.modelFingerprint
        appliedSerial = plan.appliedSerial
        versions = plan.versions
        counts = PlanCounts(of: plan)
        self.basis = basis
        unhandled = plan.unhandled
        risks = plan.risks
        selection = plan.selection
        rolling = plan.rolling
    }

    func outline(_ head: PlanHead) -> PlanOutline {
        PlanOutline(
            serial: head.serial, id: head.id, state: head.state, createdAt: head.createdAt,
            modelFingerprint: modelFingerprint, appliedSerial: appliedSerial, versions: versions, counts: counts,
            unhandled: unhandled ?? [], basis: basis ?? PlanBasis())
    }

    func plan(_ parts: [PlanPart]) throws -> Plan {
        var plan = Plan(
            id: id, modelFingerprint: modelFingerprint, appliedSerial: appliedSerial, versions: versions, hosts: [:],
            phases: [])
        plan.schema = schema
        plan.unhandled = unhandled
        plan.risks = risks
        plan.selection = selection
        plan.rolling = rolling
        try PlanPart.assemble(parts, into: &plan)
        return plan
    }
}
