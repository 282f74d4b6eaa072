internal import Model

extension ItemPath {
    /// The path of a column.
    static func stored(_ text: String) throws -> ItemPath {
        guard let path = ItemPath(text) else { throw UnreadableRecord(noPath: text) }
        return path
    }
}

extension ItemPathReader {
    /// The path of a column of rows that come about in the order of a tree.
    mutating func stored(_ text: String) throws -> ItemPath {
        guard let path = path(text) else { throw UnreadableRecord(noPath: text) }
        return path
    }
}

extension UnreadableRecord {
    fileprivate init(noPath text: String) { self.init(description: "'\(text)' is not an item path") }
}
