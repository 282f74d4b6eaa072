/// Durations as plans store and people read them.
extension Duration {
    /// Whole seconds, rounded up.
    package var wholeSeconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: attoseconds > 0 ? seconds + 1 : seconds)
    }

    /// Whole milliseconds, rounded up.
    package var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let perMillisecond: Int64 = 1_000_000_000_000_000
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow { return seconds < 0 ? .min : .max }
        let rest = attoseconds / perMillisecond + (attoseconds % perMillisecond > 0 ? 1 : 0)
        return Int(clamping: product.addingReportingOverflow(rest).partialValue)
    }

    /// For people: `500 ms`, `30 s`, `10 min`, `2 h`; the greatest unit that leaves no rest.
    package var text: String {
        let milliseconds = wholeMilliseconds
        if milliseconds % 1000 != 0 { return "\(milliseconds) ms" }
        let seconds = milliseconds / 1000
        if seconds == 0 || seconds % 60 != 0 { return "\(seconds) s" }
        if seconds % 3600 != 0 { return "\(seconds / 60) min" }
        return "\(seconds / 3600) h"
    }
}

/// How long ago something was, on whatever clock.
package struct Stopwatch: Sendable {
    package let elapsed: @Sendable () -> Duration

    package init(_ clock: some Clock<Duration>) {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
    }
}
