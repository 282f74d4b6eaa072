package import Engine
package import Model
package import TaskKit

/// The run of one plan: what is carried out, and under which name.
package struct PlanRun: Hashable, Sendable {
    package var plan: Plan
    /// See ``JournalEntry/planSerial``.
    package var planSerial: Int
    /// Begins the names of durable runs on hosts, `PREFIX-TASK-ATTEMPT`: names the store and the stored plan, and no other.
    package var prefix: String
    /// Who carries it out, for the journal: host, process, user.
    package var controller: String

    package init(plan: Plan, planSerial: Int, prefix: String, controller: String) {
        self.plan = plan
        self.planSerial = planSerial
        self.prefix = prefix
        self.controller = controller
    }
}

/// Carries out what the engine says: asks hosts, writes the journal, and tells the engine what came of it.
package struct Runner: Sendable {
    let planRun: PlanRun
    let journal: any RunJournal
    let connector: any HostConnector
    let scripts: ScriptLibrary
    let callbacks: CallbackLibrary
    let secrets: RunSecrets
    let concealed: [SecretReference]
    let settings: RunSettings
    let observe: @Sendable (RunNotice) -> Void

    /// - Parameter secrets: gives the values of secrets; asked when a task needs one.
    /// - Parameter concealed: secrets that no task asks for and that hosts may know all the same, as from an earlier run: taken out of
    ///   everything that the run tells, as far as their values can be had.
    /// - Parameter observe: gets every record and every line of progress, from any thread; must only put it somewhere.
    package init(
        _ planRun: PlanRun, journal: any RunJournal, connector: any HostConnector, scripts: ScriptLibrary,
        callbacks: CallbackLibrary = CallbackLibrary(), secrets: any SecretSource = NoSecrets(),
        concealed: [SecretReference] = [], settings: RunSettings = RunSettings(),
        observe: @escaping @Sendable (RunNotice) -> Void = { _ in }
    ) {
        self.planRun = planRun
        self.journal = journal
        self.connector = connector
        self.scripts = scripts
        self.callbacks = callbacks
        self.secrets = RunSecrets(secrets)
        self.concealed = concealed
        self.settings = settings
        self.observe = observe
    }

    /// Carries out the plan, or what is left of it.
    ///
    /// Cancelling the calling task is a request to stop that cancels running tasks; the run still ends in order, with every
    /// outcome in the journal.
    ///
    /// - Parameter history: the journal so far; entries of other plans are passed over.
    /// - Parameter stop: requests as they come; must end its iteration when the iterating task is cancelled.
    /// - Parameter approvals: what somebody else has written into the journal of the plan while it runs, as it comes; the same.
    /// - Throws: ``PlanError`` before anything is done, when the plan or its history is inconsistent.
    package func run(
        history: [JournalEntry], stop: some AsyncSequence<StopRequest, Never> & Sendable,
        approvals: AsyncStream<JournalEntry> = AsyncStream { $0.finish() }
    ) async throws(PlanError) -> RunReport {
        let own = history.filter { $0.planSerial == planRun.planSerial }
        let events = own.lazy.map(\.event)
        let isResumed = events.contains { event in
            if case .runStarted = event { true } else { false }
        }
        let engine = try RunEngine(plan: planRun.plan, history: events, limits: settings.limits, policy: settings.policy)
        for reference in concealed {
            // What cannot be had is not known to anybody here; a task that needs it says so.
            _ = try? await secrets.value(of: reference)
        }
        let mailbox = Mailbox<RunLoop.Message>()
        // A task of its own, because a cancelled one can neither end the run in order nor write the journal.
        let loop = Task {
            let report = await withTaskExecutorPreference(connector.executor) {
                var loop = RunLoop(runner: self, engine: engine, mailbox: mailbox)
                loop.takeUp(own)
                return await loop.run(stop: stop, approvals: approvals, isResumed: isResumed)
            }
            await connector.closeAll()
            return report
        }
        return await withTaskCancellationHandler {
            await loop.value
        } onCancel: {
            mailbox.send(.stop(StopRequest(cancelRunning: true, by: "cancellation")))
        }
    }

    /// What the action of a task has at hand; nil when the plan does not know its host (which the engine has refused before).
    func context(
        for task: PlanTask, attempt: Int, output: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) -> TaskContext? {
        guard let connection = planRun.plan.hosts[task.host] else { return nil }
        let secretsOfAttempt = AttemptSecrets(secrets)
        let host = ConnectedHost(
            path: task.host, connection: connection, connector: connector, secrets: secretsOfAttempt,
            delays: settings.connectDelays, clock: settings.clock)
        var context = TaskContext(
            host: host, scripts: scripts, secrets: secretsOfAttempt,
            runIdentifier: "\(planRun.prefix)-\(task.id)-\(attempt)", clock: settings.clock,
            reconnectLimit: settings.reconnectLimit,
            report: { [observe, secrets] line in observe(.progress(task.id, secrets.redacted(line))) }, output: output)
        context.callbacks = callbacks
        return context
    }
}
