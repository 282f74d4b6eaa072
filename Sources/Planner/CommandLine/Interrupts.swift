import Dispatch
import Engine
import Foundation
import Synchronization

/// Signals that ask a run to stop: once, running tasks finish; twice, they are cancelled; three times, the process leaves at once.
enum Interrupts {
    /// - Parameter leaving: called before the process leaves at once; must be quick.
    static func requests(leaving: @escaping @Sendable () -> Void = {}) -> AsyncStream<StopRequest> {
        // Two requests are all that can be waiting; the third ends the process.
        let (stream, send) = AsyncStream.makeStream(of: StopRequest.self, bufferingPolicy: .bufferingNewest(2))
        let count = Counter()
        for (number, name) in [(SIGINT, "interrupt"), (SIGTERM, "termination")] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // Named here so that the source lives as long as the process.
                _ = source
                let times = count.increment()
                if times > 2 {
                    leaving()
                    Output.exit(.interrupted)
                }
                send.yield(StopRequest(cancelRunning: times == 2, by: name))
            }
            source.resume()
        }
        return stream
    }
}

/// Counts over threads.
final class Counter: Sendable {
    private let count = Mutex(0)

    func increment() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
