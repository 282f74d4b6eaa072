import Shell
import Synchronization
import TaskKit
import TestSupport
import Testing

extension ActionBench {
    /// Starts a web server of busybox over the test's directory, and stops it when `body` is done.
    func serving(_ body: (Int) async throws -> Void) async throws {
        // Below those that the system hands out to connections; one of them may be taken all the same.
        for port in (0..<5).map({ _ in Int.random(in: 20_000..<32_000) }) {
            let ended = Mutex(false)
            let server = Task {
                defer { ended.withLock { $0 = true } }
                return try await context.host.run(
                    ShellCommand(["busybox", "httpd", "-f", "-p", "127.0.0.1:\(port)", "-h", directory.path]),
                    input: [],
                    limit: .seconds(60), onOutput: nil)
            }
            defer { server.cancel() }
            let isUp = try await eventually {
                let probe = ShellCommand(["curl", "-s", "-o", "/dev/null", "http://127.0.0.1:\(port)/source"])
                let answer = try await context.host.run(probe, input: [], limit: .seconds(5), onOutput: nil)
                return answer.status == 0 || ended.withLock { $0 }
            }
            if isUp, !ended.withLock({ $0 }) { return try await body(port) }
        }
        Issue.record("no web server came up")
    }
}
