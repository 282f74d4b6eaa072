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
        let order = left.withContiguousStorageIfAvailable { left in
            right.withContiguousStorageIfAvailable { right in compare(left, right) }
        }
        if case .some(.some(let order)) = order { return order }
        return Array(left).withUnsafeBufferPointer { left in
            Array(right).withUnsafeBufferPointer { right in compare(left, right) }
        }
    }

    /// Negative, zero or positive as `left` stands before, at or after `right`.
    static func compare(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        var leftIndex = 0
        var rightIndex = 0
        var tie = 0
        while leftIndex < left.count, rightIndex < right.count {
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
            leftIndex += 1
            rightIndex += 1
        }
        if leftIndex < left.count { return 1 }
        if rightIndex < right.count { return -1 }
        return tie
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    private static func digits(of bytes: UnsafeBufferPointer<UInt8>, from index: inout Int) -> Slice<UnsafeBufferPointer<UInt8>> {
        let start = index
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        return bytes[start..<index]
    }

    private static func compareNumbers(
        _ left: Slice<UnsafeBufferPointer<UInt8>>, _ right: Slice<UnsafeBufferPointer<UInt8>>
    ) -> Int? {
        let leftSignificant = left.drop { $0 == 48 }
        let rightSignificant = right.drop { $0 == 48 }
        if leftSignificant.count != rightSignificant.count { return leftSignificant.count - rightSignificant.count }
        for (leftDigit, rightDigit) in zip(leftSignificant, rightSignificant) where leftDigit != rightDigit {
            return Int(leftDigit) - Int(rightDigit)
        }
        return nil
    }
}
