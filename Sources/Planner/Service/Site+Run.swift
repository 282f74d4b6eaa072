package import Engine
import Model
package import Runner
import Secrets
package import Store
package import TaskKit

/// Running plans.
extension Site {
    /// What a run needs from outside.
    package struct RunEnvironment: Sendable {
        /// Reaches the hosts.
        package var connector: any HostConnector
        /// Requests to stop from this process: interrupts.
        package var stop: AsyncStream<Engine.StopRequest>
        /// Seconds since 1970.
        package var now: @Sendable () -> Double
        package var observe: @Sendable (RunNotice) -> Void
        /// The environment variables to which `{env: NAME}` may refer.
        package var variables: [String: String] = [:]
        /// What somebody wants of this run, beside the plan.
        package var wishes = RunWishes()
        /// How often a task is tried whose plan does not say it.
        package var retries = RetryPolicy.standard
        /// For how long a host that was lost under a task is waited for.
        package var reconnectLimit: Duration = .seconds(60)
        package var faults: any RecordFaults = NoRecordFaults()

        package init(
            connector: any HostConnector, stop: AsyncStream<Engine.StopRequest>, now: @escaping @Sendable () -> Double,
            observe: @escaping @Sendable (RunNotice) -> Void
        ) {
            self.connector = connector
            self.stop = stop
            self.now = now
            self.observe = observe
        }
    }

    /// Carries out the current plan, or what is left of it.
    ///
    /// - Parameters:
    ///   - command: what the operator called, where it was not `run_plan`.
    ///   - known: the plan, when it was read already.
    /// - Throws: ``ServiceError`` before anything is touched: no plan, a stale one, one in the wrong state, another run.
    package func runPlan(
        resuming: Bool, command: String? = nil, knowing known: StoredPlan? = nil, in environment: RunEnvironment
    ) async throws -> RunReport {
        guard let plan = try ServiceError.wrapping({ try store.currentPlanOutline() }) else { throw ServiceError.noPlan }
        if let refusal = try refusal(of: plan, resuming: resuming, ignoring: nil) { throw refusal }
        let holder = ProcessIdentity.current(
            command: command ?? (resuming ? "planner run_plan --resume" : "planner run_plan"))
        try acquireLease(holder, for: plan, now: environment.now())
        defer {
            // The lease of a process that ends is void anyway; a full disk must not hide how the run ended.
            try? store.release(holder)
        }
        // Once more under the lease: another run may have come between.
        guard let stored = try ServiceError.wrapping({ try store.currentPlan(knowing: known) }) else { throw ServiceError.noPlan }
        if let refusal = try refusal(of: stored.outline, resuming: resuming, ignoring: holder) { throw refusal }
        guard plan.serial == stored.serial else {
            throw ServiceError.wrongState("the plan was exchanged meanwhile", nextStep: "planner show_plan shows the new one")
        }
        // What was asked of an earlier run is done; only who asks from now on means this one.
        try ServiceError.wrapping { try store.clearStopRequest(planSerial: stored.serial) }
        return try await run(stored, holder: holder, in: environment)
    }

    private func run(_ stored: StoredPlan, holder: LeaseHolder, in environment: RunEnvironment) async throws -> RunReport {
        let history = try ServiceError.wrapping { try store.journal(planSerial: stored.serial) }
        let progress: PlanProgress
        do {
            progress = try PlanProgress(of: stored.plan, history: history.map(\.event))
        } catch {
            throw ServiceError.wrongState("\(error)", nextStep: "planner create_plan makes a new plan")
        }
        let comparison = TreeComparison(declared: try declared().resolved, applied: try applied())
        let book = RunBook(
            store: store, plan: stored, holder: holder, succeeded: Set(progress.tasks.filter(\.value.isSuccess).keys),
            debts: try ServiceError.wrapping { try store.owedSteps() }, comparison: comparison, environment: environment)
        let run = PlanRun(
            plan: stored.plan, planSerial: stored.serial,
            prefix: "\(try ServiceError.wrapping { try store.lineage })-\(stored.serial)",
            controller: holder.description)
        let source = SiteSecrets(store: secrets, variables: environment.variables)
        try await refuseMissingSecrets(of: progress, plan: stored.plan, source: source)
        var settings = RunSettings()
        settings.retries = environment.retries
        settings.reconnectLimit = environment.reconnectLimit
        settings.policy = try policy(of: stored.plan, environment.wishes, width: settings.limits.total, now: environment.now())
        let log = TaskLogWriter(
            directory: logs, serial: stored.serial, places: PlanPlaces(stored.plan), now: environment.now())
        let runner = Runner(
            run, journal: book, connector: environment.connector, scripts: scripts, callbacks: callbacks, secrets: source,
            concealed: knownSecrets(of: stored.plan, comparison), settings: settings,
            observe: { notice in
                log.notice(notice)
                environment.observe(notice)
            })
        defer { log.finish() }
        let approvals = ApprovalWatch(store: store, stored: stored, after: history.last?.sequence ?? 0)
        let stops = StopSignals(store: store, planSerial: stored.serial, interrupts: environment.stop)
        return try await withThrowingTaskGroup(of: RunReport?.self) { group in
            group.addTask { try await runner.run(history: history, stop: stops.requests, approvals: approvals.entries) }
            group.addTask {
                await approvals.watch()
                return nil
            }
            group.addTask {
                await stops.watch()
                return nil
            }
            group.addTask {
                await beat(holder, now: environment.now)
                return nil
            }
            defer { group.cancelAll() }
            for try await report in group { if let report { return report } }
            throw CancellationError()
        }
    }

