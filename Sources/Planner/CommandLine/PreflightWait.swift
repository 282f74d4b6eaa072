import Dispatch
import Foundation
import Model
import Service
import Synchronization

/// Says on standard error for which hosts pre-flight waits, once it takes longer than two seconds: on a terminal in one line that is painted
/// anew, else a line now and then.
final class PreflightWait: Sendable {
    static let silence = 2.0
    private static let interval = 10.0

    private struct State {
        var names: [ItemPath: String] = [:]
        var waiting: Set<ItemPath> = []
        var saidAt: Double?
        var screen: TerminalScreen
        var isClosed = false
    }

    private let began = secondsNow()
    private let isTerminal = Output.errors.isTerminal
    private let queue = DispatchQueue(label: "planner.preflight")
    // Hosts answer on any thread.
    private let state: Mutex<State>

    init() {
        let screen = TerminalScreen(paintTo: { Output.errors.write($0) }, printTo: { Output.errors.write($0) })
        state = Mutex(State(screen: screen))
        tick(after: PreflightWait.silence)
    }

    func observe(_ progress: Site.PreflightProgress) {
        state.withLock { state in
            switch progress {
            case .begun(let names):
                state.names = names
                state.waiting = Set(names.keys)
            case .answered(let host): state.waiting.remove(host)
            }
        }
    }

    /// Takes the line away.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.screen.erase(width: Output.errors.width)
        }
    }

    /// `9 of 14 hosts have answered, waiting for svc-3, svc-7`
    static func text(names: [ItemPath: String], waiting: Set<ItemPath>) -> String {
        let count = names.count
        let rest = NameList.text(waiting.sorted().compactMap { names[$0] })
        return "\(count - waiting.count) of \(count) \(count == 1 ? "host has" : "hosts have") answered"
            + (rest.isEmpty ? "" : ", waiting for \(rest)")
    }

    private func tick(after seconds: Double) {
        queue.asyncAfter(deadline: .now() + seconds) { [weak self] in
            guard let self, self.say() else { return }
            self.tick(after: 0.2)
        }
    }

    /// - Returns: whether there may be more to say.
    private func say() -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            guard !state.names.isEmpty else { return true }
            let now = secondsNow()
            let text = PreflightWait.text(names: state.names, waiting: state.waiting)
            if isTerminal {
                let width = Output.errors.width
                let time = ShortTime.text(seconds: Int(now - began))
                state.screen.show(above: "", region: [DisplayWidth.cut("\(time)  \(text)", to: width - 1)], width: width)
            } else if state.saidAt.map({ now - $0 >= PreflightWait.interval }) ?? true {
                Output.errors.line(text)
                state.saidAt = now
            }
            return true
        }
    }
}
