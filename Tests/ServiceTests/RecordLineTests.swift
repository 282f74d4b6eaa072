import TaskKit
import Testing

@testable import Service

@Suite("The line of records")
struct RecordLineTests {
    private func patient(_ count: Int) -> RecordLine.Request {
        RecordLine.Request(events: (0..<count).map { .phaseStarted(phase: $0) }, reader: .told { _ in })
    }

    @Test("What nobody waits for is promised once, and is not looked for again before its time")
    func promise() {
        var line = RecordLine(portion: 10)
        #expect(line.enter(patient(2)) == .soon)
        #expect(line.enter(patient(2)) == .nothing)
        #expect(line.next(isDue: true).requests.count == 2)
        #expect(line.enter(patient(1)) == .nothing)
        let (requests, call) = line.next(isDue: false)
        #expect(requests.isEmpty)
        #expect(call == .soon)
        #expect(line.count == 1)
    }

    @Test("As much as fits one transaction is written at once, and no more of it together")
    func portion() {
        var line = RecordLine(portion: 10)
        #expect(line.enter(patient(6)) == .soon)
        #expect(line.enter(patient(6)) == .now)
        #expect(line.next(isDue: true).requests.map(\.events.count) == [6])
        #expect(line.count == 6)
    }

    @Test("After a failure only what is awaited is a reason to try again")
    func failure() {
        var line = RecordLine(portion: 2)
        #expect(line.enter(patient(2)) == .now)
        let (requests, _) = line.next(isDue: true)
        line.wasNotStored(requests)
        #expect(line.count == 2)
        let (again, call) = line.next(isDue: false)
        #expect(again.isEmpty)
        #expect(call == .nothing)
        #expect(line.enter(patient(2)) == .nothing)
        #expect(line.next(isDue: true).requests.count == 1)
        line.wasStored()
        #expect(line.next(isDue: false).requests.count == 1)
    }
}
