/// Work on many things side by side, not on all of them at once.
enum Concurrently {
    /// Carries out `work` for each element, `limit` at a time; results in the order of the elements.
    static func map<Element: Sendable, Value: Sendable>(
        _ elements: [Element], atMost limit: Int, _ work: @escaping @Sendable (Element) async -> Value
    ) async -> [Value] {
        await withTaskGroup(of: (Int, Value).self) { group in
            var values: [Int: Value] = [:]
            var next = 0
            while next < elements.count || values.count < next {
                if next < elements.count, next - values.count < limit {
                    let position = next
                    group.addTask { (position, await work(elements[position])) }
                    next += 1
                } else if let (position, value) = await group.next() {
                    values[position] = value
                }
            }
            return elements.indices.compactMap { values[$0] }
        }
    }
}
