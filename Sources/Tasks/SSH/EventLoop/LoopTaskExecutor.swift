/// Lets tasks run on the thread of an event loop. A task that mostly waits for hosts goes on there without a change of threads, which costs
/// more than what it has to do.
///
/// What runs here must be quick: while it does, no connection of the loop is served.
final class LoopTaskExecutor: TaskExecutor {
    private let reactor: Reactor

    init(_ reactor: Reactor) { self.reactor = reactor }

    func enqueue(_ job: consuming ExecutorJob) { reactor.enqueue(UnownedJob(job), from: self) }
}
