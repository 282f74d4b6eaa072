import GRDB
import Model
import TaskKit
import Testing

@testable import Store

@Suite("Plans") struct PlanTests {
    @Test("A plan reads back as it was saved") func roundTrip() throws {
        try withStore { (store) throws in
            let saved = try store.savePlan(plan(), now: 12.5)
            #expect(saved.serial == 1)
            #expect(saved.state == .initial)
            #expect(try store.currentPlan() == saved)
            #expect(try store.plan(serial: 1) == saved)
            #expect(try store.plan(serial: 2) == nil)
        }
    }

    @Test("A new plan takes the place of the current one") func superseding() throws {
        try withStore { (store) throws in
            _ = try store.savePlan(plan("a"), now: 1)
            try store.setPlanState(.failed, serial: 1)
            _ = try store.savePlan(plan("b"), now: 2)
            #expect(try store.currentPlan()?.plan.id == "b")
            #expect(try store.planHeads().map(\.state) == [.superseded, .initial])
        }
    }

    @Test("When the current plan is removed there is none, and its serial is not used again") func removing() throws {
        try withStore { (store) throws in
            _ = try store.savePlan(plan("a"), now: 1)
            _ = try store.savePlan(plan("b"), now: 2)
            try store.setPlanState(.removed, serial: 2)
            #expect(try store.currentPlan() == nil)
            #expect(try store.savePlan(plan("c"), now: 3).serial == 3)
            #expect(try store.planHeads().map(\.state) == [.superseded, .removed, .initial])
        }
    }

    @Test("The same plan is stored as the same bytes") func bytes() throws {
        try withStore { (store) throws in
            for _ in 0..<3 { _ = try store.savePlan(plan(), now: 1) }
            let documents = try store.read { try String.fetchSet($0, sql: "SELECT document FROM plan") }
            #expect(documents.count == 1)
        }
    }

    @Test("The state of a plan changes with the record of the journal") func stateWithRecord() throws {
        try withStore { (store) throws in
            let saved = try store.savePlan(plan(), now: 1)
            try store.record(plan: saved.serial) { $0.planState = .running }
            #expect(try store.currentPlan()?.state == .running)
        }
    }
}

@Suite("The journal") struct JournalTests {
    @Test("Records are numbered without a gap over all plans and read back in order") func order() throws {
        try withStore { (store) throws in
            let events: [RunEvent] = [
                .runStarted(isResumed: false, controller: "ms-1"), .taskApplying(task: TaskID("1"), attempt: 1),
                .taskFinished(
                    task: TaskID("1"), attempt: 1, outcome: .failed,
                    failure: TaskFailure(.diskFull, "no space", nextStep: "free some"), milliseconds: 12),
                .stopRequested(cancelRunning: true, by: "ann"), .runFinished(result: .failed),
            ]
            var entries: [JournalEntry] = []
            for (number, event) in events.enumerated() {
                entries.append(try store.record(event, planSerial: number % 2 + 1, now: Double(number) + 0.25))
            }
            #expect(entries.map(\.sequence) == [1, 2, 3, 4, 5])
            #expect(try store.journal() == entries)
            #expect(try store.journal(planSerial: 1) == [entries[0], entries[2], entries[4]])
            #expect(try store.journal(planSerial: 1, after: 1, limit: 1) == [entries[2]])
            #expect(try store.journal(after: 4) == [entries[4]])
            #expect(try store.lastSequence() == 5)
        }
    }

    @Test("Records that are written together stand one after the other, each with what it means") func together() throws {
        try withStore { (store) throws in
            try store.record(plan: 1) { _ in }
            var first = StoreChanges()
            first.recordSteps = [RecordedStep(try step("/a"), fingerprint: "")]
            var second = StoreChanges()
            second.recordSteps = [RecordedStep(try step("/a"), fingerprint: "f")]
            second.applyItems = [try resolved("/a")]
            let entries = try store.record(
                [
                    StoreRecord(.taskApplying(task: TaskID("a"), attempt: 1), changes: first, time: 2),
                    StoreRecord(.phaseStarted(phase: 2), time: 3),
                    StoreRecord(
                        .taskFinished(task: TaskID("a"), attempt: 1, outcome: .changed, failure: nil, milliseconds: 5),
                        changes: second, time: 4),
                ], planSerial: 1)
            #expect(entries.map(\.sequence) == [2, 3, 4])
            #expect(try store.journal(after: 1) == entries)
            #expect(try store.appliedSteps().map(\.value.fingerprint) == ["f"])
            #expect(try store.appliedSerial == 1)
        }
    }

