/// Reads the text of a ``ValuePattern``.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    /// How deep groups may be nested.
    private static let maximumDepth = 100
    private static let maximumCount = 1000

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(ValuePattern.Fault) -> PatternExpression {
        let expression = try alternatives()
        if position < scalars.count { throw fault("')' without '('") }
        return expression
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private func fault(_ reason: String) -> ValuePattern.Fault {
        ValuePattern.Fault(reason: "\(reason), at character \(position + 1)")
    }

    // MARK: Grammar

    private mutating func alternatives() throws(ValuePattern.Fault) -> PatternExpression {
        var found = [try sequence()]
        while take("|") { found.append(try sequence()) }
        return found.count == 1 ? found[0] : .choice(found)
    }

    private mutating func sequence() throws(ValuePattern.Fault) -> PatternExpression {
        var parts: [PatternExpression] = []
        while let scalar = next, scalar != "|", scalar != ")" { parts.append(try quantified(try atom())) }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func atom() throws(ValuePattern.Fault) -> PatternExpression {
        guard let scalar = next else { throw fault("something is missing") }
        switch scalar {
        case "^", "$": throw fault("it carries its own anchor '\(scalar)'; the whole value is matched anyway")
        case "*", "+", "?", "{": throw fault("'\(scalar)' has nothing to repeat")
        case "(": return try group()
        case "[": return .letter(try letterClass())
        default: break
        }
        position += 1
        switch scalar {
        case ".": return .letter(.anyButNewline)
        case "\\": return .letter(try escaped())
        default: return .letter(LetterClass(ranges: [scalar...scalar]))
        }
    }

    private mutating func group() throws(ValuePattern.Fault) -> PatternExpression {
        position += 1
        depth += 1
        defer { depth -= 1 }
        guard depth <= PatternParser.maximumDepth else { throw fault("groups are nested too deeply") }
        if take("?") {
            guard take(":") else { throw fault("of groups with '?' only '(?:' is known; look-around and flags are not") }
        }
        let inner = try alternatives()
        guard take(")") else { throw fault("'(' without ')'") }
        return inner
    }

    private mutating func quantified(_ part: PatternExpression) throws(ValuePattern.Fault) -> PatternExpression {
        let counts: (Int, Int?)
        switch next {
        case "*": counts = (0, nil)
        case "+": counts = (1, nil)
        case "?": counts = (0, 1)
        case "{":
            position += 1
            counts = try countsInBraces()
            guard next == "}" else { throw fault("'{' without '}'") }
        default: return part
        }
        position += 1
        if let scalar = next, ["*", "+", "?", "{"].contains(scalar) {
            throw fault("'\(scalar)' after a quantifier: whole values are matched, greedy and lazy are the same")
        }
        return .repetition(part, minimum: counts.0, maximum: counts.1)
    }

    private mutating func countsInBraces() throws(ValuePattern.Fault) -> (Int, Int?) {
        let minimum = try number()
        guard take(",") else { return (minimum, minimum) }
        if next == "}" { return (minimum, nil) }
        let maximum = try number()
        guard maximum >= minimum else { throw fault("a repetition of at least \(minimum) and at most \(maximum)") }
        return (minimum, maximum)
    }

    private mutating func number() throws(ValuePattern.Fault) -> Int {
        var digits = ""
        while let scalar = next, ("0"..."9").contains(scalar) {
            digits.unicodeScalars.append(scalar)
            position += 1
        }
        guard let number = Int(digits), number <= PatternParser.maximumCount else {
            throw fault("a count from 0 to \(PatternParser.maximumCount) is needed")
        }
        return number
    }

    // MARK: Letters

    /// What a backslash and the letter after it stand for; the backslash is taken already.
    private mutating func escaped() throws(ValuePattern.Fault) -> LetterClass {
        guard let scalar = next else { throw fault("'\\' at the end") }
        position += 1
        switch scalar {
        case "d": return .digit
        case "w": return .word
        case "s": return .blank
        case "D": return LetterClass(ranges: LetterClass.digit.ranges, isNegated: true)
        case "W": return LetterClass(ranges: LetterClass.word.ranges, isNegated: true)
        case "S": return LetterClass(ranges: LetterClass.blank.ranges, isNegated: true)
        case "n": return LetterClass(ranges: ["\n"..."\n"])
        case "t": return LetterClass(ranges: ["\t"..."\t"])
        case "r": return LetterClass(ranges: ["\r"..."\r"])
        case "b", "B", "A", "z", "Z", "G":
            throw fault("it carries its own anchor '\\\(scalar)'; the whole value is matched anyway")
        case let scalar where LetterClass.word.contains(scalar):
            throw fault("'\\\(scalar)' is not known")
        default: return LetterClass(ranges: [scalar...scalar])
        }
    }

    private mutating func letterClass() throws(ValuePattern.Fault) -> LetterClass {
        position += 1
        var letters = LetterClass(ranges: [], isNegated: take("^"))
        while let scalar = next, scalar != "]" {
            position += 1
            if scalar == "[" { throw fault("'[' within a class; write '\\['") }
            let first = scalar == "\\" ? try escaped() : LetterClass(ranges: [scalar...scalar])
            guard !first.isNegated else { throw fault("a negated class within a class") }
            guard first.ranges.count == 1, let low = first.ranges.first?.lowerBound, next == "-",
                position + 1 < scalars.count, scalars[position + 1] != "]"
            else {
                letters.ranges += first.ranges
                continue
            }
            position += 1
            guard let end = next else { throw fault("'[' without ']'") }
            position += 1
            let last = end == "\\" ? try escaped().ranges.first?.upperBound ?? end : end
            guard low <= last else { throw fault("the range '\(low)-\(last)' runs backwards") }
            letters.ranges.append(low...last)
        }
        guard take("]") else { throw fault("'[' without ']'") }
        guard !letters.ranges.isEmpty else { throw fault("an empty class") }
        return letters
    }
}
