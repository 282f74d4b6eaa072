/// Somebody asks a run to stop.
package struct StopRequest: Hashable, Sendable {
    /// Whether running tasks are cancelled instead of awaited. Asking for more than before is obeyed, for less or the same is not.
    package var cancelRunning: Bool
    /// Who asks, for the journal: `interrupt`, `stop_plan by maria`.
    package var by: String

    package init(cancelRunning: Bool, by: String) {
        self.cancelRunning = cancelRunning
        self.by = by
    }
}
