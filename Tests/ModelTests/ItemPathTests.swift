import Testing
@testable import Model
@Suite("Item paths") struct ItemPathTests {
    @Test("svc-2 stands before svc-10") func naturalOrder() { #expect(NaturalOrder.isBefore("svc-2", "svc-10")) }
}
