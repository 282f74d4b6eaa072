internal import CLibSSH2
internal import Glibc
internal import Synchronization

/// What a reactor tells the owner of a descriptor. Called on the reactor's thread.
protocol ReactorClient: AnyObject, Sendable {
    /// The descriptor has become readable, writable or useless; told once each time that it does.
    func descriptorIsReady(_ events: UInt32)
    /// What the client has put off until here is due: see ``Reactor/callBeforeWaiting(_:)``.
    func reactorWillWait()
    func reactorWillStop()
}

/// One thread that waits for descriptors, timers and jobs, and the executor of every actor that lives on it.
///
/// `@unchecked Sendable`: `inbox` is the only state that other threads touch and is under its lock. Everything in
/// `confined` is touched only while this thread runs; after the thread has ended, jobs are run one at a time by
/// whoever enqueues them (`inbox.phase` makes them exclusive), so that an actor of a stopped loop can still say so.
final class Reactor: SerialExecutor, @unchecked Sendable {
    /// What is to be run.
    private struct Job {
        let job: UnownedJob
        /// By whom a task that prefers to run here was sent; nil: the job is of an actor that lives here.
        let sender: LoopTaskExecutor?
    }

    private enum Phase {
        case running
        /// The thread will end as soon as its clients have been told.
        case stopping
        /// The thread has ended; nobody runs jobs.
        case stopped
        /// The thread has ended; some caller of `enqueue` runs jobs.
        case draining(pthread_t)
    }

    private struct Inbox {
        var jobs: [Job] = []
        var phase = Phase.running
        /// Whether the thread is about to wait, so that it must be woken for a job.
        var isIdle = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
        var thread: pthread_t?
    }

    private struct Confined {
        var timers = TimerQueue()
        var clients: [Int32: any ReactorClient] = [:]
        /// The jobs that are being run; kept for its room.
        var batch: [Job] = []
        /// Who is to be called before the thread waits.
        var beforeWaiting: [any ReactorClient] = []
        /// Who is to be called before long.
        var soon: [any ReactorClient] = []
        /// Tells the runtime that a task which prefers this loop need not go elsewhere after an actor's job.
        var tasks: LoopTaskExecutor?
    }

