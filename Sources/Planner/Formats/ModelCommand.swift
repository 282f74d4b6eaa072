package import Model

/// The four commands that change the declared tree, and the options that they take. The one definition for a shell and for the lines of a
/// script: the command line makes its options from it, and ``ScriptOptionReader`` reads by it.
///
/// Scripts do not go through the argument parser of the command line because that takes 114 µs a line (release build), which is most of what
/// 20,000 lines may take; a whole line, with its words and its edit, takes 9 µs here.
package enum ModelCommand: String, CaseIterable, Sendable {
    case create, inherit, update, remove

    package var options: [ModelOption] {
        switch self {
        case .create: [.type, .path, .properties, .json]
        case .inherit: [.path, .source, .properties, .json]
        case .update: [.path, .properties, .delete, .json]
        case .remove: [.path, .json]
        }
    }

    /// Options without which the command says nothing.
    package var required: [ModelOption] {
        switch self {
        case .create, .update, .remove: [.path]
        case .inherit: [.path, .source]
        }
    }
}

/// An option of a ``ModelCommand``, as in LITP (`reference/engine.md` 2.2).
package enum ModelOption: Sendable, CaseIterable {
    case type, path, source, properties, delete, json

    /// How many values follow it.
    package enum Arity: Sendable { case none, one, oneOrMore }

    package var letter: Character {
        switch self {
        case .type: "t"
        case .path: "p"
        case .source: "s"
        case .properties: "o"
        case .delete: "d"
        case .json: "j"
        }
    }

    package var name: String {
        switch self {
        case .type: "type"
        case .path: "path"
        case .source: "source"
        case .properties: "options"
        case .delete: "delete"
        case .json: "json"
        }
    }

    package var arity: Arity {
        switch self {
        case .type, .path, .source: .one
        case .properties, .delete: .oneOrMore
        case .json: .none
        }
    }
}

/// A word of a command line, and where it stands when it came from a script.
package struct CommandWord: Hashable, Sendable {
    package var text: String
    package var place: SourcePlace?

    package init(_ text: String, place: SourcePlace? = nil) {
        self.text = text
        self.place = place
    }
}

/// A command line that cannot be carried out: what is wrong, and with which word.
package struct CommandFault: Error, Hashable, Sendable {
    package var summary: String
    package var place: SourcePlace?
    package var nextStep: String?

    package init(_ summary: String, at place: SourcePlace? = nil, nextStep: String? = nil) {
        self.summary = summary
        self.place = place
        self.nextStep = nextStep
    }
}
