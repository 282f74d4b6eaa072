/// A regular expression that is asked about whole values: it is anchored by construction and cannot search.
///
/// The syntax is the part that all engines share, so that a schema can carry the same text: literals, `.`, classes (`[a-z]`, `[^/]`,
/// `\d`, `\w`, `\s` and their negations), groups, `|`, and the quantifiers `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`. Anchors, look-around
/// and back-references are refused.
///
/// It runs all alternatives at once (Thompson's construction), so no value can make it slow.
package struct ValuePattern: Sendable {
    /// The expression as it was written.
    package let text: String
    private let program: [Instruction]

    /// A pattern that cannot be used: a mistake of a plugin, told when the plugins are registered.
    package struct Fault: Error, Hashable, Sendable {
        package let reason: String
    }

    /// How large an expression may become when its counted repetitions are written out.
    static let maximumInstructions = 10_000

    /// - Throws: ``Fault`` when the text is no expression, or carries its own anchors.
    package init(_ text: String) throws(Fault) {
        self.text = text
        var parser = PatternParser(text)
        let expression = try parser.parse()
        var program: [Instruction] = []
        try ValuePattern.add(expression, to: &program)
        program.append(.match)
        self.program = program
    }

    /// Whether the whole of `value` is what the expression describes.
    ///
    /// - Complexity: O(length of the value × size of the expression).
    package func matches(_ value: String) -> Bool {
        var states = StateSet(count: program.count)
        var next = StateSet(count: program.count)
        add(0, to: &states)
        for scalar in value.unicodeScalars {
            next.removeAll()
            for state in states.members {
                if case .one(let letters) = program[state], letters.contains(scalar) { add(state + 1, to: &next) }
            }
            swap(&states, &next)
            if states.members.isEmpty { return false }
        }
        return states.members.contains { if case .match = program[$0] { true } else { false } }
    }

    private func add(_ state: Int, to states: inout StateSet) {
        var pending = [state]
        while let state = pending.popLast() {
            guard states.insert(state) else { continue }
            switch program[state] {
            case .jump(let target): pending.append(target)
            case .either(let first, let second): pending += [second, first]
            case .one, .match: continue
            }
        }
    }

    // MARK: Compiling

    private enum Instruction: Sendable {
        /// Takes one letter and goes on to the next instruction.
        case one(LetterClass)
        case either(Int, Int)
        case jump(Int)
        case match
    }

    private static func add(_ expression: PatternExpression, to program: inout [Instruction]) throws(Fault) {
        guard program.count < maximumInstructions else {
            throw Fault(reason: "it is too large: at most \(maximumInstructions) steps when its repetitions are written out")
        }
        switch expression {
        case .letter(let letters): program.append(.one(letters))
        case .sequence(let parts):
            for part in parts { try add(part, to: &program) }
        case .choice(let alternatives): try add(choice: alternatives[...], to: &program)
        case .repetition(let part, let minimum, let maximum):
            for _ in 0..<minimum { try add(part, to: &program) }
            guard let maximum else { return try add(anyNumberOf: part, to: &program) }
            var exits: [Int] = []
            for _ in minimum..<max(minimum, maximum) {
                exits.append(program.count)
                program.append(.match)
                try add(part, to: &program)
            }
            for exit in exits { program[exit] = .either(exit + 1, program.count) }
        }
    }

    private static func add(choice: ArraySlice<PatternExpression>, to program: inout [Instruction]) throws(Fault) {
        var exits: [Int] = []
        for (position, alternative) in choice.enumerated() {
            let fork = program.count
            let isLast = position == choice.count - 1
            if !isLast { program.append(.match) }
            try add(alternative, to: &program)
            guard !isLast else { break }
            exits.append(program.count)
            program.append(.match)
            program[fork] = .either(fork + 1, program.count)
        }
        for exit in exits { program[exit] = .jump(program.count) }
    }

    private static func add(anyNumberOf part: PatternExpression, to program: inout [Instruction]) throws(Fault) {
        let fork = program.count
        program.append(.match)
        try add(part, to: &program)
        program.append(.jump(fork))
        program[fork] = .either(fork + 1, program.count)
    }

    /// States of which each is in it once.
    private struct StateSet {
        private(set) var members: [Int] = []
        private var isMember: [Bool]

        init(count: Int) { isMember = Array(repeating: false, count: count) }

        mutating func insert(_ state: Int) -> Bool {
            guard !isMember[state] else { return false }
            isMember[state] = true
            members.append(state)
            return true
        }

        mutating func removeAll() {
            for member in members { isMember[member] = false }
            members.removeAll(keepingCapacity: true)
        }
    }
}

/// The letters that one place of an expression takes.
struct LetterClass: Sendable {
    var ranges: [ClosedRange<Unicode.Scalar>]
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }

    static let digit = LetterClass(ranges: ["0"..."9"])
    static let word = LetterClass(ranges: ["a"..."z", "A"..."Z", "0"..."9", "_"..."_"])
    static let blank = LetterClass(ranges: [" "..." ", "\t"..."\r"])
    static let anyButNewline = LetterClass(ranges: ["\n"..."\n"], isNegated: true)
}

/// An expression as a tree.
indirect enum PatternExpression: Sendable {
    case letter(LetterClass)
    case sequence([PatternExpression])
    case choice([PatternExpression])
    case repetition(PatternExpression, minimum: Int, maximum: Int?)
}
