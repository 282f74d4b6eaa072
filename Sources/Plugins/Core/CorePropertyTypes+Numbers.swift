import Model

extension CorePropertyTypes {
    static let numbers: [PropertyType] = [
        .range("integer", 0...Int.max),
        .range("positive_integer", 1...Int.max),
        .range("digit", 0...9, rule: "one digit, from 0 to 9"),
        .range("basic_percent", 0...100, rule: "per cent, from 0 to 100, without the sign"),
        PropertyType("count_or_percent", rule: "a whole number of 1 or more, or a percentage from 1% to 100%") {
            isCount($0, orPercentageFrom: 1)
        },
        PropertyType("failure_budget", rule: "a whole number of 0 or more, or a percentage from 0% to 100%") {
            isCount($0, orPercentageFrom: 0)
        },
        PropertyType("wait_point", rule: "canary, batch, or a number of nodes of 1 or more") { text in
            text == "canary" || text == "batch" || NameRules.isDigits(text[...]) && (Int(text) ?? 0) >= 1
        },
        .range("port", 1...65535, rule: "a port from 1 to 65535"),
        .range("node_id", 1...2047, rule: "a number from 1 to 2047"),
        .range("seconds", 1...86400, rule: "seconds, from 1 to 86400"),
        .range("status_interval", 10...3600, rule: "seconds, from 10 to 3600"),
        .range("status_timeout", 10...3600, rule: "seconds, from 10 to 3600"),
    ]

    private static func isCount(_ text: String, orPercentageFrom lowest: Int) -> Bool {
        let isPercentage = text.utf8.last == UInt8(ascii: "%")
        let digits = isPercentage ? text.dropLast() : text[...]
        guard NameRules.isDigits(digits), let number = Int(digits) else { return false }
        return number >= lowest && (!isPercentage || number <= 100)
    }

    static let sizes: [PropertyType] = [
        PropertyType(
            "memory_size", rule: "mebibytes with the unit, such as 5120M, at least 32M", advice: memoryAdvice
        ) { text in
            text.utf8.last == UInt8(ascii: "M") && NameRules.isDigits(text.dropLast()) && (Int(text.dropLast()) ?? 0) >= 32
        },
        PropertyType(
            "disk_size", rule: "a whole number and a unit, K, M, G or T (of 1024): 40G", advice: sizeAdvice
        ) { text in
            guard let unit = text.utf8.last, "KMGT".utf8.contains(unit), text.utf8.first != UInt8(ascii: "0") else {
                return false
            }
            guard NameRules.isDigits(text.dropLast()), let count = Int(text.dropLast()) else { return false }
            return count <= Int.max >> 40
        },
    ]

    /// `5G` is meant for memory as often as `5120M`.
    private static let memoryAdvice: @Sendable (String) -> String? = { text in
        if text.hasSuffix("G"), let count = Int(text.dropLast()), 1...4096 ~= count { return "write \(count * 1024)M" }
        return sizeAdvice(text)
    }

    private static let sizeAdvice: @Sendable (String) -> String? = { text in
        if NameRules.isDigits(text) { return "the unit is missing: \(text)M?" }
        let short = text.hasSuffix("iB") ? text.dropLast(2) : text.hasSuffix("B") ? text.dropLast() : text[...]
        let upper = short.uppercased()
        let isSize = upper.last.map { "KMGT".contains($0) } ?? false
        return isSize && upper != text && NameRules.isDigits(upper.dropLast()) ? "write \(upper)" : nil
    }
}
