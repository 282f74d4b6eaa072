/// The order in which ids are listed everywhere: digits compare as numbers, everything else by byte, so that `svc-2` stands
/// before `svc-10` (DESIGN section 3). It is a total order: equal only for equal texts.
package enum NaturalOrder {
    /// Whether `left` stands before `right`.
    ///
    /// - Complexity: O(length of the shorter text); no allocation.
    package static func isBefore(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        compare(left.utf8, right.utf8) < 0
    }

    /// Negative, zero or positive as `left` stands before, at or after `right`.
    package static func compare(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Int {
        var leftIndex = left.startIndex
        var rightIndex = right.startIndex
        var tie = 0
        while leftIndex != left.endIndex, rightIndex != right.endIndex {
            let leftByte = left[leftIndex]
            let rightByte = right[rightIndex]
            if isDigit(leftByte), isDigit(rightByte) {
                let leftNumber = digits(of: left, from: &leftIndex)
                let rightNumber = digits(of: right, from: &rightIndex)
                if let order = compareNumbers(leftNumber, rightNumber) { return order }
                // 007 and 7 are the same number; the shorter spelling first, unless something later decides.
                if tie == 0 { tie = leftNumber.count - rightNumber.count }
                continue
            }
            if leftByte != rightByte { return Int(leftByte) - Int(rightByte) }
            left.formIndex(after: &leftIndex)
            right.formIndex(after: &rightIndex)
        }
        if leftIndex != left.endIndex { return 1 }
        if rightIndex != right.endIndex { return -1 }
        return tie
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    private static func digits<Bytes: Collection<UInt8>>(of bytes: Bytes, from index: inout Bytes.Index)
        -> Bytes.SubSequence
    {
        let start = index
        while index != bytes.endIndex, isDigit(bytes[index]) { bytes.formIndex(after: &index) }
        return bytes[start..<index]
    }

    private static func compareNumbers(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Int? {
        let leftSignificant = left.drop { $0 == 48 }
        let rightSignificant = right.drop { $0 == 48 }
        if leftSignificant.count != rightSignificant.count {
            return leftSignificant.count - rightSignificant.count
        }
        for (leftDigit, rightDigit) in zip(leftSignificant, rightSignificant) where leftDigit != rightDigit {
            return Int(leftDigit) - Int(rightDigit)
        }
        return nil
    }
}
