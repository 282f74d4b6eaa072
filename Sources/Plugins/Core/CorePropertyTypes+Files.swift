import Model

extension CorePropertyTypes {
    static let files: [PropertyType] = [
        PropertyType(
            "path_string", rule: "an absolute path without blanks, quotes and '..'", advice: pathAdvice
        ) { isPath($0) && $0 != "/" },
        PropertyType(
            "path_string_incl_root", rule: "an absolute path without blanks, quotes and '..'; / is one", advice: pathAdvice,
            isValid: isPath),
        PropertyType(
            "path_string_command",
            rule:
                "the absolute path of a program, perhaps with arguments of letters, digits and - . _ / : @ + # =, one blank between",
            advice: pathAdvice
        ) { text in
            let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard let program = words.first, isPath(program), program != "/" else { return false }
            return words.dropFirst().allSatisfy { word in
                !word.isEmpty && word.utf8.allSatisfy { isPathByte($0) || $0 == UInt8(ascii: "=") }
            }
        },
        PropertyType(
            "file_path_string", rule: "a path, absolute or not, without blanks, quotes and '..'", advice: pathAdvice
        ) { text in
            !text.isEmpty && text.utf8.allSatisfy(isPathByte) && !text.split(separator: "/").contains("..")
        },
        PropertyType("file_mode", rule: "an octal mode such as 0644", pattern: "[0-7]{3,4}"),
        PropertyType("file_owner", rule: "a user and a group, such as root:root", pattern: "[A-Za-z0-9._-]+:[A-Za-z0-9._-]+"),
        PropertyType("sha256", rule: "a SHA-256 digest: 64 hexadecimal digits", advice: digestAdvice(count: 64)) {
            NameRules.isHexadecimal($0, count: 64)
        },
        PropertyType(
            "checksum_hex_string", rule: "an MD5 digest: 32 hexadecimal digits", advice: digestAdvice(count: 32)
        ) { NameRules.isHexadecimal($0, count: 32) },
    ]

    private static let isPath: @Sendable (String) -> Bool = { text in
        text.utf8.first == UInt8(ascii: "/") && text.utf8.allSatisfy(isPathByte) && !text.split(separator: "/").contains("..")
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        NameRules.isLetterOrDigit(byte) || "-./:@_+#".utf8.contains(byte)
    }

    private static let pathAdvice: @Sendable (String) -> String? = { text in
        text.hasPrefix("~") ? "'~' is known to shells only: write the whole path" : nil
    }

    private static func digestAdvice(count: Int) -> @Sendable (String) -> String? {
        { text in
            guard text.utf8.allSatisfy({ NameRules.isHexadecimal(String(UnicodeScalar($0)), count: 1) }) else { return nil }
            let names = [32: "an MD5 digest", 40: "a SHA-1 digest", 64: "a SHA-256 digest", 128: "a SHA-512 digest"]
            return names[text.utf8.count].map { "this looks like \($0)" } ?? "it has \(text.utf8.count) digits"
        }
    }
}
