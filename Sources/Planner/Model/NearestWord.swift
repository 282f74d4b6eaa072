/// Finds what somebody probably meant.
package enum NearestWord {
    /// The word of `words` that is nearest to `written`, when it is near: at most a third of its letters differ.
    ///
    /// - Complexity: O(words × length²); for messages only.
    package static func to(_ written: String, among words: some Sequence<String>) -> String? {
        let limit = max(1, written.count / 3)
        // The lengths alone rule most words out, and keep a value of a megabyte from being compared.
        return words.filter { abs($0.count - written.count) <= limit }
            .map { (distance($0, written), $0) }.filter { $0.0 <= limit }.min { $0 < $1 }?.1
    }

    /// The number of letters to insert, delete or exchange, where two neighbours that changed places count once (optimal string alignment).
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let exchange = previous[column] + (left[row] == right[column] ? 0 : 1)
                var least = min(exchange, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    least = min(least, beforePrevious[column - 1] + 1)
                }
                current.append(least)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
