import Testing

/// One row of a table of cases, each of which has hosts of its own.
struct HostCase: Sendable {
    let sentence: String
    let hosts: Int
    let body: @Sendable (Bench) async throws -> Void

    init(_ sentence: String, hosts: Int = 1, _ body: @escaping @Sendable (Bench) async throws -> Void) {
        self.sentence = sentence
        self.hosts = hosts
        self.body = body
    }
}

/// Cases that go on at the same time within one test, because nearly all of their time is waiting, and tests come one after the other.
enum SideBySide {
    /// What the case is about in which this is read: the comment of its expectations.
    @TaskLocal static var sentence = ""

    static var comment: Comment { Comment(rawValue: sentence) }

    /// - Parameter limit: how many at a time; those that take longest should come first.
    static func run(_ cases: [HostCase], atMost limit: Int) async throws {
        await withTaskGroup(of: Void.self) { group in
            var used = 0
            for (number, one) in cases.enumerated() {
                if number >= limit { await group.next() }
                let hosts = (1...one.hosts).map { "svc-\(used + $0)" }
                used += one.hosts
                group.addTask {
                    await $sentence.withValue(one.sentence) {
                        do {
                            try await one.body(try await Bench(hosts: hosts))
                        } catch {
                            Issue.record("\(one.sentence): \(error)")
                        }
                    }
                }
            }
        }
    }
}