    private let inbox = Mutex(Inbox())
    private var confined = Confined()
    private let epoll: Int32
    private let wakeUp: Int32
    /// For whoever reads on this thread, until it is done with what it has read.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    init() throws(SSHError) {
        epoll = epoll_create1(planner_epoll_close_on_exec)
        wakeUp = eventfd(0, planner_eventfd_flags)
        guard epoll >= 0, wakeUp >= 0, planner_control(epoll, EPOLL_CTL_ADD, wakeUp, planner_epoll_in) == 0 else {
            throw SSHError(.library(errno), message: "no event loop: \(systemMessage(errno))")
        }
    }

    deinit {
        // The thread holds the reactor, so it has ended (or never started).
        if epoll >= 0 { close(epoll) }
        if wakeUp >= 0 { close(wakeUp) }
        buffer.deallocate()
    }

    // MARK: The thread

    /// - Parameter tasks: sends tasks here; known to the thread until it ends.
    func start(for tasks: LoopTaskExecutor) throws(SSHError) {
        confined.tasks = tasks
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Reactor>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard code == 0 else {
            Unmanaged.passUnretained(self).release()
            confined.tasks = nil
            throw SSHError(.library(code), message: "no thread for the event loop: \(systemMessage(code))")
        }
        inbox.withLock { $0.thread = thread }
    }

    private func run() {
        planner_name_thread("ssh-loop")
        inbox.withLock { $0.thread = pthread_self() }
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            runJobs()
            runTimers()
            callClients(taking: \.beforeWaiting)
            let (isStopping, isIdle) = inbox.withLock { inbox in
                inbox.isIdle = inbox.jobs.isEmpty
                if case .stopping = inbox.phase { return (true, inbox.isIdle) }
                return (false, inbox.isIdle)
            }
            if isStopping { break }
            let count = epoll_wait(epoll, &events, Int32(events.count), isIdle ? timeout() : 0)
            if isIdle { inbox.withLock { $0.isIdle = false } }
            for index in 0..<max(0, Int(count)) {
                let descriptor = events[index].data.fd
                if descriptor == wakeUp {
                    var value: UInt64 = 0
                    _ = read(wakeUp, &value, 8)
                } else {
                    confined.clients[descriptor]?.descriptorIsReady(events[index].events)
                }
            }
        }
        end()
    }

    private func end() {
        for client in confined.clients.values { client.reactorWillStop() }
        runJobs()
        confined = Confined()
        let (waiters, isDetached) = inbox.withLock { inbox in
            inbox.phase = .stopped
            defer { inbox.stopWaiters = [] }
            return (inbox.stopWaiters, inbox.stopWaiters.isEmpty)
        }
        if isDetached { pthread_detach(pthread_self()) }
        for waiter in waiters { waiter.resume() }
        drainAfterTheEnd()
    }

    /// Ends the thread, and returns when it is gone. Every client is told first.
    func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isOver = inbox.withLock { inbox in
                switch inbox.phase {
                case .running, .stopping:
                    inbox.phase = .stopping
                    inbox.stopWaiters.append(continuation)
                    return false
                case .stopped, .draining:
                    return true
                }
            }
            if isOver { continuation.resume() } else { wake() }
        }
        // Only one caller joins; the thread has nothing left to do but to return. Called on the thread itself, it is left to end by itself.
        guard let thread = inbox.withLock({ $0.thread.take() }) else { return }
        if pthread_equal(thread, pthread_self()) != 0 { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }

    /// Ends the thread without waiting for it; nothing if it was stopped before.
    func stopDetached() {
        let isRunning = inbox.withLock { inbox in
            guard case .running = inbox.phase else { return false }
            inbox.phase = .stopping
            return true
        }
        if isRunning { wake() }
    }

    private func timeout() -> Int32 {
        guard let due = confined.timers.nextDue() else { return -1 }
        return ContinuousClock.now.duration(to: due).milliseconds
    }

    private func runTimers() {
        let now = ContinuousClock.now
        while let action = confined.timers.popDue(at: now) { action() }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }

    // MARK: Jobs

    func enqueue(_ job: consuming ExecutorJob) { enqueue(UnownedJob(job), from: nil) }

    /// - Parameter sender: see ``Job/sender``.
    func enqueue(_ job: UnownedJob, from sender: LoopTaskExecutor?) {
        // The job may drop the last reference to this reactor, here or on the thread, before this function is done.
        let retained = Unmanaged.passRetained(self)
        defer { retained.release() }
        let (phase, isIdle) = inbox.withLock { inbox in
            inbox.jobs.append(Job(job: job, sender: sender))
            defer { inbox.isIdle = false }
            return (inbox.phase, inbox.isIdle)
        }
        switch phase {
        case .running, .stopping: if isIdle { wake() }
        case .stopped, .draining: drainAfterTheEnd()
        }
    }

    /// So often what jobs have left to do is done at once, before descriptors are looked at again.
    private static let rounds = 16

    private func runJobs() {
        for _ in 0..<Self.rounds {
            inbox.withLock { swap(&$0.jobs, &confined.batch) }
            if confined.batch.isEmpty { return }
            for job in confined.batch { run(job) }
            confined.batch.removeAll(keepingCapacity: true)
        }
    }

    private func run(_ job: Job) {
        if let sender = job.sender {
            job.job.runSynchronously(on: sender.asUnownedTaskExecutor())
        } else if let tasks = confined.tasks {
            job.job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: tasks.asUnownedTaskExecutor())
        } else {
            job.job.runSynchronously(on: asUnownedSerialExecutor())
        }
    }

    private func drainAfterTheEnd() {
        let isMine = inbox.withLock { inbox in
            guard case .stopped = inbox.phase else { return false }
            inbox.phase = .draining(pthread_self())
            return true
        }
        guard isMine else { return }
        while true {
            runJobs()
            let isDone = inbox.withLock { inbox in
                guard inbox.jobs.isEmpty else { return false }
                inbox.phase = .stopped
                return true
            }
            if isDone { return }
        }
    }

    private var isOnThread: Bool {
        inbox.withLock { inbox in
            switch inbox.phase {
            case .draining(let thread): return pthread_equal(thread, pthread_self()) != 0
            case .running, .stopping, .stopped:
                guard let thread = inbox.thread else { return false }
                return pthread_equal(thread, pthread_self()) != 0
            }
        }
    }

    func checkIsolated() {
        precondition(isOnThread, "state of the SSH event loop used from another thread")
    }

    // MARK: For the actors that live here (on the thread only)

    func add(_ client: any ReactorClient, descriptor: Int32, events: UInt32) -> Bool {
        guard planner_control(epoll, EPOLL_CTL_ADD, descriptor, events) == 0 else { return false }
        confined.clients[descriptor] = client
        return true
    }

    /// Lets everything be told anew that is so already.
    func renew(descriptor: Int32, events: UInt32) {
        _ = planner_control(epoll, EPOLL_CTL_MOD, descriptor, events)
    }

    func remove(descriptor: Int32) {
        _ = planner_control(epoll, EPOLL_CTL_DEL, descriptor, 0)
        confined.clients[descriptor] = nil
    }

    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> TimerQueue.Identifier {
        confined.timers.schedule(at: .now + delay, action)
    }

    func cancel(timer: TimerQueue.Identifier) {
        confined.timers.cancel(timer)
    }

    /// Calls a client when all jobs of this moment are done: what they have to send then goes out together.
    func callBeforeWaiting(_ client: any ReactorClient) { confined.beforeWaiting.append(client) }

    /// How long it may take until ``callSoon(_:)`` calls: mostly something else has to be sent before.
    private static let patience = Duration.seconds(1)

    /// Calls a client before long, for what nobody waits for: many share one wake-up.
    func callSoon(_ client: any ReactorClient) {
        confined.soon.append(client)
        guard confined.soon.count == 1 else { return }
        _ = schedule(after: Self.patience) { [unowned self] in callClients(taking: \.soon) }
    }

    private func callClients(taking list: WritableKeyPath<Confined, [any ReactorClient]>) {
        let clients = confined[keyPath: list]
        if clients.isEmpty { return }
        confined[keyPath: list] = []
        for client in clients { client.reactorWillWait() }
    }
}
