import Model
import PluginKit
import TaskKit

/// Which steps are in the plan: exactly the difference, what accompanies it, and what is owed (DESIGN section 4, rules 2 to 4).
struct StepSelection {
    private(set) var selected: [SelectedStep] = []
    /// Applied nodes that are disrupted: each has a block of its own, its locks around it.
    private(set) var rollingNodes: Set<ItemPath> = []
    /// Nodes that an earlier plan left out of service, or left before anything said that they serve.
    private(set) var owedNodes: Set<ItemPath> = []
    /// Those of them that are out of service for sure: their unlock or rejoin was not reached.
    private(set) var outNodes: Set<ItemPath> = []

    /// Items that no plugin has anything to do with.
    private(set) var unhandled: [UnhandledItem] = []
    /// The unfinished plans, by position in ``PlanningInput/attempts``, by which something is known that has yet to be taken away.
    private(set) var attemptsInUse: Set<Int> = []

    private let input: PlanningInput
    private let context: PlanningContext
    private var owners: [StepIdentity: String] = [:]
    /// Nodes that were never applied as a whole, and on which something serves all the same: a part of the site was applied, or the plan that
    /// installs it did not come to its end.
    private let servingNodes: Set<ItemPath>

    init(_ input: PlanningInput) throws(PlanningError) {
        self.input = input
        context = input.context
        servingNodes = StepSelection.servingNodes(in: input.context)
        var companions: [Step] = []
        var undo: [UndoSearch.Found] = []
        var locks: [NodeLock] = []
        var handling = UnhandledItems(input)
        for plugin in input.plugins {
            let steps = plugin.steps(in: context)
            handling.note(steps)
            // Growing would hash every identity anew, again and again.
            owners.reserveCapacity(owners.count + steps.count)
            for step in steps {
                try claim(step, for: plugin.name)
                if case .companion = step.role { companions.append(step) } else { addChange(step) }
            }
            let undoSteps = UndoSearch.steps(of: plugin, in: input)
            handling.note(undoSteps.map(\.step))
            for found in undoSteps { try claim(found.step, for: plugin.name) }
            undo += undoSteps
            let nodeLocks = plugin.locks(in: context)
            for lock in nodeLocks {
                // A node that nothing puts back must not be taken out.
                guard !lock.unlock.isEmpty else {
                    throw .missingUnlock(lock.lock.identity, contributor: lock.name, owner: plugin.name)
                }
                for step in [lock.lock] + lock.unlock { try claim(step, for: plugin.name) }
            }
            locks += nodeLocks
            handling.note(nodeLocks.map(\.lock))
        }
        unhandled = handling.items
        addUndo(undo)
        let owed = Dictionary(input.owed.map { ($0.task.identity, $0) }, uniquingKeysWith: { first, _ in first })
        let aroundSection: Set<DeploymentGroup> = [.preNodeLock, .lock, .unlock, .postNodeUnlock, .healthGate]
        owedNodes = Set(input.owed.filter { aroundSection.contains($0.task.group) }.compactMap(\.task.identity.node))
        outNodes = Set(
            input.owed.filter { $0.task.group == .unlock || $0.task.nodeChange != nil }.compactMap(\.task.identity.node))
        addLocks(locks, owed: owed)
        addCompanions(companions, owed: owed)
        if !owed.isEmpty {
            let chosen = chosen
            addOrphans(owed.filter { !chosen.contains($0.key) })
        }
        orderUndo()
    }

    private mutating func claim(_ step: Step, for plugin: String) throws(PlanningError) {
        guard let owner = owners.updateValue(plugin, forKey: step.identity) else { return }
        throw .duplicateStep(step.identity, owners: [owner, plugin])
    }

    // MARK: Changes and their undoing

