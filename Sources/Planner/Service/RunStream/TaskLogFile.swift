import Foundation

/// The form of a task's log on the disk: plain text, of which the middle is left out once it is too long.
enum TaskLogFile {
    /// A file that grows beyond this is cut to its beginning and its end.
    static let largest = 1 << 20
    /// How much of the beginning, and of the end, stays when it is cut.
    static let kept = 1 << 18

    private static let markerStart = "[... "
    private static let markerEnd = " bytes left out here ...]\n"

    /// The text without its middle, at ends of lines; what a former cut has left out counts.
    static func cut(_ text: [UInt8]) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        let before = marker(in: text)
        var headEnd = before?.range.lowerBound ?? min(kept, text.count)
        if before == nil { headEnd = text[..<headEnd].lastIndex(of: newline).map { $0 + 1 } ?? headEnd }
        let room = max(before?.range.upperBound ?? headEnd, text.count - kept)
        let tailStart = text[room...].firstIndex(of: newline).map { $0 + 1 } ?? room
        let already = before.map { $0.leftOut - $0.range.count } ?? 0
        let leftOut = already + tailStart - headEnd
        return Array(text[..<headEnd]) + Array("\(markerStart)\(leftOut)\(markerEnd)".utf8) + Array(text[tailStart...])
    }

    /// Where a reader who has read `position` bytes of the whole output goes on in `text`.
    static func offset(of position: Int, in text: [UInt8]) -> Int {
        guard let marker = marker(in: text), position > marker.range.lowerBound else { return min(position, text.count) }
        let afterCut = position - marker.leftOut + marker.range.count
        return afterCut < marker.range.upperBound ? marker.range.lowerBound : min(afterCut, text.count)
    }

    /// How many bytes of output the text stands for.
    static func length(_ text: [UInt8]) -> Int {
        marker(in: text).map { text.count - $0.range.count + $0.leftOut } ?? text.count
    }

    private static func marker(in text: [UInt8]) -> (range: Range<Int>, leftOut: Int)? {
        let start = Array(("\n" + markerStart).utf8)
        let end = Array(markerEnd.utf8)
        guard text.count > kept / 2 else { return nil }
        var line = text.startIndex
        while let next = text[line...].firstIndex(of: UInt8(ascii: "\n")) {
            line = next + 1
            guard text[next...].starts(with: start), let stop = text[line...].firstIndex(of: UInt8(ascii: "\n")) else { continue }
            guard text[line...stop].suffix(end.count).elementsEqual(end) else { continue }
            let digits = text[(line + markerStart.utf8.count)..<(stop + 1 - end.count)]
            if let leftOut = Int(String(decoding: digits, as: UTF8.self)) { return (line..<stop + 1, leftOut) }
        }
        return nil
    }
}

/// One attempt's log, as a reader finds it.
package struct TaskLog: Sendable {
    package let attempt: Int
    package let path: String
}

/// Reads a log while it grows, also across the cut of its middle.
package struct TaskLogReader: Sendable {
    private let path: String
    private var position = 0

    package init(_ path: String) { self.path = path }

    /// What has come since the last call; empty when nothing has, or when there is no file yet.
    package mutating func next() -> String {
        // No file yet, or none any more, is nothing to read.
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        let text = Array(data)
        let start = TaskLogFile.offset(of: position, in: text)
        position = TaskLogFile.length(text)
        return String(decoding: text[start...], as: UTF8.self)
    }
}
