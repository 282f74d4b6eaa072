/// What somebody wants of one run, beside the plan.
package struct RunPolicy: Hashable, Sendable {
    /// Whether clusters that do not wait for one that has failed go on.
    package var keepsGoing: Bool
    /// Whether the run waits for approvals, instead of ending where it needs one.
    package var waitsForApproval: Bool
    package var window: RunWindow?

    package init(keepsGoing: Bool = false, waitsForApproval: Bool = false, window: RunWindow? = nil) {
        self.keepsGoing = keepsGoing
        self.waitsForApproval = waitsForApproval
        self.window = window
    }
}

/// The time in which a run may disturb nodes. What would not be done at its end is not begun: the block of a node as a whole, everything
/// else phase by phase. What was begun goes on to its end, for a node half-way is worse than one that is late.
package struct RunWindow: Hashable, Sendable {
    /// From the start of the run to the end of the window.
    package var length: Duration
    /// The end in seconds since 1970, for the journal.
    package var end: Double
    /// How long each phase may take, by number; what is not in it takes no time.
    package var phases: [Int: Duration]

    package init(length: Duration, end: Double, phases: [Int: Duration]) {
        self.length = length
        self.end = end
        self.phases = phases
    }
}