    private mutating func addChange(_ step: Step) {
        let fingerprint = step.fingerprint(secretVersions: context.secretVersions)
        let applied = input.appliedSteps[step.identity]
        guard applied != fingerprint.text, input.admits(step.identity) else { return }
        let (group, cluster) = place(of: step)
        let changed = applied.flatMap { fingerprint.secretsChanged(since: StepFingerprint(text: $0)) }
        let reasons = changed.map { $0.map { Reason.secretChanged($0) } } ?? self.reasons(for: step)
        add(SelectedStep(step, group: group, cluster: cluster, reasons: reasons, fingerprint: fingerprint))
        guard case .change(let effect) = step.role, group == .node || group == .upgradeBoot, let path = step.identity.node,
            let node = context.node(at: path), isInService(node) ? effect > .live : isLockedInitially(node)
        else { return }
        rollingNodes.insert(path)
    }

    private static func servingNodes(in context: PlanningContext) -> Set<ItemPath> {
        let unapplied = Set(context.nodes.filter { !$0.isApplied }.map(\.path))
        guard !unapplied.isEmpty else { return [] }
        return Set(context.instances.filter { unapplied.contains($0.node) && context.wasApplied($0) }.map(\.node))
    }

    /// Whether anybody may use the node already: only then there is something to disturb.
    private func isInService(_ node: ManagedNode) -> Bool { node.isApplied || servingNodes.contains(node.path) }

    /// Whether a node that was never applied is taken out of service all the same (`--initial-lock-tasks`): with others of a cluster that is
    /// applied.
    private func isLockedInitially(_ node: ManagedNode) -> Bool {
        guard input.locking.locksInitialNodes, let cluster = node.cluster, context.applied[cluster] != nil else { return false }
        return context.nodes(of: cluster).count > 1
    }

    private mutating func add(_ step: SelectedStep) { selected.append(step) }

    /// What is in the plan so far. O(steps).
    private var chosen: Set<StepIdentity> { Set(selected.map(\.identity)) }

    /// The group by tag or by rule, and the cluster whose section the step stands in.
    private func place(of step: Step) -> (DeploymentGroup, ItemPath?) {
        let node = step.identity.node.flatMap { input.node(at: $0) }
        let cluster = node?.cluster ?? input.cluster(around: step.identity.item)
        let group: DeploymentGroup
        if let tag = step.group {
            group = tag
        } else if let node {
            group = node.isManagementServer ? .managementServer : .node
        } else {
            group = cluster == nil ? .managementServer : .cluster
        }
        return (group, group.isPerCluster ? cluster : nil)
    }

    private mutating func addUndo(_ steps: [UndoSearch.Found]) {
        guard !steps.isEmpty else { return }
        var recorded: Set<StepScope> = []
        for identity in input.appliedSteps.keys {
            var path: ItemPath? = identity.item
            while let current = path {
                recorded.insert(StepScope(item: current))
                recorded.insert(StepScope(item: current, node: identity.node))
                path = current.parent
            }
        }
        for found in steps {
            let step = found.step
            guard case .undo(let scopes) = step.role, scopes.contains(where: recorded.contains) else { continue }
            if let attempt = found.attempt { attemptsInUse.insert(attempt) }
            guard input.admits(step.identity) else { continue }
            let (group, cluster) = place(of: step)
            let gone = scopes.map(\.item).filter { context.declared[$0] == nil }
            var reasons = Array(Set(gone)).sorted().map { Reason.removed($0) }
            if reasons.isEmpty { reasons = step.identity.node.map { [.removedFrom(step.identity.item, node: $0)] } ?? [] }
            if reasons.isEmpty { reasons = self.reasons(for: step) }
            add(SelectedStep(step, group: group, cluster: cluster, reasons: reasons))
        }
    }

    /// What was made later is taken away earlier.
    private mutating func orderUndo() {
        let positions = selected.indices.filter { selected[$0].isUndo }
        let blocks = rollingNodes.union(owedNodes)
        let contexts = [context] + attemptsInUse.sorted().map { input.attempts[$0] }
        let before = UndoSearch.order(of: positions.map { selected[$0] }, input: input, made: contexts) { left, right in
            guard left.group == right.group, left.cluster == right.cluster else { return false }
            let nodes = [left, right].compactMap(\.identity.node)
            return !left.group.isPerNode || left.identity.node == right.identity.node || !nodes.contains(where: blocks.contains)
        }
        for position in positions {
            selected[position].require(before[selected[position].identity]?.sorted() ?? [])
        }
    }

