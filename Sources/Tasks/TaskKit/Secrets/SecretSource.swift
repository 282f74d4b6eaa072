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
