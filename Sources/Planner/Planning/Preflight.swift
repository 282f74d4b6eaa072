package import Model
package import PluginKit
package import TaskKit

/// What is asked of hosts before a plan is run, and what the answers mean for it. Pure: somebody else asks.
package struct Preflight: Sendable {
    /// A file of the controller, as somebody has looked at it.
    package enum Source: Hashable, Sendable {
        case file(bytes: Int)
        /// Why it cannot be sent.
        case unreadable(String)
    }

    /// One for each host on which something is still to be done, in order of the plan.
    package let inquiries: [HostInquiry]
    private let ofController: [PreflightFinding]

    /// - Parameters:
    ///   - done: the tasks of the plan that are done.
    ///   - context: the model from which the plan was made.
    ///   - sources: what is known of ``sources(of:done:)``.
    package init(
        of plan: Plan, done: Set<TaskID>, plugins: [any Plugin], context: PlanningContext, sources: [String: Source]
    ) {
        let steps = PlannedSteps(plan, done: done)
        let questions = Dictionary(
            grouping: plugins.flatMap { $0.questions(about: steps, in: context) }, by: \.host)
        let makers = Preflight.makers(of: plan, done: done)
        let sizes = sources.compactMapValues { if case .file(let bytes) = $0 { bytes } else { nil } }
        let work = HostWork.all(in: plan, done: done)
        inquiries = work.compactMap { host, work in
            guard let connection = plan.hosts[host] else { return nil }
            let survey = HostSurvey(of: host, work, sourceSizes: sizes)
            return HostInquiry(
                host, connection, questions: [survey.question] + (questions[host] ?? []), madeBy: makers[host])
        }
        ofController = Preflight.findings(of: work.flatMap(\.work.entries).map(\.task), sources)
    }

    /// The report that the replies give.
    ///
    /// - Parameter replies: one of each host.
    package func report(_ replies: [ItemPath: HostReply]) -> PreflightReport {
        var findings = ofController
        var absent: [PreflightReport.Absent] = []
        var answered = 0
        for inquiry in inquiries {
            guard let reply = replies[inquiry.path] else { continue }
            if case .answered = reply { answered += 1 }
            findings += inquiry.findings(in: reply)
            if inquiry.isAbsent(reply), let maker = inquiry.madeBy {
                absent.append(.init(host: inquiry.path, hostname: inquiry.connection.hostname, madeBy: maker.id))
            }
        }
        return PreflightReport(
            hostCount: inquiries.count, answeredCount: answered, absent: absent, findings: findings)
    }

    // MARK: Hosts that the plan makes

    /// For each host that the plan makes before it does anything there, the task that does.
    private static func makers(of plan: Plan, done: Set<TaskID>) -> [ItemPath: PlanTask] {
        var changers: [ItemPath: PlanTask] = [:]
        var used: Set<ItemPath> = []
        var makers: [ItemPath: PlanTask] = [:]
        for phase in plan.phases {
            for task in phase.tasks where !done.contains(task.id) && used.insert(task.host).inserted {
                makers[task.host] = changers[task.host]
            }
            // What happens in the same phase happens at the same time.
            for task in phase.tasks where !done.contains(task.id) && task.change != nil && changers[task.identity.item] == nil {
                changers[task.identity.item] = task
            }
        }
        return makers
    }

    // MARK: The controller

    /// Files of the controller that the plan has still to send: somebody must look whether they are there.
    package static func sources(of plan: Plan, done: Set<TaskID>) -> Set<String> {
        var sources: Set<String> = []
        for phase in plan.phases {
            for task in phase.tasks where !done.contains(task.id) {
                for write in task.action.action.needs.writes {
                    switch write.size {
                    case .source(let path), .url(_, let path?): sources.insert(path)
                    case .bytes, .url(_, nil): break
                    }
                }
            }
        }
        return sources
    }

    private static func findings(of tasks: [PlanTask], _ sources: [String: Source]) -> [PreflightFinding] {
        var told: Set<String> = []
        return tasks.flatMap { task in
            task.action.action.needs.writes.compactMap { write in
                let (path, isNeeded): (String, Bool)
                switch write.size {
                case .source(let source): (path, isNeeded) = (source, true)
                // It is sent only where the host cannot load it.
                case .url(_, let source?): (path, isNeeded) = (source, false)
                case .bytes, .url(_, nil): return nil
                }
                guard case .unreadable(let reason) = sources[path], told.insert(path).inserted else { return nil }
                return PreflightFinding(
                    isNeeded ? .blocker : .warning, "source", about: "this machine", found: "\(path): \(reason)",
                    rule: "'\(task.summary)' sends it" + (isNeeded ? "" : " when the host cannot load it"),
                    nextStep: "put it there, or correct 'source' in the model")
            }
        }
    }
}
