import Foundation
import Model
import PluginKit
import TaskKit
import TestSupport
import Testing
import Yams

@testable import LibvirtPlugin

/// One value for every reference.
private struct OneSecret: SecretSource {
    let text: String
    func value(of reference: SecretReference) async throws(SecretFailure) -> SecretValue { SecretValue(text) }
}

@Suite("Passwords of virtual machines")
struct PasswordTests {
    private static let model = Sample.site(
        Sample.kubernetes, [("role: master", "role: master\n      root_password: {secret: vm/root}")])

    private func steps(_ model: String = Self.model, versions: [String: String]) throws -> [Step] {
        let tree = try Sample.read(model)
        let context = PlanningContext(
            declared: tree, applied: ResolvedTree(ordered: [], registry: try Sample.registry()), secretVersions: versions)
        return LibvirtPlugin().steps(in: context).filter { $0.identity.node?.name == "n1" && $0.identity.item.name == "master" }
    }

    private func userData(_ model: String = Self.model) throws -> FileContent {
        let step = try #require(try steps(model, versions: [:]).first { $0.identity.name == "write-user-data" })
        return try #require(step.action.action as? FileAction).content
    }

    @Test(
        "The password of root reaches cloud-init as it is, whatever it contains",
        arguments: [
            "hunter2", #"it's "mine": \ # {a: b} [c] & *d !e %f"#, "yes", "1e3", "null", " blanks ", "tab\tline\nend",
            "ä日😀\u{85}\u{2028}",
        ])
    func password(text: String) async throws {
        let directory = try TemporaryDirectory()
        let context = TaskContext(
            host: try LocalTaskHost(directory), scripts: ScriptLibrary([]), secrets: OneSecret(text: text), runIdentifier: "r")
        let bytes = try await userData().bytes(in: context)
        let content = try #require(try Yams.load(yaml: String(decoding: bytes, as: UTF8.self)) as? [String: Any])
        let passwords = try #require(content["chpasswd"] as? [String: Any])
        #expect(passwords["expire"] as? Bool == false)
        let root = try #require((passwords["users"] as? [[String: String]])?.first)
        #expect(root == ["name": "root", "type": "text", "password": text])
    }

    @Test("A newline at the end of a file with a password is no part of it")
    func newline() async throws {
        let directory = try TemporaryDirectory()
        let context = TaskContext(
            host: try LocalTaskHost(directory), scripts: ScriptLibrary([]), secrets: OneSecret(text: "hunter2\n"),
            runIdentifier: "r")
        #expect(String(decoding: try await userData().bytes(in: context), as: UTF8.self).contains(#"password: "hunter2""# + "\n"))
    }

    @Test("Without a password nothing is said of one")
    func none() throws { #expect(try userData(Sample.kubernetes) == FileContent("#cloud-config\nhostname: n1-master\n")) }

    @Test("A password that is set anew is another machine, by the steps that make it and no others")
    func anew() throws {
        let before = try steps(versions: ["vm/root": "one"])
        let after = try steps(versions: ["vm/root": "two"])
        #expect(before.map(\.identity) == after.map(\.identity))
        var changed: [String] = []
        for (old, new) in zip(before, after) {
            let earlier = old.fingerprint(secretVersions: ["vm/root": "one"])
            let later = new.fingerprint(secretVersions: ["vm/root": "two"])
            guard earlier != later else { continue }
            changed.append(new.identity.name)
            #expect(later.secretsChanged(since: StepFingerprint(text: earlier.text)) == ["vm/root"])
        }
        #expect(changed == ["write-meta-data", "write-user-data", "write-domain.xml", "define"])
        let define = try #require(after.last { $0.identity.name == "define" })
        let same = try #require(before.last { $0.identity.name == "define" })
        #expect(define.action != same.action)
    }
}

@Suite("Fingerprints with secrets")
struct StepFingerprintTests {
    @Test(
        "A fingerprint reads back from its text", arguments: [[:], ["a/b-c.d": "x1"], ["a": "", "b": "2"]] as [[String: String]])
    func text(versions: [String: String]) {
        let fingerprint = StepFingerprint(digest: "00ff", secretVersions: versions)
        #expect(StepFingerprint(text: fingerprint.text) == fingerprint)
        #expect(versions.isEmpty == (fingerprint.text == "00ff"))
    }

    @Test("Only a difference in versions alone is a secret that was set anew")
    func changed() {
        let before = StepFingerprint(digest: "00", secretVersions: ["a": "1", "b": "1"])
        #expect(StepFingerprint(digest: "00", secretVersions: ["a": "1", "b": "2"]).secretsChanged(since: before) == ["b"])
        #expect(StepFingerprint(digest: "01", secretVersions: ["a": "1", "b": "2"]).secretsChanged(since: before) == nil)
        #expect(StepFingerprint(digest: "00", secretVersions: ["a": "2"]).secretsChanged(since: before) == nil)
    }
}
