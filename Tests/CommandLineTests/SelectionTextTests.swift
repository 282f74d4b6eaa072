import Model
import TaskKit
import Testing

@testable import PlannerCommandLine

@Suite("What a limited plan says")
struct SelectionTextTests {
    private func addition(_ number: Int, _ link: PlanSelection.Link) -> PlanSelection.Addition {
        let step = StepIdentity(item: .root, name: "s\(number)")
        return PlanSelection.Addition(
            step: step, summary: "write file \(number)", because: step, becauseSummary: "start web", link: link)
    }

    private func text(_ additions: [PlanSelection.Addition], leftOut: Int) -> String {
        SelectionText.text(
            of: PlanSelection(only: [.root], excluded: [], additions: additions, leftOut: leftOut, completes: []))
    }

    @Test("What came along is named with what brought it")
    func additions() {
        #expect(
            text([addition(1, .required), addition(2, .companion), addition(3, .owed)], leftOut: 1) == """
                also: write file 1, because 'start web' requires it
                also: write file 2, because it accompanies 'start web'
                also: write file 3, because it is owed and comes before 'start web'
                left for a later plan: 1 step

                """)
    }

    @Test("Of many that came along the first are named")
    func many() {
        let lines = text((1...20).map { addition($0, .required) }, leftOut: 0).split(separator: "\n")
        #expect(lines.count == 13)
        #expect(lines.last == "also: 8 more; planner show_plan shows why each is there")
    }
}
