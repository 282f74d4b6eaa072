import Testing

/// Everything that may go wrong around a run, but for what has a suite of its own (see the table at ``RollingUpgradeChaosTests``).
@Suite(.enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "26"))
struct FailureTests {
    @Test(
        "Whatever is lost, refused or done badly, a run ends within its limits, and resume comes to the end with every effect once",
        .timeLimit(.minutes(4)))
    func failures() async throws {
        let slow = LostInTheMiddle.slow + HardTasks.slow
        let cases = slow + HardTasks.quick + UnreachableHosts.cases + LostInTheMiddle.quick
        #expect(cases.map(\.hosts).reduce(0, +) <= 26)
        try await SideBySide.run(cases, atMost: slow.count + 4)
    }
}
