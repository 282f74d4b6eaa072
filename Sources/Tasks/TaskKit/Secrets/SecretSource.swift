package import Model

/// Where the values of secrets come from. Two users: the secret store, and a dictionary in tests.
///
/// Asked when a task runs, once for each attempt, and nowhere before: a value is in no model, no plan and no journal (DESIGN section 3).
package protocol SecretSource: Sendable {
    func value(of reference: SecretReference) async throws(SecretFailure) -> SecretValue
}

/// The value of a secret. It cannot be encoded, and whatever prints it prints its length only.
package struct SecretValue: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }

    /// The value as one scalar of YAML or JSON: in double quotes, without a newline at its end.
    var quoted: String {
        let text = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
        return "\"" + String(decoding: text, as: UTF8.self).unicodeScalars.map(SecretValue.escaped).joined() + "\""
    }

    /// YAML and JSON agree on these escapes.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x22: return "\\\""
        case 0x5C: return "\\\\"
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF:
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: return String(Character(scalar))
        }
    }
}

extension SecretValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(\(bytes.count) secret bytes)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why the value of a secret cannot be had. Says which and why, never what it is.
package struct SecretFailure: Error, Hashable, Sendable {
    package var reference: SecretReference
    /// What is wrong, as a sentence with the name in it.
    package var message: String
    package var nextStep: String?

    package init(_ reference: SecretReference, _ message: String, nextStep: String? = nil) {
        self.reference = reference
        self.message = message
        self.nextStep = nextStep
    }
}

/// A source that has nothing, for runs without secrets.
package struct NoSecrets: SecretSource {
    package init() {}

    package func value(of reference: SecretReference) async throws(SecretFailure) -> SecretValue {
        throw SecretFailure(reference, "there is no source for the secret \(reference)")
    }
}

extension TaskContext {
    /// The value of a secret, or the failure that the task ends with.
    package func value(of reference: SecretReference) async throws(TaskFailure) -> SecretValue {
        do {
            return try await secrets.value(of: reference)
        } catch {
            throw TaskFailure(.failed, error.message, nextStep: error.nextStep)
        }
    }
}
