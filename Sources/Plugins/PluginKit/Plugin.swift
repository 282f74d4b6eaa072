package import Model
package import TaskKit

/// What one technology adds to Planner: item types, validation, the steps that make its items true and those that undo them, and what
/// takes a node out of service.
///
/// A plugin says what should be, for the whole declared model. It writes no order, no state and no diff: the planner drops what is applied
/// already, decides what is locked and sorts the rest (DESIGN section 4). All methods are pure: no I/O, no clock, no randomness.
package protocol Plugin: Sendable {
    /// Unique among the plugins; recorded in every plan together with ``version``.
    var name: String { get }
    /// Changes when the plugin would make other steps of the same model.
    var version: String { get }

    var propertyTypes: [PropertyType] { get }
    var itemTypes: [ItemType] { get }
    /// The scripts that its steps run on hosts.
    var scripts: [Script] { get }
    /// The code that its steps call while a plan runs (``TaskCallback``).
    var callbacks: [TaskCallback] { get }

    /// Rules over several items. All errors at once.
    func validate(_ context: PlanningContext) -> [Diagnostic]
    /// Whether ``validate(_:)`` can be asked of a model in which values are missing because they were wrong: true when it says nothing of
    /// values that are not there, and counts nothing that depends on them.
    var validatesBesideErrors: Bool { get }

    /// Hosts beside nodes and management servers on which steps are carried out, such as a virtual machine that runs playbooks.
    func hosts(in context: PlanningContext) -> [ItemPath: HostConnection]

    /// The steps that make the plugin's items true.
    func steps(in context: PlanningContext) -> [Step]

    /// The steps that take away what was applied and is no longer declared.
    func undoSteps(in context: PlanningContext) -> [Step]

    /// What takes nodes out of service and puts them back.
    func locks(in context: PlanningContext) -> [NodeLock]

    /// When the node's turn comes in a rolling change of its cluster: lower ranks first, nodes without a rank last.
    func rank(of node: ManagedNode, in context: PlanningContext) -> Int?

    /// What hosts are asked before a plan is run, for those of its steps that are not done: whether they can be carried out, and what stands
    /// against them. The plugin gives the question and how its answer is understood; who asks, when, and what is shown is not its affair.
    func questions(about steps: PlannedSteps, in context: PlanningContext) -> [HostQuestion]

    /// Whether the node is never out of service together with another one of its cluster, however many the cluster allows.
    func goesAlone(_ node: ManagedNode, in context: PlanningContext) -> Bool
}

extension Plugin {
    package var propertyTypes: [PropertyType] { [] }
    package var itemTypes: [ItemType] { [] }
    package var scripts: [Script] { [] }
    package var callbacks: [TaskCallback] { [] }
    package func validate(_ context: PlanningContext) -> [Diagnostic] { [] }
    package var validatesBesideErrors: Bool { false }
    package func hosts(in context: PlanningContext) -> [ItemPath: HostConnection] { [:] }
    package func steps(in context: PlanningContext) -> [Step] { [] }
    package func undoSteps(in context: PlanningContext) -> [Step] { [] }
    package func locks(in context: PlanningContext) -> [NodeLock] { [] }
    package func rank(of node: ManagedNode, in context: PlanningContext) -> Int? { nil }
    package func questions(about steps: PlannedSteps, in context: PlanningContext) -> [HostQuestion] { [] }
    package func goesAlone(_ node: ManagedNode, in context: PlanningContext) -> Bool { false }

    package var declarations: TypeDeclarations {
        TypeDeclarations(owner: name, propertyTypes: propertyTypes, itemTypes: itemTypes)
    }
}