    @Test("When one of several records cannot be written, none is") func noneOfSeveral() throws {
        try withStore { (store) throws in
            try store.write {
                try $0.execute(
                    sql: """
                        CREATE TRIGGER fail BEFORE INSERT ON journal WHEN new.event GLOB '*phaseFinished*'
                            BEGIN SELECT RAISE(ABORT, 'no'); END
                        """)
            }
            var changes = StoreChanges()
            changes.applyItems = [try resolved("/a")]
            let events: [RunEvent] = [.phaseStarted(phase: 1), .phaseFinished(phase: 1), .phaseStarted(phase: 2)]
            #expect(throws: StoreError.self) {
                try store.record(events.map { StoreRecord($0, changes: changes, time: 1) }, planSerial: 1)
            }
            #expect(try store.journal() == [])
            #expect(try store.appliedSerial == 0)
            #expect(try store.record { _ in }.sequence == 1)
        }
    }

    @Test(
        "What every task and every phase writes is written and read as Foundation's coder does it",
        arguments: [
            .phaseStarted(phase: 1), .phaseFinished(phase: 1234), .runFinished(result: .successful),
            .taskStarted(task: TaskID("0badcafe"), attempt: 1), .taskApplying(task: TaskID("0badcafe"), attempt: 12),
            .taskFinished(task: TaskID("0badcafe"), attempt: 3, outcome: .timedOut, failure: nil, milliseconds: 0),
            .taskFinished(task: TaskID("0badcafe"), attempt: 3, outcome: .skipped, failure: nil, milliseconds: 123_456),
        ] as [RunEvent])
    func text(_ event: RunEvent) throws {
        let text = try JSONText().text(event)
        #expect(JournalText.text(of: event) == text)
        #expect(JournalText.event(from: text) == event)
        #expect(JournalText.event(from: text + " ") == nil)
    }

    @Test("Names that want escapes, other events and other spellings are left to Foundation's coder") func otherTexts() throws {
        let odd = RunEvent.taskStarted(task: TaskID("a\"b\\c\n"), attempt: 1)
        let text = try #require(JournalText.text(of: odd))
        #expect(try JSONText().value(RunEvent.self, from: text) == odd)
        #expect(JournalText.event(from: text) == nil)
        let failed = RunEvent.taskFinished(
            task: TaskID("a"), attempt: 1, outcome: .failed, failure: TaskFailure(.failed, "no"), milliseconds: 1)
        #expect(JournalText.text(of: failed) == nil)
        for text in [
            try JSONText().text(failed), try JSONText().text(RunEvent.planGivenUp(by: "a", why: nil)),
            #"{"taskStarted":{"task":"a","attempt":1}}"#, #"{"taskStarted":{"attempt":1,"task":"a"}} "#,
            #"{"taskStarted":{"attempt":,"task":"a"}}"#, #"{"taskStarted":{"attempt":1,"task":"a"#, "",
        ] {
            #expect(JournalText.event(from: text) == nil, "\(text)")
        }
        try withStore { (store) throws in
            for event in [odd, failed] { _ = try store.record(event, planSerial: 1, now: 1) }
            #expect(try store.journal().map(\.event) == [odd, failed])
        }
    }

    @Test("A record and its changes are written together or not at all") func atomicity() throws {
        try withStore { (store) throws in
            try store.write {
                try $0.execute(
                    sql: "CREATE TRIGGER fail BEFORE INSERT ON applied_item BEGIN SELECT RAISE(ABORT, 'no'); END")
            }
            #expect(throws: StoreError.self) {
                try store.record { changes in
                    changes.recordSteps = [RecordedStep(try step("/a"), fingerprint: "f")]
                    changes.applyItems = [try resolved("/a")]
                }
            }
            #expect(try store.journal() == [])
            #expect(try store.appliedSteps() == [:])
            #expect(try store.appliedSerial == 0)
            try store.write { try $0.execute(sql: "DROP TRIGGER fail") }
            #expect(try store.record { _ in }.sequence == 1)
        }
    }

    @Test(
        "The database itself refuses to change the past",
        arguments: ["DELETE FROM journal", "UPDATE journal SET time = 0"])
    func appendOnly(sql: String) throws {
        try withStore { (store) throws in
            try store.record { _ in }
            #expect(throws: StoreError.self) { try store.write { try $0.execute(sql: sql) } }
            #expect(try store.lastSequence() == 1)
        }
    }

    @Test("The record that a run begins takes away the stop requests of its plan") func stopRequests() throws {
        try withStore { (store) throws in
            try store.requestStop(planSerial: 1, level: .finishRunning, by: "ann", now: 1)
            try store.requestStop(planSerial: 2, level: .finishRunning, by: "ann", now: 1)
            _ = try store.record(.runStarted(isResumed: true, controller: "x"), planSerial: 1, now: 2)
            #expect(try store.stopRequest(planSerial: 1) == nil)
            #expect(try store.stopRequest(planSerial: 2) != nil)
        }
    }

    @Test("A stop request becomes stronger, never weaker") func stopLevels() throws {
        try withStore { (store) throws in
            #expect(try store.stopRequest(planSerial: 1) == nil)
            try store.requestStop(planSerial: 1, level: .finishRunning, by: "ann", now: 1)
            try store.requestStop(planSerial: 1, level: .cancelRunning, by: "bob", now: 2)
            try store.requestStop(planSerial: 1, level: .finishRunning, by: "cid", now: 3)
            #expect(try store.stopRequest(planSerial: 1) == StopRequest(level: .cancelRunning, by: "bob", time: 2))
            try store.clearStopRequest(planSerial: 1)
            #expect(try store.stopRequest(planSerial: 1) == nil)
        }
    }
}
