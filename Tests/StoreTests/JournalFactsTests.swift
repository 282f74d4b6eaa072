import TaskKit
import Testing

@testable import Store

@Suite("What the journal says about many runs")
struct JournalFactsTests {
    private func finish(
        _ id: String, _ outcome: Outcome, _ milliseconds: Int, plan: Int, at time: Double, in store: Store
    ) throws {
        _ = try store.record(
            .taskFinished(task: TaskID(id), attempt: 1, outcome: outcome, failure: nil, milliseconds: milliseconds),
            planSerial: plan, now: time)
    }

    @Test("Times are those of tasks that did something, in other plans than the one that is asked for")
    func durations() throws {
        try withStore { store in
            try finish("a", .changed, 10, plan: 1, at: 1, in: store)
            try finish("b", .skipped, 1, plan: 1, at: 2, in: store)
            try finish("c", .failed, 99, plan: 1, at: 3, in: store)
            try finish("a", .ok, 20, plan: 2, at: 4, in: store)
            try finish("a", .changed, 30, plan: 3, at: 5, in: store)
            let found = try store.taskDurations(inLast: 100, excluding: 3)
            #expect(found.map(\.task.text) == ["a", "a"])
            #expect(found.map(\.milliseconds) == [10, 20])
            #expect(try store.taskDurations(inLast: 1, excluding: 0).map(\.milliseconds) == [30])
        }
    }

    @Test("Of each plan: when it ran, what was done, each task once, and by whom, each once")
    func runs() throws {
        try withStore { store in
            for (time, name) in [(1.0, "ann"), (3.0, "bob"), (4.0, "ann")] {
                _ = try store.record(.runStarted(isResumed: time > 1, controller: name), planSerial: 2, now: time)
            }
            try finish("a", .failed, 1, plan: 2, at: 5, in: store)
            try finish("a", .changed, 1, plan: 2, at: 6, in: store)
            try finish("b", .skipped, 1, plan: 2, at: 7, in: store)
            let facts = RunFacts(began: 1, ended: 7, doneTasks: 2, runCount: 3, controllers: ["ann", "bob"])
            #expect(try store.runFacts(from: 1) == [2: facts])
            #expect(try store.runFacts(from: 3) == [:])
        }
    }
}
