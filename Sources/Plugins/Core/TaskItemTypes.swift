import Model
import PluginKit

/// The item types by which operators use the kinds of tasks themselves: commands, playbooks, gates and files, on one host
/// (docs/tasks.md).
enum TaskItemTypes {
    static let all: [ItemType] = [base, command, playbook, gate, uploaded, fetched]

    /// What they have in common. Limits and tries are not configuration: a change of them touches no host.
    private static let base = ItemType(
        "node-task", extends: "node-config", summary: "Something that is done on one host.", isAbstract: true,
        properties: [
            PropertyDefinition(
                "after", "basic_list", default: [], configuration: false,
                summary: "Other items in 'configs' of the same host that are done before it."),
            PropertyDefinition(
                "tries", "positive_integer", configuration: false,
                summary: "How often it is tried within a run, when a host or a server does not answer for a moment; else three times."),
        ])

    private static func limit(_ seconds: Int) -> PropertyDefinition {
        PropertyDefinition(
            "limit", "seconds", default: .integer(seconds), configuration: false,
            summary: "Seconds that it may take; then it is ended, by KILL when it ignores TERM for 10 seconds.")
    }

    private static let idleLimit = PropertyDefinition(
        "idle_limit", "seconds", configuration: false, summary: "Seconds that it may say nothing; then it is ended as well.")

    private static let effect = PropertyDefinition(
        "change_effect", "change_effect", default: "live",
        summary: "What it costs; 'restart' and 'replace' take the node out of service for it.")

    private static let questions = [
        PropertyDefinition(
            "check_command", "secret_free_command", summary: "Exit status 0: it is true already; 1 to 125: it is not."),
        PropertyDefinition("creates", "path_string", summary: "A file or directory that is there when it was done."),
    ]

    private static let oneQuestion = ItemRule("at most one of 'check_command' and 'creates' is set") { item in
        item["check_command"] == nil || item["creates"] == nil
            ? nil : ItemRule.Breach(property: "creates", rule: "'check_command' and 'creates' exclude each other")
    }

    private static let command = ItemType(
        "command", extends: "node-task",
        summary: "A command on the host, run once for each change of it; it goes on when the connection is lost.",
        properties: [
            PropertyDefinition("apply_command", "secret_free_command", required: true, summary: "What is run, by sh."),
            PropertyDefinition(
                "undo_command", "secret_free_command", summary: "What is run when the item is removed; else nothing is."),
            effect, limit(300), idleLimit,
        ] + questions, rules: [oneQuestion])

    private static let playbook = ItemType(
        "playbook", extends: "node-task", summary: "A playbook of Ansible that is carried out on the host.",
        properties: [
            PropertyDefinition("directory", "path_string", required: true, summary: "Where it is carried out, with its ansible.cfg."),
            PropertyDefinition(
                "playbook", "file_path_string", required: true, summary: "The playbook, as seen from there."),
            PropertyDefinition("inventory", "file_path_string", summary: "Its inventory; else what Ansible is configured with."),
            PropertyDefinition("hosts", "basic_list", default: [], summary: "Only these hosts of the inventory (--limit)."),
            PropertyDefinition("tags", "basic_list", default: [], summary: "Only what has one of these tags."),
            PropertyDefinition(
                "variables", "variable_list", default: [], summary: "Variables, NAME=VALUE each (-e); no passwords: plans show them."),
            PropertyDefinition(
                "version", "any_string", summary: "What it is about, such as a release: a change of it runs the playbook again."),
            effect, limit(3600), idleLimit,
        ] + questions, rules: [oneQuestion])

    private static let gate = ItemType(
        "wait-for", extends: "node-task", summary: "A gate: what comes after it waits until something holds, as the host sees it.",
        properties: [
            PropertyDefinition("command", "secret_free_command", summary: "Exit status 0: it holds; 1 to 125: not yet."),
            PropertyDefinition("file", "path_string", summary: "It holds when the file or directory is there."),
            PropertyDefinition("port", "port", summary: "It holds when a service takes connections on this port."),
            PropertyDefinition("address", "address_or_name", summary: "Where the port is; else on the host itself."),
            PropertyDefinition("interval", "seconds", default: 5, configuration: false, summary: "Seconds between two looks."),
            PropertyDefinition("limit", "seconds", default: 300, configuration: false, summary: "Seconds after which it has failed."),
        ], rules: [.oneOf(["command", "file", "port"]), .needs("address", "port")])

    private static let file = [
        PropertyDefinition("path", "path_string", required: true, updatable: false, summary: "Where it is on the host."),
        PropertyDefinition("sha256", "sha256", required: true, summary: "The SHA-256 of its content."),
        PropertyDefinition("mode", "file_mode", default: "0644", summary: "Its permission bits."),
    ]

    private static let uploaded = ItemType(
        "uploaded-file", extends: "node-task", summary: "A file that the controller has and sends to the host.",
        properties: file + [
            PropertyDefinition(
                "source", "path_string", required: true, configuration: false, summary: "Where it is on the controller."),
            PropertyDefinition("owner", "file_owner", default: "root:root", summary: "Its user and group."),
            effect, limit(3600),
        ])

    private static let fetched = ItemType(
        "fetched-file", extends: "node-task", summary: "A file that the host loads by itself; it goes on after an interruption.",
        properties: file + [
            PropertyDefinition("url", "download_url", required: true, configuration: false, summary: "Where the host gets it from."),
            PropertyDefinition(
                "source", "path_string", configuration: false,
                summary: "Where it is on the controller, which sends it when the host cannot reach the URL."),
            effect, limit(3600),
        ])

    static let propertyTypes: [PropertyType] = [
        PropertyType(
            "variable_list", .list, rule: "NAME=VALUE each; a name of letters, digits and '_'"
        ) { text in
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex else { return false }
            let name = text[..<sign].utf8
            return !(48...57).contains(name.first ?? 48)
                && name.allSatisfy { NameRules.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
        },
        PropertyType(
            "download_url", rule: "a URL that begins with http://, https:// or ftp://, without blanks and quotes",
            pattern: #"(https?|ftp)://[^\s'"]+"#),
    ]
}
