package import Model

/// What a step is, whatever it would make true today: the item it serves, the host on whose behalf, and its name. What was
/// applied is recorded under this identity, so that a change of content is recognised as a change and not as a new step.
package struct StepIdentity: Hashable, Sendable, Codable {
    package var item: ItemPath
    /// The managed host (a node or the management server) that the step is about; nil for a step of a whole cluster or site.
    package var node: ItemPath?
    package var name: String

    package init(item: ItemPath, node: ItemPath? = nil, name: String) {
        self.item = item
        self.node = node
        self.name = name
    }
}

extension StepIdentity: Comparable {
    package static func < (left: StepIdentity, right: StepIdentity) -> Bool {
        if left.item != right.item { return left.item < right.item }
        if left.node != right.node {
            guard let leftNode = left.node else { return true }
            guard let rightNode = right.node else { return false }
            return leftNode < rightNode
        }
        return NaturalOrder.isBefore(left.name, right.name)
    }
}

extension StepIdentity: CustomStringConvertible {
    package var description: String { "\(name) of \(item)" + (node.map { " on \($0.name)" } ?? "") }
}

/// Names a task of a plan: eight hexadecimal digits made from its ``StepIdentity`` (more where two steps of a plan would share them),
/// so that the same step has the same id in every plan, log and run directory.
package struct TaskID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var description: String { text }
    package static func < (left: TaskID, right: TaskID) -> Bool { left.text < right.text }
}