    // MARK: What accompanies them

    private mutating func addLocks(_ locks: [NodeLock], owed: [StepIdentity: OwedTask]) {
        guard !locks.isEmpty else { return }
        let disruptive = Dictionary(
            grouping: selected.filter { step in
                guard step.group == .node || step.group == .upgradeBoot else { return false }
                return step.effect > .live
                    || step.identity.node.flatMap { context.node(at: $0) }.map { !$0.isApplied } == true
            },
            by: \.identity.node)
        for lock in locks {
            let section = isLocked(lock.node) ? disruptive[lock.node] ?? [] : []
            let reason = Reason.accompanies(section.map(\.identity).sorted())
            let cluster = context.node(at: lock.node)?.cluster
            if !section.isEmpty {
                add(SelectedStep(lock.lock, group: .lock, cluster: cluster, reasons: [reason]))
            }
            lockOrder[lock.lock.identity] = LockOrder(
                priority: lock.priority, name: lock.name, lock: lock.lock.identity, position: 0)
            for (position, step) in lock.unlock.enumerated() {
                lockOrder[step.identity] = LockOrder(
                    priority: lock.priority, name: lock.name, lock: lock.lock.identity, position: position)
                let debt = owed[step.identity].map { [Reason.owed(plan: $0.plan)] } ?? []
                guard !section.isEmpty || !debt.isEmpty else { continue }
                add(
                    SelectedStep(
                        step, group: .unlock, cluster: cluster, reasons: (section.isEmpty ? [] : [reason]) + debt,
                        accompanies: section.isEmpty ? [] : [lock.lock.identity]))
            }
        }
    }

    /// When a lock or unlock step has its turn within the block of a node. Unlocks whose contributor is gone come last.
    struct LockOrder {
        var priority: Int
        var name: String
        /// The lock of the contributor, which tells two of the same name apart.
        var lock: StepIdentity?
        var position: Int
    }

    /// The turn of each lock and unlock step.
    private(set) var lockOrder: [StepIdentity: LockOrder] = [:]

    private mutating func addCompanions(_ companions: [Step], owed: [StepIdentity: OwedTask]) {
        guard !companions.isEmpty else { return }
        var byTrigger: [Step.Trigger: [Int]] = [:]
        for (position, step) in companions.enumerated() {
            guard case .companion(let triggers) = step.role else { continue }
            for trigger in triggers { byTrigger[trigger, default: []].append(position) }
        }
        var isIncluded = companions.map { owed[$0.identity] != nil }
        var pending = selected.map { Step.Trigger.step($0.identity) } + rollingNodes.sorted().map { .lockedSection($0) }
        for (position, step) in companions.enumerated() where isIncluded[position] { pending.append(.step(step.identity)) }
        while let trigger = pending.popLast() {
            for position in byTrigger[trigger] ?? [] where !isIncluded[position] {
                guard belongs(companions[position]) else { continue }
                isIncluded[position] = true
                pending.append(.step(companions[position].identity))
            }
        }
        let included = Set(zip(companions, isIncluded).filter(\.1).map(\.0.identity)).union(chosen)
        for (step, isIncluded) in zip(companions, isIncluded) where isIncluded {
            guard case .companion(let triggers) = step.role else { continue }
            let present = triggers.compactMap { trigger -> StepIdentity? in
                if case .step(let identity) = trigger, included.contains(identity) { identity } else { nil }
            }
            let debt = owed[step.identity].map { [Reason.owed(plan: $0.plan)] } ?? []
            var (group, cluster) = place(of: step)
            // Without a lock nothing else brings back what the change stopped, and what follows in the node's block counts on it.
            if step.isCoveredByUnlock, let node = step.identity.node, rollingNodes.contains(node) { group = .node }
            add(
                SelectedStep(
                    step, group: group, cluster: cluster,
                    reasons: (present.isEmpty ? [] : [.accompanies(present.sorted())]) + debt, accompanies: present))
        }
    }

