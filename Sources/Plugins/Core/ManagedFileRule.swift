import Model

extension CoreRules {
    /// What a managed file holds is said once, and a secret is only for those whom it concerns.
    static func contentBreach(of file: ResolvedItem) -> ItemRule.Breach? {
        switch (file["content"], file["secret_content"]) {
        case (nil, nil):
            ItemRule.Breach(
                property: "content", rule: "required property 'content' is not set, and 'secret_content' is not either",
                identifier: .missingRequiredProperty)
        case (.some, .some):
            ItemRule.Breach(property: "secret_content", rule: "'content' and 'secret_content' exclude each other")
        case (nil, .some) where (Int(file.text("mode"), radix: 8) ?? 0) & 0o007 != 0:
            ItemRule.Breach(
                property: "mode",
                rule: "a file with 'secret_content' is not for everybody: a mode that ends in 0, such as \"0600\"")
        default: nil
        }
    }
}
