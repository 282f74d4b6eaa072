import Model
import Synchronization
import TaskKit

/// The secrets of one run: gives values to tasks, and takes every value that it has given out of what the run tells and keeps.
final class RunSecrets: Sendable {
    private let source: any SecretSource
    // Grows while tasks run side by side; read for each line of output.
    private let redactor = Mutex(Redactor())

    init(_ source: any SecretSource) { self.source = source }

    /// Known to the redactor before anybody can use it.
    func value(of reference: SecretReference) async throws(SecretFailure) -> SecretValue {
        let value = try await source.value(of: reference)
        redactor.withLock { $0.add(value, of: reference) }
        return value
    }

    func redacted(_ text: String) -> String { redactor.withLock { $0 }.redacted(text) }

    func redacted(_ failure: TaskFailure) -> TaskFailure {
        var failure = failure
        failure.message = redacted(failure.message)
        failure.nextStep = failure.nextStep.map(redacted)
        return failure
    }
}

/// The secrets of one attempt of a task: its check, apply and verification see the same value, also when somebody sets it anew meanwhile.
final class AttemptSecrets: SecretSource {
    private let secrets: RunSecrets
    // A task may ask from several children at once.
    private let known = Mutex<[SecretReference: SecretValue]>([:])

    init(_ secrets: RunSecrets) { self.secrets = secrets }

    func value(of reference: SecretReference) async throws(SecretFailure) -> SecretValue {
        if let value = known.withLock({ $0[reference] }) { return value }
        let value = try await secrets.value(of: reference)
        return known.withLock { known in
            // Whoever came first decides.
            if let first = known[reference] { return first }
            known[reference] = value
            return value
        }
    }
}
