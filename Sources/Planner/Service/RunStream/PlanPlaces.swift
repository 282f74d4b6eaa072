package import Model
package import TaskKit

/// Where the tasks of a plan stand in it: `2.6` is the sixth task of phase 2.
package struct PlanPlaces: Sendable {
    package struct Place: Sendable {
        package let task: PlanTask
        package let phase: Int
        /// `2.6`.
        package let text: String
    }

    package let plan: Plan
    private let places: [TaskID: Place]

    /// - Complexity: O(tasks).
    package init(_ plan: Plan) {
        self.plan = plan
        var places: [TaskID: Place] = [:]
        for phase in plan.phases {
            for (index, task) in phase.tasks.enumerated() {
                places[task.id] = Place(task: task, phase: phase.number, text: "\(phase.number).\(index + 1)")
            }
        }
        self.places = places
    }

    package subscript(_ task: TaskID) -> Place? { places[task] }

    /// The task that somebody means: by its place, its id, or the beginning of its id.
    ///
    /// - Throws: ``ServiceError/wrongState(_:nextStep:)`` when there is none, or more than one.
    package func task(named name: String) throws -> Place {
        if let exact = places[TaskID(name)] ?? places.values.first(where: { $0.text == name }) { return exact }
        let begins = name.isEmpty ? [] : places.values.filter { $0.task.id.text.hasPrefix(name) }
        if begins.count == 1, let only = begins.first { return only }
        guard begins.isEmpty else {
            throw ServiceError.wrongState(
                "'\(name)' begins \(begins.count) tasks of plan \(plan.id)", nextStep: "give more of the task's id")
        }
        let near = NearestWord.to(name, among: places.keys.map(\.text))
        throw ServiceError.wrongState(
            "plan \(plan.id) has no task '\(name)'",
            nextStep: near.map { "did you mean '\($0)'?" } ?? "planner show_plan --full lists tasks; 2.6 is the sixth of phase 2")
    }

    /// What a node is called: its hostname where it has one.
    package func name(of node: ItemPath) -> String { plan.hosts[node]?.hostname ?? String(node.name) }
}
