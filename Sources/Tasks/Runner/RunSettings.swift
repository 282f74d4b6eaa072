package import Engine

/// What a run may be told about its pace; the defaults are those of the command line.
package struct RunSettings: Sendable {
    package var limits = RunLimits()
    package var policy = RunPolicy()
    /// How long to wait before each further attempt to connect; their number is the number of further attempts.
    package var connectDelays: [Duration] = [.milliseconds(500), .seconds(1)]
    /// For how long a lost connection is tried to be taken up again under a running task.
    package var reconnectLimit: Duration = .seconds(60)
    package var clock: any Clock<Duration> = ContinuousClock()

    package init() {}
}
