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
        AnyTaskAction(FetchAction(url: "http://h/x", sha256: "AB", path: "/x", limit: .seconds(60), source: "/images/x")),
        AnyTaskAction(UploadAction(source: "/images/x", sha256: "AB", path: "/x", mode: 0o640, owner: "root", limit: .seconds(60))),
        AnyTaskAction(CommandAction(check: "c", apply: "true", limit: .seconds(9), idleLimit: .seconds(3))),
        AnyTaskAction(
            PlaybookAction(
                playbook: "site.yml", in: "/playbooks", inventory: "hosts", arguments: ["-e", "a=b c"],
                question: .script(script, arguments: ["x"], verifyVerb: "verify"), limit: .seconds(60), idleLimit: .seconds(6))),
        AnyTaskAction(PlaybookAction(playbook: "site.yml", in: "/p", question: .command("true"), limit: .seconds(60))),
        AnyTaskAction(WaitForCommandAction("test -e /x", what: "/x", interval: .seconds(1), limit: .seconds(60))),
        AnyTaskAction(
            CallbackAction(
                TaskCallback(name: "test/callback", version: 2) { _, _ in .holds } apply: { _, _ in },
                arguments: ["a": "b"])),
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
