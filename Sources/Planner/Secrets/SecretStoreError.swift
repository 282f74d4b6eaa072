/// Why the secret store could not do what it was asked: what happened, with the name of the secret or the file, and what to do. Never a
/// value.
package struct SecretStoreError: Error, Hashable, Sendable {
    package enum Code: Hashable, Sendable {
        /// A name or a value that cannot be stored.
        case invalid
        /// There is no secret of the name.
        case notFound
        /// The key file is missing while there are secrets, or it is not the one that they were encrypted with.
        case key
        /// Others can read what only the owner may.
        case permissions
        /// What is stored is not what was written.
        case damaged
        /// A file cannot be read or written.
        case file
    }

    package let code: Code
    package let message: String
    package let nextStep: String?

    init(_ code: Code, _ message: String, nextStep: String? = nil) {
        self.code = code
        self.message = message
        self.nextStep = nextStep
    }
}

extension SecretStoreError: CustomStringConvertible {
    package var description: String { message + (nextStep.map { "; \($0)" } ?? "") }
}
