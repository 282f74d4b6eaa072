import Model

extension CorePropertyTypes {
    static let texts: [PropertyType] = [
        PropertyType("any_string", rule: "any text") { _ in true },
        PropertyType(
            "basic_string", rule: "letters, digits, '-', '.' and '_', at least one", advice: NameRules.strayCharacter,
            isValid: NameRules.isBasic),
        PropertyType(
            "basic_list", .list, rule: "a list of names of letters, digits, '-', '.' and '_'",
            advice: NameRules.strayCharacter, isValid: NameRules.isBasic),
        PropertyType(
            "basic_list_non_empty", .list, rule: "a list of names of letters, digits, '-', '.' and '_'",
            allowsEmptyList: false, advice: NameRules.strayCharacter, isValid: NameRules.isBasic),
        PropertyType(
            "posix_name", rule: "a login name: letters, digits, '_' and '-', not '-' first, at most 31",
            pattern: "[A-Za-z0-9_][A-Za-z0-9_-]{0,30}"),
        PropertyType(
            "service_name",
            rule: "a name of letters, digits, '-', '.' and '_', and none of \(managementServices.joined(separator: ", "))",
            advice: {
                managementServices.contains($0) ? "'\($0)' is how the host itself is managed" : NameRules.strayCharacter(in: $0)
            }
        ) { NameRules.isBasic($0) && !managementServices.contains($0) },
        PropertyType(
            "disk_uuid", rule: "letters, digits, '_' and '-', not '-' first", pattern: "[A-Za-z0-9_][A-Za-z0-9_-]*"),
        PropertyType(
            "kopts_post", rule: "one kernel option with its value: console=ttyS0", pattern: #"[^=\s]+=[^=\s]+"#),
        PropertyType(
            "secret_free_command", rule: "a shell command in one line, without passwords (it is shown in plans)"
        ) { !$0.isEmpty && !$0.contains("\n") },
    ]

    /// What no model may start and stop: without them the host cannot be reached.
    private static let managementServices = ["network", "NetworkManager", "ssh", "sshd"]
}
