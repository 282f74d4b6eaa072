package import Model
package import Planning

/// Why a use case could not be carried out. Nothing was touched, unless the case says so.
package enum ServiceError: Error, Sendable {
    /// The model, or a change of it, is not valid. All errors at once; nothing was stored.
    case model(ModelError)
    case planning(PlanningError)
    /// There is no plan; `create_plan` makes one.
    case noPlan
    /// The plan was made from other inputs than there are now.
    case stalePlan(id: String, reasons: [String])
    /// The plan cannot be run in its state; the text says why and what to do.
    case wrongState(String, nextStep: String)
    /// Secrets that the plan needs cannot be had; all of them. Nothing was run.
    case secretsMissing(ModelError)
    /// There is no plan of this id; `near` is one that was probably meant.
    case unknownPlan(String, near: String?)
    /// A rule of the operator forbids the plan: all that it would break. Nothing was stored.
    case refused(String, [Diagnostic], nextStep: String?)
    /// Another run holds the site.
    case runActive(holder: String)
    /// The state directory cannot be used.
    case store(message: String, nextStep: String?)
    /// What the connection to hosts needs is not there: known hosts, a key.
    case connection(message: String, nextStep: String?)
}
