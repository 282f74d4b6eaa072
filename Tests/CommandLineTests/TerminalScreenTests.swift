import Synchronization
import TestSupport
import Testing

@testable import PlannerCommandLine

@Suite("The screen of a run")
struct TerminalScreenTests {
    private final class Seen: Sendable {
        let terminal: Mutex<TerminalEmulator>
        init(width: Int) { terminal = Mutex(TerminalEmulator(width: width, height: 10)) }
        // A terminal turns the end of a line into a return and a line feed.
        func feed(_ text: String) { terminal.withLock { $0.feed(Array(text.replacing("\n", with: "\r\n").utf8)) } }
        var lines: [String] { terminal.withLock { $0.lines } }
    }

    private func screen(_ seen: Seen) -> TerminalScreen {
        TerminalScreen(paintTo: { seen.feed($0) }, printTo: { seen.feed($0) })
    }

    @Test("Lines that stay are above the region, which is painted over itself and then gone")
    func frames() {
        let seen = Seen(width: 20)
        var screen = screen(seen)
        screen.show(above: "", region: ["--", "a"], width: 20)
        screen.show(above: "one\n", region: ["--", "bb", "c"], width: 20)
        screen.show(above: "two\nthree\n", region: ["--"], width: 20)
        #expect(seen.lines == ["one", "two", "three", "--", ""])
        screen.erase(width: 20)
        #expect(seen.lines == ["one", "two", "three", ""])
        #expect(seen.terminal.withLock { $0.isCursorVisible && $0.wraps == 0 })
    }

    @Test("A region that is at the bottom of a full terminal stays whole")
    func scrolled() {
        let seen = Seen(width: 20)
        var screen = screen(seen)
        for number in 0..<30 { screen.show(above: "line \(number)\n", region: ["--", "now \(number)"], width: 20) }
        #expect(seen.lines == (0..<30).map { "line \($0)" } + ["--", "now 29", ""])
    }

    @Test("A terminal that was made narrower is cleared of the broken lines")
    func narrower() {
        let seen = Seen(width: 10)
        var screen = screen(seen)
        // As the terminal has broken it: 25 columns in rows of 10.
        screen.show(above: "", region: ["0123456789012345678901234"], width: 25)
        screen.show(above: "kept\n", region: ["--"], width: 10)
        #expect(seen.lines == ["kept", "--", ""])
    }

    @Test(
        "Text is measured in columns",
        arguments: [("abc", 3), ("größe", 5), ("日本", 4), ("e\u{301}", 1), ("", 0), ("한글", 4)])
    func columns(_ text: String, _ columns: Int) {
        #expect(DisplayWidth.columns(of: text) == columns)
        #expect(DisplayWidth.cut(text, to: columns) == text)
    }

    @Test("What is cut is marked, and never wider than asked, also where a wide character does not fit")
    func cuts() {
        #expect(DisplayWidth.cut("0123456789", to: 8) == "01234...")
        #expect(DisplayWidth.cut("日本日本日", to: 8) == "日本...")
        #expect(DisplayWidth.pieces(of: "日本日本日", width: 5) == ["日本", "日本", "日"])
        #expect(DisplayWidth.cut("abcdef", to: 2) == "..")
    }

    @Test("Times are short")
    func times() {
        #expect([5, 60, 372, 3600, 7500].map { ShortTime.text(seconds: $0) } == ["5s", "1m", "6m12s", "1h", "2h05m"])
        #expect([400, 9_900, 41_000, 372_000].map { ShortTime.text(milliseconds: $0) } == ["0.4 s", "9.9 s", "41 s", "6m12s"])
    }
}
