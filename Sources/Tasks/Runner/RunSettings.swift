package import Engine
package import TaskKit

/// What a run may be told about its pace; the defaults are those of the command line.
package struct RunSettings: Sendable {
    package var limits = RunLimits()
    package var policy = RunPolicy()
    /// How long to wait before each further attempt to connect within an attempt of a task; their number is the number of further
    /// attempts. None: a host that cannot be reached ends the attempt, and the journal says so (see `retries`).
    package var connectDelays: [Duration] = []
    /// How often a task is tried whose plan does not say it.
    package var retries = RetryPolicy.standard
    /// For how long a lost connection is tried to be taken up again under a running task.
    package var reconnectLimit: Duration = .seconds(60)
    package var clock: any Clock<Duration> = ContinuousClock()

    package init() {}
}
