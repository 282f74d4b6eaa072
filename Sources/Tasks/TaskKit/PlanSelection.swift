package import Model

/// What a plan was limited to (`create_plan --only`, `--exclude`), and what that means.
package struct PlanSelection: Hashable, Sendable, Codable {
    /// A step that was not asked for and is in the plan all the same.
    package struct Addition: Hashable, Sendable, Codable {
        package var step: StepIdentity
        package var summary: String
        /// The step because of which it is.
        package var because: StepIdentity
        package var becauseSummary: String
        package var link: Link

        package init(
            step: StepIdentity, summary: String, because: StepIdentity, becauseSummary: String, link: Link
        ) {
            self.step = step
            self.summary = summary
            self.because = because
            self.becauseSummary = becauseSummary
            self.link = link
        }
    }

    /// How one step brings another into a plan.
    package enum Link: String, Hashable, Sendable, Codable {
        /// The one that was selected requires it.
        case required
        /// It accompanies the one that was selected.
        case companion
        /// An earlier plan owes it, and it comes before the one that was selected.
        case owed
    }

    /// As the operator wrote them, resolved to items.
    package var only: [ItemPath]
    package var excluded: [ItemPath]
    package var additions: [Addition]
    /// How many steps that the whole model needs are left for later plans.
    package var leftOut: Int
    /// Items without a task of their own that are as declared when the plan is done. All others without one stay in their state.
    package var completes: [ItemPath]

    package init(only: [ItemPath], excluded: [ItemPath], additions: [Addition], leftOut: Int, completes: [ItemPath]) {
        self.only = only
        self.excluded = excluded
        self.additions = additions
        self.leftOut = leftOut
        self.completes = completes
    }
}
