/// Waits until a service answers on a port, asked from the host of the task.
package struct WaitForServiceAction: TaskAction {
    package static let kind = "wait-for-service"

    package let address: String
    package let port: Int
    /// What its first line must begin with; empty: that it takes connections is enough.
    package let banner: String
    package let intervalMilliseconds: Int
    package let limitSeconds: Int

    package init(address: String, port: Int, banner: String, interval: Duration, limit: Duration) {
        self.address = address
        self.port = port
        self.banner = banner
        intervalMilliseconds = max(1, interval.wholeMilliseconds)
        limitSeconds = limit.wholeSeconds
    }

    package var limit: Duration { .seconds(limitSeconds) }
    package var interval: Duration { .milliseconds(intervalMilliseconds) }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        let probeLimit: Duration = .seconds(2)
        guard let line = try await context.host.banner(ofServiceAt: address, port: port, limit: probeLimit) else {
            return .needed("nothing answers at \(place)")
        }
        if line.hasPrefix(banner) { return .holds }
        return .needed("\(place) answers '\(line.prefix(80))', not '\(banner)'")
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        try await Polling(what: "\(place) to answer", interval: interval, limit: limit).wait(in: context) {
            () async throws(TaskFailure) in try await check(in: context)
        }
    }

    package var waitsFor: String? { "\(place) to answer" + (banner.isEmpty ? "" : " \(banner)...") }

    package var preview: [String] {
        [
            "wait   for \(place)" + (banner.isEmpty ? "" : " to answer \(banner)..."),
            "every  \(interval.text)  limit \(limit.text)",
        ]
    }

    private var place: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
