import Testing

@testable import PlannerCommandLine

@Suite("Faults at records")
struct JournalFaultsTests {
    @Test("Nobody asks for any in a run of every day")
    func nobody() { #expect(JournalFaults([:]) == nil) }

    @Test(
        "A transaction ends where the process is to die",
        arguments: [
            (["PLANNER_DIE_AFTER_RECORD": "3"], 0, 3), (["PLANNER_DIE_AFTER_RECORD": "3"], 2, 1),
            (["PLANNER_DIE_BEFORE_RECORD": "4"], 0, 3), (["PLANNER_DIE_BEFORE_RECORD": "4"], 2, 1),
            (["PLANNER_DIE_AFTER_RECORD": "30"], 0, 10),
            (["PLANNER_DIE_AFTER_RECORD": "5", "PLANNER_DIE_BEFORE_RECORD": "4"], 1, 2),
        ])
    func cut(environment: [String: String], written: Int, together: Int) throws {
        let faults = try #require(JournalFaults(environment))
        faults.didRecord(written)
        #expect(faults.willRecord(10) == together)
    }
}
