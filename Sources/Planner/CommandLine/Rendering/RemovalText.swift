import Model
import Service

/// What a removal takes away, for people.
enum RemovalText {
    /// After the fact; nothing to say when only the item itself went.
    static func done(_ removed: [ItemPath], asked path: ItemPath) -> String {
        guard removed.count > 1 else { return "" }
        var lines = ["\(removed.count) items removed from the model:"]
        lines += removed.filter { $0.isWithin(path) }.map { "  \($0)" }
        let inheritors = removed.filter { !$0.isWithin(path) }
        if !inheritors.isEmpty { lines.append("because they inherit from these:") }
        lines += inheritors.map { "  \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Before it is done.
    static func trial(_ items: [Site.RemovedItem]) -> String {
        let own = items.filter { $0.inherits == nil }
        let inheritors = items.filter { $0.inherits != nil }
        var lines = ["\(count(items.count)) would be removed from the model:"]
        lines += own.map { "  \($0.path)" }
        if !inheritors.isEmpty { lines.append("because they inherit from these:") }
        lines += inheritors.map { item in
            "  \(item.path)  inherits \(item.inherits?.text ?? "")" + (item.isDeclared ? "" : ", by what is above it")
        }
        return lines.joined(separator: "\n") + "\nNothing was changed.\n"
    }

    private static func count(_ number: Int) -> String { number == 1 ? "1 item" : "\(number) items" }
}
