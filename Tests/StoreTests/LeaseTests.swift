import Foundation
import Testing

@testable import Store

private func dead(_ holder: LeaseHolder) -> Bool? { false }
private func alive(_ holder: LeaseHolder) -> Bool? { true }
private func unknown(_ holder: LeaseHolder) -> Bool? { nil }

@Suite("The run lease") struct LeaseTests {
    @Test("The first that asks gets it, and is named to the second") func held() throws {
        try withStore { (store) throws in
            #expect(try store.acquireLease(holder(1), planSerial: 7, now: 1, isAlive: alive) == .acquired(from: nil))
            let lease = Lease(holder: holder(1), planSerial: 7, acquiredAt: 1, heartbeatAt: 1)
            #expect(try store.acquireLease(holder(2), planSerial: 7, now: 2, isAlive: alive) == .held(by: lease))
            #expect(try store.leaseHolder() == lease)
            #expect(lease.holder.description == "ann on ms-1 (process 1: planner run_plan)")
        }
    }

    @Test("A holder of this boot that has died is taken over at once") func deadHolder() throws {
        try withStore { (store) throws in
            _ = try store.acquireLease(holder(1), planSerial: 1, now: 1, isAlive: dead)
            #expect(
                try store.acquireLease(holder(2), planSerial: 1, now: 1, isAlive: dead) == .acquired(from: holder(1)))
        }
    }

    @Test("A holder of this boot that lives keeps it, however old its heartbeat") func frozenHolder() throws {
        try withStore { (store) throws in
            _ = try store.acquireLease(holder(1), planSerial: 1, now: 1)
            guard case .held = try store.acquireLease(holder(2), planSerial: 1, now: 9999, isAlive: alive) else {
                Issue.record("taken from a living process")
                return
            }
        }
    }

    @Test(
        "The holder on another host is taken over when its heartbeat is further away than the expiry, also from a clock that was set back",
        arguments: [31.0, 30, 0, -30, -31, -500])
    func otherHost(age: Double) throws {
        try withStore { (store) throws in
            let first = holder(1, boot: "boot-2", host: "ms-2")
            _ = try store.acquireLease(first, planSerial: 1, now: 0, isAlive: dead)
            try store.heartbeat(first, now: 1000)
            let decision = try store.acquireLease(holder(1), planSerial: 1, now: 1000 + age, isAlive: dead)
            #expect((decision == .acquired(from: first)) == (abs(age) > 30))
        }
    }

    @Test("When nothing can be told of the process, its heartbeat decides") func unknownHolder() throws {
        try withStore { (store) throws in
            _ = try store.acquireLease(holder(1), planSerial: 1, now: 0, isAlive: unknown)
            guard case .held = try store.acquireLease(holder(2), planSerial: 1, now: 20, isAlive: unknown) else {
                Issue.record("taken too early")
                return
            }
            #expect(
                try store.acquireLease(holder(2), planSerial: 1, now: 40, isAlive: unknown)
                    == .acquired(from: holder(1)))
        }
    }

    @Test(
        "Who is refused is told until when, where nobody can see whether the holder lives",
        arguments: [(10.0, 20), (30, 1), (-30, 60)])
    func refusal(age: Double, seconds: Int) {
        let lease = Lease(holder: holder(1), planSerial: 1, acquiredAt: 0, heartbeatAt: 1000)
        #expect(
            lease.refusal(at: 1000 + age, isAlive: unknown).hasSuffix("can be resumed in \(seconds) s if nothing is heard of it"))
        #expect(lease.refusal(at: 1000 + age, isAlive: alive) == lease.holder.description)
    }

    @Test("The holder itself may ask again") func again() throws {
        try withStore { (store) throws in
            _ = try store.acquireLease(holder(1), planSerial: 1, now: 0, isAlive: alive)
            #expect(try store.acquireLease(holder(1), planSerial: 2, now: 5, isAlive: alive) == .acquired(from: nil))
            #expect(try store.leaseHolder()?.planSerial == 2)
        }
    }

    @Test("Who was taken over can neither keep the lease alive, nor write to the journal, nor give it back")
    func fencing() throws {
        try withStore { (store) throws in
            _ = try store.acquireLease(holder(1), planSerial: 1, now: 0)
            _ = try store.acquireLease(holder(2), planSerial: 1, now: 0, isAlive: dead)
            #expect(failure { try store.heartbeat(holder(1), now: 1) }?.code == .leaseLost)
            let error = failure {
                _ = try store.record(.phaseStarted(phase: 1), planSerial: 1, now: 1, holder: holder(1))
            }
            #expect(error?.code == .leaseLost)
            #expect(error?.message.contains("process 2") == true)
            try store.release(holder(1))
            #expect(try store.leaseHolder()?.holder == holder(2))
            #expect(try store.lastSequence() == 0)
            _ = try store.record(.phaseStarted(phase: 1), planSerial: 1, now: 1, holder: holder(2))
            try store.release(holder(2))
            #expect(try store.leaseHolder() == nil)
            let late = failure {
                _ = try store.record(.phaseStarted(phase: 1), planSerial: 1, now: 1, holder: holder(2))
            }
            #expect(late?.code == .leaseLost)
        }
    }

    @Test("Of many that ask at once, one gets it") func contention() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "planner-\(UInt64.random(in: 0 ... .max))")
        defer { try? FileManager.default.removeItem(at: directory) }
        _ = try Store(directory: directory.path)
        let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let store = try Store(directory: directory.path)
                    let decision = try store.acquireLease(holder(number), planSerial: 1, now: 1) { _ in true }
                    return decision == .acquired(from: nil)
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }
}

@Suite("Process identity") struct ProcessIdentityTests {
    @Test("This process lives") func own() {
        let own = ProcessIdentity.current(command: "test")
        #expect(ProcessIdentity.isAlive(own) == true)
        #expect(own.processStart > 0)
    }

    @Test("Another process of the same number is another process") func reusedNumber() {
        var other = ProcessIdentity.current(command: "test")
        other.processStart -= 1
        #expect(ProcessIdentity.isAlive(other) == false)
    }

    @Test("A process of another boot cannot be told") func otherBoot() {
        var other = ProcessIdentity.current(command: "test")
        other.bootID = "other"
        #expect(ProcessIdentity.isAlive(other) == nil)
    }

    @Test("A process that has ended is dead") func ended() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/cat")
        let input = Pipe()
        process.standardInput = input
        try process.run()
        var holder = ProcessIdentity.current(command: "cat")
        holder.processID = Int(process.processIdentifier)
        holder.processStart = try #require(ProcessIdentity.startTime(of: holder.processID))
        #expect(ProcessIdentity.isAlive(holder) == true)
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(ProcessIdentity.isAlive(holder) == false)
    }

    @Test(
        "The name of a program cannot disguise its start time",
        arguments: [
            ("1 (cat) S 0 1 1 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 4711 0 0", 4711),
            ("1 (a) R 1 (b) S 0 1 1 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 4711 0 0", 4711),
            ("1 (cat) Z 0 1 1 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 4711 0 0", nil), ("", nil), ("1 (cat) S 0", nil),
        ] as [(String, Int?)])
    func stat(text: String, start: Int?) { #expect(ProcessIdentity.startTime(inStat: text) == start) }
}