    /// Whether the node is taken out of service, and the operator did not say that it is to be changed without.
    private func isLocked(_ node: ItemPath) -> Bool {
        rollingNodes.contains(node) && input.locking.locks(context.node(at: node)?.cluster)
    }

    /// What stands around a locked section vanishes when there is none.
    private func belongs(_ step: Step) -> Bool {
        if step.isCoveredByUnlock, let node = step.identity.node, isLocked(node) { return false }
        switch step.group {
        case .preNodeLock, .postNodeUnlock, .healthGate:
            return step.identity.node.map(rollingNodes.contains) ?? false
        default: return true
        }
    }

    /// Debts that no plugin declares any more. What they require is not known either: those of one node and group are carried out one after
    /// the other, a companion after what it accompanies, and what says that the node is back at the end.
    private mutating func addOrphans(_ orphans: [StepIdentity: OwedTask]) {
        let hosts = orphans.isEmpty ? [:] : input.hosts
        let undone = selected.flatMap(\.forgets)
        let open = orphans.values.filter { orphan in
            // What is taken away needs nothing any more; and there is no way to a host that is in neither tree.
            hosts[orphan.task.host] != nil
                && !undone.contains { $0.contains(orphan.task.identity) }
        }
        let sections = Dictionary(grouping: open) { Section(node: $0.task.identity.node, group: $0.task.group) }
        for (section, debts) in sections {
            let byID = Dictionary(debts.map { ($0.task.id, $0.task) }, uniquingKeysWith: { first, _ in first })
            func depth(_ task: PlanTask, below: Set<TaskID>) -> Int {
                let triggers = task.accompanies.filter { !below.contains($0) }.compactMap { byID[$0] }
                return triggers.map { depth($0, below: below.union([$0.id])) + 1 }.max() ?? 0
            }
            let ranked = debts.map { debt in
                (debt: debt, isLast: debt.task.nodeChange != nil, depth: depth(debt.task, below: [debt.task.id]))
            }
            let ordered = ranked.sorted { left, right in
                if left.isLast != right.isLast { return right.isLast }
                if left.depth != right.depth { return left.depth < right.depth }
                return left.debt.task.identity < right.debt.task.identity
            }
            var previous: StepIdentity?
            for (position, item) in ordered.enumerated() {
                let step = SelectedStep(item.debt)
                if let previous { step.require(CollectionOfOne(previous)) }
                previous = step.identity
                if section.group == .unlock { lockOrder[step.identity] = LockOrder(priority: .min, name: "", position: position) }
                selected.append(step)
            }
        }
    }

    private struct Section: Hashable {
        var node: ItemPath?
        var group: DeploymentGroup
    }

    // MARK: Reasons

    /// What changed in the items that go into a step.
    private func reasons(for step: Step) -> [Reason] {
        let comparison = context.comparison
        if comparison.state(of: step.identity.item) == .initial { return [.created(step.identity.item)] }
        if step.identity.node.map({ comparison.state(of: $0) == .initial }) == true, let node = step.identity.node {
            return [.created(node)]
        }
        var reasons: [Reason] = []
        for path in [step.identity.item] + step.inputs {
            switch comparison.state(of: path) {
            case .initial: reasons.append(.created(path))
            case .updated:
                reasons += comparison.changes(of: path).map {
                    .changed(path, property: $0.property, old: $0.old?.text, new: $0.new?.text)
                }
            case .forRemoval: reasons.append(.removed(path))
            case .applied, nil: continue
            }
        }
        if reasons.isEmpty {
            reasons = comparison.removed.filter { $0.path.isWithin(step.identity.item) }.map { .removed($0.path) }
        }
        return reasons.isEmpty ? [.notApplied(step.identity.item)] : reasons
    }
}
