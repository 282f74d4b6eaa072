package import Model
import PluginKit

/// The property types that every plugin may use. Names are LITP's (`reference/engine.md` 5.7) where it has them. Where LITP's expression
/// was not anchored, or took nearly anything, the rule is what its name promises.
package enum CorePropertyTypes {
    package static let all: [PropertyType] = texts + numbers + sizes + addresses + hosts + files + times + keys + choices

    private static let choices: [PropertyType] = [
        PropertyType("basic_boolean", .boolean, rule: "true or false") { $0 == "true" || $0 == "false" },
        .choice("ha_manager", ["planner", "none"]),
        .choice("become_method", ["sudo", "none"]),
        .choice("change_effect", Effect.allCases.map(\.rawValue)),
        .choice("os_version", ["rhel6", "rhel7", "rhel8", "rhel9", "sles12", "sles15"]),
    ]
}
