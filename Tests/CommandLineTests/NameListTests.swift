import Service
import Testing

@testable import PlannerCommandLine

@Suite("Names in a row")
struct NameListTests {
    @Test(
        "Four and more names that count up by one are their first and last; no name is left out otherwise",
        arguments: [
            (["a"], "a"), (["n1", "n2", "n3"], "n1, n2, n3"), (["n1", "n2", "n3", "n4"], "n1 ... n4"),
            (["n8", "n9", "n10", "n11", "x"], "n8 ... n11, x"), (["n08", "n09", "n10", "n11"], "n08 ... n11"),
            (["n9", "n010", "n011", "n012"], "n9, n010, n011, n012"), (["n1", "n3", "n5", "n7"], "n1, n3, n5, n7"),
            (["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], "10.0.0.1 ... 10.0.0.4"), (["", "", "", ""], ", , , "),
            (["99999999999999999999999", "1"], "99999999999999999999999, 1"),
        ])
    func lists(_ names: [String], _ text: String) { #expect(NameList.text(names) == text) }
}

@Suite("Lines that fit a terminal")
struct WrappingTests {
    @Test("A line is broken between words, its blanks at the beginning are kept, and the rest stands below its text")
    func broken() {
        #expect(Wrapping.lines(of: "  why: one two three", width: 12, indent: 7) == ["  why: one", "       two", "       three"])
    }

    @Test("Columns inside a line are kept, and a word that has no room anywhere is not cut")
    func kept() {
        #expect(Wrapping.lines(of: "a   b", width: 80, indent: 2) == ["a   b"])
        #expect(Wrapping.lines(of: "xyz abcdefghijkl", width: 8, indent: 2) == ["xyz", "  abcdefghijkl"])
    }

    @Test("Colours take no room")
    func color() {
        let red = "\u{1b}[31mab\u{1b}[0m cd"
        #expect(Wrapping.lines(of: red, width: 5, indent: 0) == [red])
    }
}
