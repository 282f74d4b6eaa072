import Model
import Service
import Testing

@testable import PlannerCommandLine

@Suite("Secrets as text")
struct SecretTextTests {
    private func use(_ path: String) throws -> SecretUse {
        SecretUse(path: try #require(ItemPath(path)), property: "secret_content", reference: .stored("a"), place: nil)
    }

    @Test("The list has a line for each use, and says what is not set")
    func list() throws {
        let text = SecretText.text(of: [
            Site.SecretListing(name: "db/root", setAt: 1_700_000_000.7, uses: [try use("/ms/a"), try use("/ms/b")]),
            Site.SecretListing(name: "x", setAt: nil, uses: []),
        ])
        #expect(
            text == """
                NAME     SET                   USED BY
                db/root  2023-11-14T22:13:20Z  /ms/a  secret_content
                                               /ms/b  secret_content
                x        NOT SET               -

                """)
    }

    @Test("Without secrets the list says so")
    func empty() { #expect(SecretText.text(of: []) == "No secret is stored, and the model refers to none.\n") }

    @Test("Setting says what to keep, what is not hidden, and what to do next")
    func setting() throws {
        let first = Site.SecretSetting(
            isReplacement: false, newKeyFile: "/state/secrets.key", isTooShortToRedact: false, uses: [])
        #expect(
            SecretText.text(of: first, name: "a").hasPrefix(
                "Secret a is set.\nThe key that it is encrypted with was made: /state/"))
        let again = Site.SecretSetting(isReplacement: true, newKeyFile: nil, isTooShortToRedact: true, uses: [try use("/ms/a")])
        #expect(
            SecretText.text(of: again, name: "a") == """
                Secret a is set anew.
                Warning: the value is so short that it is not recognised, and not hidden, where a host prints it.
                1 item refers to it: planner create_plan plans what must be done.

                """)
    }
}
