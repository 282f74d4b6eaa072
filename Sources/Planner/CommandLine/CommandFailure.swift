import Model
import Planning
import Service

/// An error as a person or a program reads it: text, and exit status.
struct CommandFailure {
    let diagnostics: [Diagnostic]
    let headline: String
    let nextStep: String?
    let status: ExitStatus

    /// How many errors are shown: nobody reads more, and a file can have a million.
    static let maximumShown = 1_000

    /// Nil for errors that the argument parser says itself.
    init?(_ error: any Error) {
        if let error = error as? ServiceError {
            self.init(error)
        } else if let error = error as? ModelError {
            self.init(.model(error))
        } else if let error = error as? SecretInput.InputError {
            self.init(headline: error.description)
        } else if let error = error as? RegistrationError {
            self.init(headline: error.description)
        } else {
            return nil
        }
    }

    init(headline: String, nextStep: String? = nil, status: ExitStatus = .failure, diagnostics: [Diagnostic] = []) {
        self.headline = headline
        self.nextStep = nextStep
        self.status = status
        self.diagnostics = diagnostics
    }

    private init(_ error: ServiceError) {
        switch error {
        case .model(let error):
            let count = error.diagnostics.count { $0.severity == .error }
            self.init(
                headline: "\(count) \(count == 1 ? "error" : "errors"); nothing was changed", diagnostics: error.diagnostics)
        case .planning(let error):
            self.init(headline: "no plan can be made: \(error)")
        case .noPlan:
            self.init(headline: "there is no plan", nextStep: "planner create_plan makes one", status: .noPlan)
        case .unknownPlan(let id, let near):
            self.init(
                headline: "there is no plan '\(id)'",
                nextStep: near.map { "did you mean '\($0)'?" } ?? "planner plan_history lists them", status: .noPlan)
        case .refused(let text, let diagnostics, let nextStep):
            self.init(
                headline: "\(text); nothing was changed", nextStep: nextStep, status: .refused, diagnostics: diagnostics)
        case .stalePlan(let id, let reasons):
            self.init(
                headline: "plan \(id) is stale: \(reasons.joined(separator: "; ")); nothing was run",
                nextStep: "planner create_plan makes a new one", status: .planNotRunnable)
        case .wrongState(let text, let nextStep):
            self.init(headline: text, nextStep: nextStep, status: .planNotRunnable)
        case .secretsMissing(let error):
            let count = error.diagnostics.count
            self.init(
                headline: "\(count) \(count == 1 ? "task lacks its secret" : "tasks lack their secrets"); nothing was run",
                status: .planNotRunnable, diagnostics: error.diagnostics)
        case .runActive(let holder):
            self.init(
                headline: "a run is active: \(holder); nothing was changed",
                nextStep: "planner status shows it, planner stop_plan stops it", status: .runActive)
        case .store(let message, let nextStep):
            self.init(headline: message, nextStep: nextStep)
        case .connection(let message, let nextStep):
            self.init(headline: message, nextStep: nextStep)
        }
    }

    func text(asJSON: Bool) -> String {
        if asJSON { return JSONOutput.text(of: JSONError(failure: self)) + "\n" }
        let details = DiagnosticText.text(of: diagnostics, maximumShown: CommandFailure.maximumShown)
        let advice = nextStep.map { "\n    \($0)" } ?? ""
        return details + "planner: \(headline)\(advice)\n"
    }
}

/// An error as `--json` prints it, on standard error.
struct JSONError: Encodable {
    let error: String
    let nextStep: String?
    let exit: Int32
    let diagnostics: [Diagnostic]

    init(failure: CommandFailure) {
        error = failure.headline
        nextStep = failure.nextStep
        exit = failure.status.rawValue
        diagnostics = Array(failure.diagnostics.prefix(CommandFailure.maximumShown))
    }
}
