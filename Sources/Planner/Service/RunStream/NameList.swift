/// Names in a row, without leaving one out: `svc-1 ... svc-12` stands for all twelve.
package enum NameList {
    /// Names that count up by one are written as their first and last from this many on.
    private static let shortestRun = 4

    /// - Parameter names: in the order in which they are to be read.
    /// - Complexity: O(total length).
    package static func text(_ names: [String]) -> String {
        var parts: [String] = []
        var index = 0
        while index < names.count {
            var end = index + 1
            while end < names.count, isSuccessor(names[end], of: names[end - 1]) { end += 1 }
            if end - index >= shortestRun {
                parts.append("\(names[index]) ... \(names[end - 1])")
            } else {
                parts += names[index..<end]
            }
            index = end
        }
        return parts.joined(separator: ", ")
    }

    private static func isSuccessor(_ name: String, of former: String) -> Bool {
        let (prefix, number) = split(name)
        let (formerPrefix, formerNumber) = split(former)
        guard prefix == formerPrefix, let value = Int(number), let formerValue = Int(formerNumber) else { return false }
        // 09 and 10 follow each other, 9 and 010 do not.
        return value == formerValue + 1 && (number.count == formerNumber.count || number.first != "0")
    }

    private static func split(_ name: String) -> (prefix: Substring, number: Substring) {
        let digits = name.utf8.reversed().prefix { (48...57).contains($0) }.count
        let cut = name.utf8.index(name.endIndex, offsetBy: -digits)
        return (name[..<cut], name[cut...])
    }
}
