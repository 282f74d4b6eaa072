internal import CLibSSH2
internal import Glibc
internal import Synchronization

/// What a reactor tells the owner of a descriptor. Called on the reactor's thread.
protocol ReactorClient: AnyObject, Sendable {
    func descriptorIsReady()
    func reactorWillStop()
}

/// One thread that waits for descriptors, timers and jobs, and the executor of every actor that lives on it.
///
/// `@unchecked Sendable`: `inbox` is the only state that other threads touch and is under its lock. Everything in
/// `confined` is touched only while this thread runs; after the thread has ended, jobs are run one at a time by
/// whoever enqueues them (`inbox.phase` makes them exclusive), so that an actor of a stopped loop can still say so.
final class Reactor: SerialExecutor, @unchecked Sendable {
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
        var jobs: [UnownedJob] = []
        var phase = Phase.running
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
        var thread: pthread_t?
    }

    private struct Confined {
        var timers = TimerQueue()
        var clients: [Int32: any ReactorClient] = [:]
    }

    private let inbox = Mutex(Inbox())
    private var confined = Confined()
    private let epoll: Int32
    private let wakeUp: Int32

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
    }

    // MARK: The thread

    func start() throws(SSHError) {
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
            let (isStopping, hasJobs) = inbox.withLock { inbox in
                if case .stopping = inbox.phase { (true, !inbox.jobs.isEmpty) } else { (false, !inbox.jobs.isEmpty) }
            }
            if isStopping { break }
            let count = epoll_wait(epoll, &events, Int32(events.count), hasJobs ? 0 : timeout())
            for index in 0..<max(0, Int(count)) {
                let descriptor = events[index].data.fd
                if descriptor == wakeUp {
                    var value: UInt64 = 0
                    _ = read(wakeUp, &value, 8)
                } else {
                    confined.clients[descriptor]?.descriptorIsReady()
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
        // Only one caller joins; the thread has nothing left to do but to return.
        if let thread = inbox.withLock({ $0.thread.take() }) { pthread_join(thread, nil) }
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

    func enqueue(_ job: consuming ExecutorJob) {
        // The job may drop the last reference to this reactor, here or on the thread, before this function is done.
        let retained = Unmanaged.passRetained(self)
        defer { retained.release() }
        let job = UnownedJob(job)
        let (phase, isFirst) = inbox.withLock { inbox in
            inbox.jobs.append(job)
            return (inbox.phase, inbox.jobs.count == 1)
        }
        switch phase {
        // Whoever put in the first one has woken the thread, or is the thread, which looks before it waits.
        case .running, .stopping: if isFirst, !isOnThread { wake() }
        case .stopped, .draining: drainAfterTheEnd()
        }
    }

    private func runJobs() {
        let jobs = inbox.withLock { inbox in
            defer { inbox.jobs = [] }
            return inbox.jobs
        }
        for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
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

    func change(descriptor: Int32, events: UInt32) {
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
}
