import GRDB
import Model
import TaskKit
import TestSupport
import Testing

@testable import Store

@Suite("What hosts have said of a plan")
struct StoredPreflightTests {
    private func finding(_ found: String) -> PreflightFinding {
        var finding = PreflightFinding(.blocker, "disk-space", about: "n1", found: found, rule: "r", nextStep: "s")
        finding.host = TestPlan.path(of: "n1")
        return finding
    }

    private func preflight(_ serial: Int, _ found: String, at time: Double) -> StoredPreflight {
        StoredPreflight(
            planSerial: serial, askedAt: time, askedBy: "alice@ops1",
            report: PreflightReport(
                hostCount: 2, answeredCount: 1,
                absent: [.init(host: TestPlan.path(of: "vm"), hostname: "vm", madeBy: TaskID("a"))],
                findings: [finding(found)]))
    }

    @Test("It is kept beside its plan, the last time of each, also when the store is opened again") func kept() throws {
        try withDirectory { (directory) throws in
            let store = try Store(directory: directory)
            #expect(try store.preflight(planSerial: 1) == nil)
            try store.savePreflight(preflight(1, "first", at: 1.5))
            try store.savePreflight(preflight(2, "other", at: 2))
            try store.savePreflight(preflight(1, "second", at: 3))
            try store.close()
            let again = try Store(directory: directory)
            #expect(try again.preflight(planSerial: 1) == preflight(1, "second", at: 3))
            #expect(try again.preflight(planSerial: 2) == preflight(2, "other", at: 2))
        }
    }

    @Test("A store of before gets the table, and keeps what it has") func migration() throws {
        try withDirectory { (directory) throws in
            let store = try Store(directory: directory)
            try store.changeDeclared(inserting: [item("/a", ["x": 1])], removing: [])
            try store.write { database in
                try database.execute(sql: "DROP TABLE preflight")
                try database.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '7 preflight'")
            }
            try store.close()
            let again = try Store(directory: directory)
            #expect(try again.declared()[path("/a")] != nil)
            #expect(try again.preflight(planSerial: 1) == nil)
            try again.savePreflight(preflight(1, "x", at: 1))
            #expect(try again.preflight(planSerial: 1)?.report.blockers.count == 1)
        }
    }
}
