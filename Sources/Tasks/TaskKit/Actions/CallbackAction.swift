import Shell

/// Code of a plugin that carries out a task on the controller, with the host of the task at hand.
///
/// A plan names it by name and version and never holds it: a stored plan finds the same code again, or says that it is gone.
package struct TaskCallback: Sendable {
    /// Unique over all plugins: `PLUGIN/NAME`.
    package let name: String
    /// Changes whenever the same arguments would do something else.
    package let version: Int
    let check: @Sendable ([String: String], TaskContext) async throws(TaskFailure) -> CheckResult
    let apply: @Sendable ([String: String], TaskContext) async throws(TaskFailure) -> Void

    /// - Parameters:
    ///   - check: whether it is true already; must touch nothing.
    ///   - apply: makes it true; asked again when an attempt was interrupted and a durable run under ``TaskContext/runIdentifier`` is there.
    package init(
        name: String, version: Int,
        check: @escaping @Sendable ([String: String], TaskContext) async throws(TaskFailure) -> CheckResult,
        apply: @escaping @Sendable ([String: String], TaskContext) async throws(TaskFailure) -> Void
    ) {
        self.name = name
        self.version = version
        self.check = check
        self.apply = apply
    }
}

/// All callbacks that this version of Planner knows, by name. Built once by the composition root.
package struct CallbackLibrary: Sendable {
    private var callbacks: [String: TaskCallback] = [:]

    package init(_ callbacks: [TaskCallback] = []) {
        for callback in callbacks { self.callbacks[callback.name] = callback }
    }

    func callback(named name: String, version: Int) throws(TaskFailure) -> TaskCallback {
        guard let callback = callbacks[name] else {
            throw TaskFailure(
                .failed, "no plugin of this Planner has '\(name)'", nextStep: "planner create_plan makes a plan for this version")
        }
        guard callback.version == version else {
            throw TaskFailure(
                .failed,
                "the plan was made with version \(version) of '\(name)', and this Planner has version \(callback.version)",
                nextStep: "planner create_plan makes a plan for this version")
        }
        return callback
    }
}

/// Lets a plugin carry out a task by itself.
package struct CallbackAction: TaskAction {
    package static let kind = "callback"

    package let name: String
    package let version: Int
    /// What the callback is told; shown in plans, so no secrets.
    package let arguments: [String: String]

    package init(_ callback: TaskCallback, arguments: [String: String] = [:]) {
        name = callback.name
        version = callback.version
        self.arguments = arguments
    }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await context.callbacks.callback(named: name, version: version).check(arguments, context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        try await context.callbacks.callback(named: name, version: version).apply(arguments, context)
    }

    package func hasUnfinishedRun(in context: TaskContext) async throws(TaskFailure) -> Bool {
        try await DurableRun.exists(context.runIdentifier, on: context.host)
    }

    package var needs: HostNeeds {
        var needs = HostNeeds()
        needs.runsForeignCode = true
        return needs
    }

    package var preview: [String] {
        let words = arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ["call   \(ShellCommand([name] + words)) (version \(version))"]
    }
}
