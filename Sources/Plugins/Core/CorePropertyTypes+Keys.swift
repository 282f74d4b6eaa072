import Model

extension CorePropertyTypes {
    static let keys: [PropertyType] = [
        PropertyType(
            "ssh_public_key", rule: "a public key: a type such as ssh-ed25519, a blank, base64, perhaps a comment",
            advice: keyAdvice, isValid: isPublicKey)
    ]

    private static let keyTypes = [
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ]

    /// A key that `authorized_keys` takes; a private key pasted by mistake (M11) is none.
    private static let isPublicKey: @Sendable (String) -> Bool = { text in
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, !text.contains("\n"), !text.contains("PRIVATE KEY") else { return false }
        let isBase64 = words[1].utf8.allSatisfy { NameRules.isLetterOrDigit($0) || [43, 47, 61].contains($0) }
        return keyTypes.contains(String(words[0])) && isBase64 && words[1].utf8.count >= 40 && words[1].hasPrefix("AAAA")
    }

    private static let keyAdvice: @Sendable (String) -> String? = { text in
        if text.contains("PRIVATE KEY") || text.contains("$") { return nil }
        if keyTypes.contains(text) { return "only the type is here: a key has blanks, which a shell splits unless it is quoted" }
        if text.contains("\n") { return "a key is one line" }
        if text.hasPrefix("/") || text.hasSuffix(".pub") { return "this is the name of a file: give what is in it" }
        return nil
    }
}
