import Testing

/// One row of a table of cases, each of which has a host of its own.
struct HostCase: Sendable {
    let sentence: String
    let body: @Sendable (Bench) async throws -> Void

    init(_ sentence: String, _ body: @escaping @Sendable (Bench) async throws -> Void) {
        self.sentence = sentence
        self.body = body
    }
}

/// Cases that go on at the same time within one test, because nearly all of their time is waiting, and tests come one after the other.
enum SideBySide {
    /// What the case is about in which this is read: the comment of its expectations.
    @TaskLocal static var sentence = ""

    static var comment: Comment { Comment(rawValue: sentence) }

    /// - Parameter limit: how many at a time; those that take longest should come first.
    static func run(_ cases: [HostCase], firstHost: Int = 1, atMost limit: Int = 8) async throws {
        await withTaskGroup(of: Void.self) { group in
            for (number, one) in cases.enumerated() {
                if number >= limit { await group.next() }
                group.addTask {
                    await $sentence.withValue(one.sentence) {
                        do {
                            try await one.body(try await Bench("svc-\(firstHost + number)"))
                        } catch {
                            Issue.record("\(one.sentence): \(error)")
                        }
                    }
                }
            }
        }
    }
}
