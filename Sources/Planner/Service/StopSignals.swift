import Engine
import Store

/// Requests to stop from both sides: interrupts of this process, and `stop_plan` of another, which leaves them in the store.
struct StopSignals: Sendable {
    let requests: AsyncStream<Engine.StopRequest>
    private let send: AsyncStream<Engine.StopRequest>.Continuation
    private let store: Store
    private let planSerial: Int
    private let interrupts: AsyncStream<Engine.StopRequest>

    init(store: Store, planSerial: Int, interrupts: AsyncStream<Engine.StopRequest>) {
        self.store = store
        self.planSerial = planSerial
        self.interrupts = interrupts
        // Two requests are all that there can be: stop, and cancel.
        (requests, send) = AsyncStream.makeStream(of: Engine.StopRequest.self, bufferingPolicy: .bufferingNewest(2))
    }

    /// Passes requests on until it is cancelled.
    func watch() async {
        await withTaskGroup { group in
            group.addTask { for await request in interrupts { send.yield(request) } }
            group.addTask { await watchStore() }
        }
        send.finish()
    }

    /// Other processes' writes are not announced by SQLite: asked twice a second, which is as quick as a person's second thought.
    private func watchStore() async {
        var seen = 0
        while !Task.isCancelled {
            // A store that cannot be read now is asked again; the journal notices if it stays so.
            if let request = try? store.stopRequest(planSerial: planSerial), request.level.rawValue > seen {
                seen = request.level.rawValue
                send.yield(Engine.StopRequest(cancelRunning: request.level >= .cancelRunning, by: request.by))
            }
            do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
        }
    }
}
