import Engine
import Model
package import TaskKit

/// What a run of a plan would do now: every task is asked its check, and nothing else is done. Touches no host, no journal and no lease.
package struct DryRun: Sendable {
    /// What would become of a task.
    package enum Answer: Hashable, Sendable {
        /// An earlier run of the plan has done it.
        case done
        /// It is true already: it would be skipped.
        case isTrue
        /// It would be carried out, for this reason.
        case wouldChange(String)
        /// What it says now is not what it will say when its turn comes: not before `until` is done, or not at all for now.
        case cannotTell(String, until: TaskID?)
        /// It cannot be asked.
        case failed(TaskFailure)
    }

    private let runner: Runner
    private let tasksPerHost = 4

    package init(_ runner: Runner) { self.runner = runner }

    /// Asks every task that is not in `done`. Hosts are asked side by side, within the limits of the run.
    ///
    /// - Returns: an answer for every task of the plan.
    package func ask(done: Set<TaskID>) async -> [TaskID: Answer] {
        let plan = runner.planRun.plan
        var answers = Dictionary(done.map { ($0, Answer.done) }, uniquingKeysWith: { first, _ in first })
        let open = plan.tasks.filter { answers[$0.id] == nil }
        let byHost = Dictionary(grouping: open, by: \.host).values.sorted {
            ($0.first?.host ?? .root) < ($1.first?.host ?? .root)
        }
        let places = max(1, runner.settings.limits.total / tasksPerHost)
        let asked = await withTaskExecutorPreference(runner.connector.executor) {
            await Concurrently.map(byHost, atMost: places) { tasks in await ask(onHost: tasks) }
        }
        for (id, answer) in asked.joined() { answers[id] = answer }
        await runner.connector.closeAll()
        return DryRun.settle(answers, in: plan)
    }

    /// The tasks of one host. It is connected first: a task without a check would not notice that it cannot be reached, and the others
    /// would each wait for it.
    private func ask(onHost tasks: [PlanTask]) async -> [(TaskID, Answer)] {
        guard let path = tasks.first?.host else { return [] }
        if let connection = runner.planRun.plan.hosts[path] {
            do {
                _ = try await runner.connector.host(at: path, connection: connection, secrets: AttemptSecrets(runner.secrets))
            } catch {
                let failure = runner.secrets.redacted(error)
                return tasks.map { ($0.id, .failed(failure)) }
            }
        }
        return await Concurrently.map(tasks, atMost: tasksPerHost) { task in (task.id, await ask(task)) }
    }

    private func ask(_ task: PlanTask) async -> Answer {
        guard let context = runner.context(for: task, attempt: 1) else {
            return .failed(TaskFailure(.failed, "the plan does not say how to reach \(task.host)"))
        }
        do {
            switch try await task.action.action.check(in: context) {
            case .satisfied, .holds: return .isTrue
            case .needed(let reason): return .wouldChange(runner.secrets.redacted(reason))
            }
        } catch {
            return .failed(runner.secrets.redacted(error))
        }
    }

    /// Says of answers that will not last, that they will not: of what accompanies a task that would change something, and of a question
    /// that could not be asked because what it is about, or the host itself, is only made by the plan.
    private static func settle(_ answers: [TaskID: Answer], in plan: Plan) -> [TaskID: Answer] {
        var settled = answers
        // For each phase, a task that would change something in it or on the way to it.
        var changes: [Int: TaskID] = [:]
        var changesOfItems: [ItemPath: TaskID] = [:]
        for phase in plan.phases {
            let before = phase.after.compactMap { changes[$0] }.last
            changes[phase.number] = before
            for task in phase.tasks {
                switch settled[task.id] {
                case .isTrue:
                    guard let trigger = task.accompanies.first(where: { settled[$0].map(isChange) ?? false }) else { break }
                    settled[task.id] = .cannotTell("it is true now, and follows a change", until: trigger)
                case .failed(let failure):
                    // A host that is there already is missed, whatever the plan does before.
                    let cause = failure.outcome == .unreachable ? changesOfItems[task.host] : before
                    if let cause { settled[task.id] = .cannotTell(failure.message, until: cause) }
                case .wouldChange, .cannotTell, .done, nil: break
                }
                guard settled[task.id].map(isChange) ?? false else { continue }
                changes[phase.number] = task.id
                changesOfItems[task.identity.item] = task.id
            }
        }
        return settled
    }

    private static func isChange(_ answer: Answer) -> Bool {
        switch answer {
        case .wouldChange, .cannotTell: true
        case .done, .isTrue, .failed: false
        }
    }
}
