package import Foundation

/// Points in time, for people.
package enum LocalTime {
    /// `2026-11-21 20:43:10`, in the zone of the reader.
    package static func text(_ seconds: Double, in zone: TimeZone) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: seconds))
        func two(_ value: Int?) -> String { (value ?? 0) < 10 ? "0\(value ?? 0)" : "\(value ?? 0)" }
        return
            "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day)) \(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
    }

    /// `20:43:10`, in the zone of the reader.
    package static func clock(_ seconds: Double, in zone: TimeZone) -> String {
        // A calendar costs more than all the rest of a line.
        let local = Int(seconds.rounded(.down)) + zone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds))
        let time = ((local % 86_400) + 86_400) % 86_400
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))"
    }
}
