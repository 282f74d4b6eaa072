import Model
import PluginKit

/// A text with places for properties of the model: `{{hostname}}` is a property of the host, `{{ssh/address}}` one of an item below it,
/// `{{/infrastructure/networking/networks/mgmt/subnet}}` one of any item. `\{{` stands for `{{`.
///
/// Strict: a place that names nothing is an error, never an empty text.
struct TextTemplate {
    /// A place that cannot be filled.
    struct Problem: Hashable {
        /// In the text, from 1.
        var line: Int
        var column: Int
        /// As it is written.
        var text: String
        /// What is wrong, as the end of a sentence.
        var message: String
    }

    private let text: String
    private let host: ItemPath
    private let tree: ResolvedTree

    /// The text with the values of the properties; wrong places are left as they are.
    private(set) var filled = ""
    private(set) var problems: [Problem] = []
    /// The items whose values are in it.
    private(set) var items: Set<ItemPath> = []

    init(_ text: String, host: ItemPath, in tree: ResolvedTree) {
        self.text = text
        self.host = host
        self.tree = tree
        fill()
    }

    private mutating func fill() {
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            let before = rest[..<open.lowerBound]
            if before.last == "\\" {
                filled += before.dropLast() + "{{"
                rest = rest[open.upperBound...]
                continue
            }
            filled += before
            guard let close = rest[open.upperBound...].firstRange(of: "}}"), !rest[open.upperBound..<close.lowerBound].contains("\n")
            else {
                report(open.lowerBound, "{{", "has no '}}' on its line")
                filled += "{{"
                rest = rest[open.upperBound...]
                continue
            }
            let written = String(rest[open.lowerBound..<close.upperBound])
            switch value(of: rest[open.upperBound..<close.lowerBound]) {
            case .success(let value): filled += value
            case .failure(let reason):
                report(open.lowerBound, written, reason.text)
                filled += written
            }
            rest = rest[close.upperBound...]
        }
        filled += rest
    }

    private struct Reason: Error { var text: String }

    private mutating func value(of place: Substring) -> Result<String, Reason> {
        let words = place.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let reference = words.first else {
            return .failure(Reason(text: "is not the name of one property"))
        }
        let components = reference.split(separator: "/")
        guard let property = components.last, reference.last != "/" else { return .failure(Reason(text: "names no property")) }
        var path = reference.first == "/" ? ItemPath.root : host
        for component in components.dropLast() {
            guard ItemPath.isIdentifier(String(component)) else { return .failure(Reason(text: "names no item")) }
            path = path.appending(component)
        }
        guard let item = tree[path] else { return .failure(Reason(text: "names the item \(path), which is not there")) }
        guard let value = item[String(property)] else {
            let near = NearestWord.to(String(property), among: item.properties.keys.sorted())
            let advice = near.map { "; did you mean '\($0)'?" } ?? ""
            return .failure(Reason(text: "names the property '\(property)', which \(path) does not have\(advice)"))
        }
        guard value.secret == nil else { return .failure(Reason(text: "is a secret, which would be in plans: use 'secret_content'")) }
        items.insert(path)
        return .success(value.text)
    }

    private mutating func report(_ place: String.Index, _ written: String, _ message: String) {
        let lines = text[..<place].split(separator: "\n", omittingEmptySubsequences: false)
        problems.append(Problem(line: lines.count, column: (lines.last?.count ?? 0) + 1, text: written, message: message))
    }
}

extension CoreRules {
    /// What is wrong with the templates of a tree, and what an item of the same host is to wait for that is not there.
    static func taskProblems(in tree: ResolvedTree) -> [Diagnostic] {
        templateProblems(in: tree) + orderProblems(in: tree)
    }

    private static func templateProblems(in tree: ResolvedTree) -> [Diagnostic] {
        tree.items(ofType: "managed-file").filter { $0.flag("template") }.flatMap { file -> [Diagnostic] in
            guard let host = file.path.parent?.parent, tree[host] != nil else { return [] }
            return TextTemplate(file.text("content"), host: host, in: tree).problems.map { problem in
                tree.breach(
                    by: file, "content", "\(problem.text) in line \(problem.line), column \(problem.column) \(problem.message)",
                    value: problem.text, rule: "every place of a template names a property that has a value",
                    nextStep: "{{hostname}} is of the host, {{ssh/address}} of an item below it, {{/PATH/PROPERTY}} of any; \\{{ is {{")
            }
        }
    }

    private static func orderProblems(in tree: ResolvedTree) -> [Diagnostic] {
        tree.items(ofType: "node-task").flatMap { item -> [Diagnostic] in
            guard let configs = item.path.parent else { return [] }
            return item.list("after").filter { tree[configs.appending($0)] == nil || $0[...] == item.path.name }.map { name in
                tree.breach(
                    by: item, "after", "'\(name)' is no other item of \(configs)", value: name,
                    rule: "'after' names other items in 'configs' of the same host")
            }
        }
    }
}
