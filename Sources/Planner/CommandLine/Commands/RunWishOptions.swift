import ArgumentParser
import Foundation
import Service

/// What an operator wants of one run, beside the plan.
struct RunWishOptions: ParsableArguments {
    @Flag(help: "After a failure, go on with the clusters that do not wait for the one that failed.")
    var keepGoing = false

    @Flag(help: "Where the plan pauses, wait for planner approve instead of ending with exit status 11.")
    var waitForApproval = false

    @Option(
        help: ArgumentHelp(
            "Begin no node that would not be done by then: 06:00 (the next), 2026-11-22T06:00, or with a zone.",
            discussion: """
                A task counts with the longest time that it took before; one that was never run, with its limit. A node that was begun is \
                finished. Then the run ends with exit status 6; planner run_plan --resume --until TIME goes on the next night.
                """, valueName: "time"))
    var until: String?

    func validate() throws {
        guard let until else { return }
        guard let end = TimeOfDay.seconds(of: until, after: secondsNow(), in: .current) else {
            throw ValidationError("--until is a time such as 06:00, 2026-11-22T06:00 or 2026-11-22T06:00Z, not '\(until)'")
        }
        guard end > secondsNow() else { throw ValidationError("--until \(until) is over") }
    }

    func wishes(now: Double) throws -> RunWishes {
        RunWishes(
            keepsGoing: keepGoing, waitsForApproval: waitForApproval,
            until: until.flatMap { TimeOfDay.seconds(of: $0, after: now, in: .current) })
    }
}

/// Times as operators write them.
enum TimeOfDay {
    /// - Parameter text: `06:00`: the next one after `now`; `2026-11-22T06:00` (or with a blank), with seconds or without, in `zone` unless
    ///   it ends with `Z` or an offset.
    /// - Returns: seconds since 1970; nil when it is no time.
    static func seconds(of text: String, after now: Double, in zone: TimeZone) -> Double? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        if let match = text.wholeMatch(of: /([01]?\d|2[0-3]):([0-5]\d)/), let hour = Int(match.1), let minute = Int(match.2) {
            let parts = DateComponents(hour: hour, minute: minute, second: 0)
            return calendar.nextDate(
                after: Date(timeIntervalSince1970: now), matching: parts, matchingPolicy: .nextTime)?.timeIntervalSince1970
        }
        let form = /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:?\d\d)?/
        guard let match = text.wholeMatch(of: form) else { return nil }
        if let offset = match.7 {
            let digits = offset.filter(\.isNumber)
            let minutes = (Int(digits.prefix(2)) ?? 0) * 60 + (Int(digits.dropFirst(2)) ?? 0)
            guard let zone = TimeZone(secondsFromGMT: (offset.first == "-" ? -60 : 60) * minutes) else { return nil }
            calendar.timeZone = zone
        }
        let parts = DateComponents(
            calendar: calendar, timeZone: calendar.timeZone, year: Int(match.1), month: Int(match.2), day: Int(match.3),
            hour: Int(match.4), minute: Int(match.5), second: match.6.flatMap { Int($0) } ?? 0)
        return parts.isValidDate ? parts.date?.timeIntervalSince1970 : nil
    }
}
