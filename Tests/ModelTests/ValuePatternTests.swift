import TestSupport
import Testing

@testable import Model

@Suite("Patterns of values") struct ValuePatternTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let pattern: String
        let good: [String]
        let bad: [String]
        var testDescription: String { pattern }
    }

    @Test("The whole value is what the pattern describes, or nothing of it is", arguments: cases)
    func matching(_ example: Case) throws {
        let pattern = try ValuePattern(example.pattern)
        for value in example.good { #expect(pattern.matches(value), "\(value)") }
        for value in example.bad { #expect(!pattern.matches(value), "\(value) was taken") }
    }

    static let cases = [
        Case(pattern: "", good: [""], bad: ["a"]),
        Case(pattern: "abc", good: ["abc"], bad: ["", "ab", "abcd", "xabc", "abc\n"]),
        Case(pattern: "a|bc|", good: ["a", "bc", ""], bad: ["abc", "ac", "b"]),
        Case(pattern: "(a|b)*c", good: ["c", "abbac"], bad: ["ab", "cc"]),
        Case(pattern: "(?:ab)+", good: ["ab", "abab"], bad: ["", "aba"]),
        Case(pattern: "[a-c_]+", good: ["abc_"], bad: ["d", ""]),
        Case(pattern: "[^/ ]+", good: ["a-b"], bad: ["a/b", "a b", ""]),
        Case(pattern: "[-a]+", good: ["-a"], bad: ["b"]),
        Case(pattern: "[a-]+", good: ["-a"], bad: ["b"]),
        Case(pattern: #"[\]\[\\]+"#, good: [#"[]\"#], bad: ["a"]),
        Case(pattern: #"\d{2,3}"#, good: ["12", "123"], bad: ["1", "1234", "1a"]),
        Case(pattern: #"\d{2}"#, good: ["12"], bad: ["1", "123"]),
        Case(pattern: "a{2,}", good: ["aa", "aaaaa"], bad: ["a", ""]),
        Case(pattern: "a{0}b", good: ["b"], bad: ["ab"]),
        Case(pattern: "(a?){3}", good: ["", "aaa"], bad: ["aaaa"]),
        Case(pattern: #"\w\s\S\D\W"#, good: ["a x--", "_\ty.."], bad: ["a x1-", "a  --"]),
        Case(pattern: ".+", good: ["aä€", "\t"], bad: ["a\nb", ""]),
        Case(pattern: #"\."#, good: ["."], bad: ["a"]),
        Case(pattern: "eth([0-9]|1[0-4])", good: ["eth0", "eth14"], bad: ["eth15", "eth", "eth01"]),
    ]

    @Test(
        "What cannot be used says why, and where",
        arguments: [
            ("^a", "it carries its own anchor '^'; the whole value is matched anyway, at character 1"),
            ("a$", "it carries its own anchor '$'; the whole value is matched anyway, at character 2"),
            (#"\Aa"#, #"it carries its own anchor '\A'; the whole value is matched anyway, at character 3"#),
            ("(a", "'(' without ')', at character 3"), ("a)", "')' without '(', at character 2"),
            ("[a", "'[' without ']', at character 3"), ("[]", "an empty class, at character 3"),
            ("[b-a]", "the range 'b-a' runs backwards, at character 5"), ("*a", "'*' has nothing to repeat, at character 1"),
            ("a{3,2}", "a repetition of at least 3 and at most 2, at character 6"),
            ("a{x}", "a count from 0 to 1000 is needed, at character 3"),
            ("a{9999}", "a count from 0 to 1000 is needed, at character 7"),
            ("a+?", "'?' after a quantifier: whole values are matched, greedy and lazy are the same, at character 3"),
            ("(?=a)", "of groups with '?' only '(?:' is known; look-around and flags are not, at character 3"),
            (#"(a)\1"#, #"'\1' is not known, at character 6"#), (#"a\"#, #"'\' at the end, at character 3"#),
            (
                "(a{1000}){1000}", "it is too large: at most 10000 steps when its repetitions are written out"
            ),
        ] as [(String, String)])
    func faults(_ pattern: String, _ reason: String) {
        #expect(throws: ValuePattern.Fault(reason: reason)) { _ = try ValuePattern(pattern) }
    }

    @Test("Deep nesting is refused, not followed") func depth() {
        let text = String(repeating: "(", count: 100_000) + String(repeating: ")", count: 100_000)
        #expect(throws: ValuePattern.Fault.self) { _ = try ValuePattern(text) }
    }

    @Test("No value makes a pattern slow", .timeLimit(.minutes(1))) func linear() throws {
        let pattern = try ValuePattern("(a|aa|a*)*b")
        #expect(!pattern.matches(String(repeating: "a", count: 20_000)))
    }

    /// Swift's own engine says what is right.
    @Test("Any expression takes what Swift's engine takes", arguments: 0..<20) func oracle(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let text = Self.expression(depth: 3, &generator)
            let pattern = try ValuePattern(text)
            let oracle = try Regex(text)
            for _ in 0..<10 {
                let length = Int.random(in: 0...6, using: &generator)
                let value = String((0..<length).map { _ in "abc1".randomElement(using: &generator) ?? "a" })
                let expected = try oracle.wholeMatch(in: value) != nil
                #expect(pattern.matches(value) == expected, "seed \(seed): \(text) on '\(value)'")
            }
        }
    }

    private static func expression(depth: Int, _ generator: inout SeededGenerator) -> String {
        guard depth > 0 else { return ["a", "b", "[ab]", "[^a]", ".", #"\d"#].randomElement(using: &generator) ?? "a" }
        func part() -> String { expression(depth: depth - 1, &generator) }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return part() + part()
        case 1: return "(\(part())|\(part()))"
        case 2: return "(\(part()))*"
        case 3: return "(?:\(part()))?"
        case 4: return "(\(part())){1,2}"
        default: return "(\(part()))+" + part()
        }
    }
}
