package import Model
package import TaskKit

/// Why there can be no plan: the plugins' steps do not fit together, or the model forbids an order.
package enum PlanningError: Error, Hashable, Sendable {
    /// Two plugins (or one, twice) declare the same step.
    case duplicateStep(StepIdentity, owners: [String])
    /// The steps of one shortest cycle, each of which requires the next; the first is repeated at the end.
    case cycle([StepIdentity])
    /// A step requires one that the deployment order puts after it.
    case contradiction(RequirementContradiction)
    /// Sections of the plan, between which there is no order of its own, that wait for each other because of these requirements.
    case sectionCycle([RequirementCause])
    /// A contributor takes a node out of service and has no step that puts it back.
    case missingUnlock(StepIdentity, contributor: String, owner: String)
    /// Clusters that wait for each other by their `dependency_list`.
    case clusterCycle([ItemPath])
    /// A step of the plan cannot be without one that the operator has excluded.
    case excluded(String, by: ItemPath, link: PlanSelection.Link, neededFor: String)
    /// A step is to be carried out on something that is no managed host.
    case unknownHost(StepIdentity, host: ItemPath)
}

extension PlanningError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .duplicateStep(let step, let owners):
            "step '\(step)' is declared more than once: by \(owners.joined(separator: " and by "))"
        case .cycle(let steps):
            "steps wait for each other:\n    " + steps.map(\.description).joined(separator: "\n    requires ")
        case .contradiction(let contradiction):
            "'\(contradiction.cause.step)' (\(contradiction.cause.place)) requires '\(contradiction.cause.required)', which comes later "
                + "(\(contradiction.cause.requiredPlace)): \(contradiction.order)"
        case .sectionCycle(let causes):
            "sections of the plan wait for each other:"
                + causes.map { "\n    \($0.place): '\($0.step)'\n        requires '\($0.required)' in \($0.requiredPlace)" }
                .joined()
        case .missingUnlock(let lock, let contributor, let owner):
            "'\(lock)' takes a node out of service, and nothing puts it back: plugin \(owner) gives no unlock for '\(contributor)'"
        case .clusterCycle(let clusters):
            "clusters wait for each other: " + clusters.map(\.text).joined(separator: " -> ")
        case .excluded(let excluded, let target, let link, let selected):
            switch link {
            case .required: "'\(selected)' requires '\(excluded)', which --exclude \(target) leaves out"
            case .companion: "'\(excluded)' accompanies '\(selected)' and is left out by --exclude \(target)"
            case .owed:
                "'\(excluded)' is owed by an earlier plan and comes before '\(selected)', but --exclude \(target) leaves it out"
            }
        case .unknownHost(let step, let host):
            "'\(step)' is to be carried out on \(host), which has no SSH connection"
        }
    }
}
