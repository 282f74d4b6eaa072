import Foundation
import Service
import Testing

@testable import PlannerCommandLine

@Suite("Times as operators write them")
struct TimeOfDayTests {
    /// 2026-11-21 22:30:00 in Stockholm.
    private static let now = 1_795_296_600.0

    @Test(
        "A time of day is the next one; a date is itself, in the zone of the operator or its own",
        arguments: [
            ("23:00", 1_795_298_400), ("06:00", 1_795_323_600), ("6:00", 1_795_323_600), ("22:30", 1_795_383_000),
            ("2026-11-22T06:00", 1_795_323_600), ("2026-11-22 06:00:30", 1_795_323_630), ("2026-11-22T05:00Z", 1_795_323_600),
            ("2026-11-22T07:00+02:00", 1_795_323_600), ("2026-11-21T23:30:00-0530", 1_795_323_600),
        ])
    func times(_ text: String, _ seconds: Double) throws {
        let zone = try #require(TimeZone(identifier: "Europe/Stockholm"))
        #expect(TimeOfDay.seconds(of: text, after: Self.now, in: zone) == seconds)
    }

    @Test(
        "What is no time is not taken for one", arguments: ["", "6", "24:00", "06:60", "tomorrow", "2026-02-30T06:00", "06:00x"])
    func mistakes(_ text: String) { #expect(TimeOfDay.seconds(of: text, after: Self.now, in: .gmt) == nil) }

    @Test("The clock of a line is the end of the whole time, also before 1970 and where winter time begins")
    func clocks() throws {
        for identifier in ["Europe/Stockholm", "America/St_Johns", "Pacific/Kiritimati", "GMT"] {
            let zone = try #require(TimeZone(identifier: identifier))
            for seconds in [Self.now, 0, 0.999, -1.5, 1_792_889_999.9, 1_792_890_000, 1_792_893_600] {
                let clock = LocalTime.clock(seconds, in: zone)
                #expect(clock == LocalTime.text(seconds, in: zone).suffix(8), "\(identifier) \(seconds)")
            }
        }
    }
}