    /// Tells others every few seconds that the run is alive.
    private func beat(_ holder: LeaseHolder, now: @Sendable () -> Double) async {
        while !Task.isCancelled {
            // A heartbeat that cannot be written is no reason to stop: the journal decides that, and asks for the lease too.
            try? store.heartbeat(holder, now: now())
            do { try await Task.sleep(for: .seconds(5)) } catch { return }
        }
    }

    // MARK: Before a run

    /// Throws when the current plan could not be run now.
    package func refuseRun(resuming: Bool) throws {
        guard let plan = try ServiceError.wrapping({ try store.currentPlanOutline() }) else { throw ServiceError.noPlan }
        if let refusal = try refusal(of: plan, resuming: resuming, ignoring: nil) { throw refusal }
    }

    /// Why a plan cannot be run now; nil when it can.
    ///
    /// - Parameter own: the lease of this process, when it holds it already.
    private func refusal(of plan: PlanOutline, resuming: Bool, ignoring own: LeaseHolder?) throws -> ServiceError? {
        let id = plan.id
        switch plan.state {
        case .initial: break
        case .successful:
            return ServiceError.wrongState(
                "plan \(id) was carried out already", nextStep: "planner create_plan makes a plan for what has changed since")
        case .running, .failed, .stopped:
            if let lease = try activeLease(), own?.isSameProcess(as: lease.holder) != true {
                return ServiceError.runActive(holder: lease.refusal(at: now()))
            }
            guard resuming else {
                return ServiceError.wrongState(
                    "plan \(id) was started already and is not finished",
                    nextStep: "planner run_plan --resume goes on where it stopped")
            }
        case .removed, .superseded: return ServiceError.noPlan
        }
        let staleness = try staleness(ofOutline: plan)
        return staleness.isEmpty ? nil : ServiceError.stalePlan(id: id, reasons: staleness)
    }

    private func acquireLease(_ holder: LeaseHolder, for plan: PlanOutline, now: Double) throws {
        let answer = try ServiceError.wrapping {
            try store.acquireLease(holder, planSerial: plan.serial, now: now)
        }
        if case .held(let other) = answer { throw ServiceError.runActive(holder: other.refusal(at: now)) }
    }

    /// Who runs a plan at this moment; nil when nobody does, or the one who did is dead.
    package func activeHolder() throws -> LeaseHolder? { try activeLease()?.holder }

    private func activeLease() throws -> Lease? {
        guard let lease = try ServiceError.wrapping({ try store.leaseHolder() }) else { return nil }
        return lease.isHeld(at: now()) ? lease : nil
    }

    // MARK: Stopping

    /// Asks the active run to stop: running tasks finish; asked again, or with `cancelRunning`, they are cancelled.
    ///
    /// - Returns: who is asked.
    package func stopPlan(cancelRunning: Bool, by: String, now: Double) throws -> LeaseHolder {
        guard let plan = try ServiceError.wrapping({ try store.currentPlanOutline() }) else { throw ServiceError.noPlan }
        guard let holder = try activeHolder() else {
            throw ServiceError.wrongState(
                "no run is active", nextStep: "planner status shows how the last one ended")
        }
        try ServiceError.wrapping {
            let before = try store.stopRequest(planSerial: plan.serial)
            try store.requestStop(
                planSerial: plan.serial, level: cancelRunning || before != nil ? .cancelRunning : .finishRunning, by: by,
                now: now)
        }
        return holder
    }
}
