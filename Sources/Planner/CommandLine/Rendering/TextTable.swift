/// Rows of words below each other, in columns as wide as their widest word.
struct TextTable {
    private let rows: [[String]]

    /// - Parameter rows: each with as many words as the head.
    init(_ head: [String], _ rows: [[String]]) { self.rows = [head] + rows }

    func text(style: Style) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { index, row in
            let cells = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
            let line = String(cells.reversed().drop { $0 == " " }.reversed())
            return (index == 0 ? style.bold(line) : line) + "\n"
        }
        .joined()
    }
}
