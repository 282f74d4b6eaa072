import TaskKit
import TestSupport
import Testing

@Suite("Retries by class")
struct RetryPolicyTests {
    private static let passing: Set<TaskFailure.Class> = [.unreachable, .connectionLost, .transient, .peersUnreachable]

    @Test("Only what may pass by itself is tried again", arguments: TaskFailure.Class.allCases)
    func classes(_ failureClass: TaskFailure.Class) {
        let delay = RetryPolicy.standard.delay(after: TaskFailure(failureClass, "x"), tries: 1, seed: 7)
        #expect((delay != nil) == Self.passing.contains(failureClass))
    }

    @Test("It is tried as often as the policy says, the first time included", arguments: [1, 2, 5])
    func count(_ tries: Int) {
        let policy = RetryPolicy(tries: tries)
        let again = (1...10).map { policy.delay(after: TaskFailure(.unreachable, "x"), tries: $0, seed: 1) != nil }
        #expect(again == (1...10).map { $0 < tries })
    }

    @Test("Waits double up to the longest, and jitter takes at most half of them")
    func delays() throws {
        let policy = RetryPolicy(tries: 100, firstDelay: .seconds(1), longestDelay: .seconds(60))
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<200 {
            let seed = generator.next()
            for tries in 1..<100 {
                let longest = min(60_000, 1000 << min(tries - 1, 20))
                let delay = try #require(policy.delay(after: TaskFailure(.transient, "x"), tries: tries, seed: seed))
                #expect((longest / 2...longest).contains(delay.wholeMilliseconds), "seed \(seed), try \(tries): \(delay)")
                #expect(delay == policy.delay(after: TaskFailure(.transient, "x"), tries: tries, seed: seed))
            }
        }
    }

    @Test("Tasks that fail together do not come back together")
    func spread() {
        let policy = RetryPolicy(tries: 3, firstDelay: .seconds(10))
        let delays = (0..<100).map { task in
            policy.delay(after: TaskFailure(.unreachable, "x"), tries: 1, seed: RetryPolicy.seed("run", "task-\(task)"))
        }
        #expect(Set(delays).count > 80)
    }

    @Test("Values that make no sense give no crash and no wait for ever")
    func nonsense() {
        let policy = RetryPolicy(tries: -4, firstDelay: .seconds(-1), longestDelay: .seconds(Int64.max / 2000))
        #expect(policy.tries == 1)
        let eager = RetryPolicy(tries: .max, firstDelay: .zero, longestDelay: .zero)
        #expect(eager.delay(after: TaskFailure(.unreachable, "x"), tries: 1_000_000, seed: .max) == .zero)
    }

    @Test(
        "What a step says shows whether it may pass",
        arguments: [
            (75, "try later", TaskFailure.Class.transient), (1, "broken", .failed),
            (100, "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7", .transient),
            (1, "cp: error writing 'x': No space left on device", .diskFull),
        ])
    func words(_ status: Int, _ said: String, _ failureClass: TaskFailure.Class) {
        let result = CommandResult(status: status, errors: Array(said.utf8))
        #expect(TaskFailure.ofCommand(result, "it failed").failureClass == failureClass)
    }
}
