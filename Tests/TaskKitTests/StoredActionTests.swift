import Foundation
import TaskKit
import Testing

@Suite("Stored actions")
struct StoredActionTests {
    private static let script = Script(name: "test/script", content: Array("exit 0".utf8))

    private static let actions: [AnyTaskAction] = [
        AnyTaskAction(FileAction(path: "/etc/x", content: "a\n", mode: 0o600, owner: "root:root")),
        AnyTaskAction(ScriptAction(script: script, arguments: ["-n", "a b"], limit: .seconds(90))),
        AnyTaskAction(CommandAction(check: nil, apply: "true", limit: .milliseconds(1500))),
        AnyTaskAction(FetchAction(url: "http://h/x", sha256: "AB", path: "/x", limit: .seconds(60))),
        AnyTaskAction(
            WaitForServiceAction(
                address: "::1", port: 22, banner: "SSH-", interval: .milliseconds(250), limit: .seconds(9))),
        AnyTaskAction(WaitForScriptAction(script: script, arguments: [], interval: .seconds(1), limit: .seconds(600))),
    ]

    @Test("Every kind comes back from JSON as it was", arguments: actions)
    func roundTrip(_ action: AnyTaskAction) throws {
        let data = try JSONEncoder().encode(action)
        #expect(try JSONDecoder().decode(AnyTaskAction.self, from: data) == action)
    }

    @Test("Every kind has a test here, and a name of its own")
    func complete() {
        let names = TaskKinds.all.map { $0.kind }
        #expect(Set(names).count == names.count)
        #expect(Set(Self.actions.map(\.kind)) == Set(names))
    }

    @Test("An unknown kind is named in the error")
    func unknown() {
        let data = Data(#"{"kind":"magic","action":{}}"#.utf8)
        #expect {
            try JSONDecoder().decode(AnyTaskAction.self, from: data)
        } throws: { "\($0)".contains("magic") }
    }

    @Test(
        "Durations are written in the greatest unit that leaves no rest",
        arguments: [
            (Duration.milliseconds(1500), "1500 ms"), (.seconds(0), "0 s"), (.seconds(90), "90 s"),
            (.seconds(120), "2 min"),
            (.seconds(7200), "2 h"), (.microseconds(1), "1 ms"),
        ])
    func durations(_ duration: Duration, _ text: String) { #expect(duration.text == text) }

    @Test("A limit below a second is not rounded to nothing")
    func rounding() { #expect(CommandAction(check: nil, apply: "", limit: .milliseconds(1)).limit == .seconds(1)) }
}
