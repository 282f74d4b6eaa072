import Foundation
import TestSupport
import Testing

@testable import Secrets

@Suite("The secret store")
struct SecretStoreTests {
    private let directory: TemporaryDirectory
    private let store: SecretStore

    init() throws {
        directory = try TemporaryDirectory()
        store = SecretStore(directory: directory.path)
    }

    private func set(_ name: String, _ value: String) throws { try store.set(name, to: Array(value.utf8), now: 1) }

    private func value(_ name: String) throws -> String { String(decoding: try store.value(of: name), as: UTF8.self) }

    /// What the store says is wrong.
    private func fault(_ work: () throws -> Void) -> SecretStoreError? {
        do {
            try work()
            return nil
        } catch {
            return error as? SecretStoreError
        }
    }

    private func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path + "/" + name)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func changeMode(_ name: String, to mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: directory.path + "/" + name)
    }

    /// `secrets.json` with something exchanged in it.
    private func tamper(_ change: (inout [String: [String: Any]]) throws -> Void) throws {
        let text = try #require(directory.read("secrets.json"))
        var document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        var secrets = try #require(document["secrets"] as? [String: [String: Any]])
        try change(&secrets)
        document["secrets"] = secrets
        let changed = try JSONSerialization.data(withJSONObject: document)
        try changed.write(to: URL(fileURLWithPath: directory.path + "/secrets.json"))
        try changeMode("secrets.json", to: 0o600)
    }

    // MARK: Values

    @Test("Any bytes but NUL come back as they were", arguments: 0..<20)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let size = seed == 0 ? SecretStore.maximumSize : Int.random(in: 1...300, using: &random)
        let value = (0..<size).map { _ in UInt8.random(in: 1...255, using: &random) }
        try store.set("a/b.c_d-1", to: value, now: 1)
        #expect(try SecretStore(directory: directory.path).value(of: "a/b.c_d-1") == value, "seed \(seed)")
    }

    @Test("A value that was set anew replaces the one before, under another version")
    func replaces() throws {
        #expect(try store.set("a", to: [65], now: 1) == .init(isReplacement: false, hasMadeKey: true))
        let before = try store.entries()
        #expect(try store.set("a", to: [65], now: 2) == .init(isReplacement: true, hasMadeKey: false))
        let after = try store.entries()
        #expect(after.map(\.name) == ["a"])
        #expect(after.map(\.setAt) == [2])
        #expect(before[0].version != after[0].version)
    }

    @Test("The same value is never sealed the same way twice")
    func nonces() throws {
        try set("a", "the same value")
        try set("b", "the same value")
        var boxes: Set<String> = []
        try tamper { secrets in boxes = Set(secrets.values.compactMap { $0["box"] as? String }) }
        #expect(boxes.count == 2)
        #expect(boxes.allSatisfy { $0.prefix(16) != boxes.first { $0 != $0 }?.prefix(16) })
    }

    @Test("What cannot be a value is refused", arguments: [[], [65, 0, 66], Array(repeating: 65, count: 65537)] as [[UInt8]])
    func badValues(value: [UInt8]) throws {
        #expect(fault { try store.set("a", to: value, now: 1) }?.code == .invalid)
        #expect(try store.entries() == [])
        #expect(!directory.exists("secrets.key"))
    }

    @Test(
        "What cannot be a name is refused and not repeated: it may be a value",
        arguments: ["", "a b", "db=hunter2", "-a", "/a", "ä", "a\n", String(repeating: "a", count: 129)])
    func badNames(name: String) throws {
        let fault = try #require(fault { try set(name, "value") })
        #expect(fault.code == .invalid)
        #expect(!fault.description.contains("hunter2"))
    }

    @Test("A secret that is not there is told, with the nearest name")
    func missing() throws {
        try set("database", "value")
        #expect(fault { _ = try value("databse") }?.nextStep == "did you mean 'database'?")
        #expect(fault { try store.delete("nothing") }?.code == .notFound)
    }

    @Test("A deleted secret is gone, and the others stay")
    func delete() throws {
        try set("a", "first")
        try set("b", "second")
        try store.delete("a")
        #expect(try store.entries().map(\.name) == ["b"])
        #expect(fault { _ = try value("a") }?.code == .notFound)
        #expect(try value("b") == "second")
    }

    // MARK: Files

    @Test("Both files are for their owner only, and hold no value")
    func files() throws {
        try set("a", "canary-in-the-coal-mine")
        #expect(try mode("secrets.json") == 0o600)
        #expect(try mode("secrets.key") == 0o600)
        #expect(directory.names(in: "") == ["secrets.json", "secrets.key"])
        let text = try #require(directory.read("secrets.json"))
        #expect(!text.contains("canary"))
        #expect(!text.contains(Data("canary-in-the-coal-mine".utf8).base64EncodedString()))
    }

    @Test("A file that others can read is refused, also after it was read once", arguments: ["secrets.json", "secrets.key"])
    func readable(name: String) throws {
        try set("a", "value")
        #expect(try value("a") == "value")
        try changeMode(name, to: 0o640)
        let fault = try #require(fault { _ = try value("a") })
        #expect(fault.code == .permissions)
        #expect(fault.message.contains("its mode is 640"))
        #expect(fault.nextStep?.contains("chmod 600 \(directory.path)/\(name)") == true)
    }

    @Test("The key may be kept elsewhere")
    func keyElsewhere() throws {
        let other = try TemporaryDirectory()
        let store = SecretStore(directory: directory.path, keyFile: other.path + "/key")
        try store.set("a", to: Array("value".utf8), now: 1)
        #expect(directory.names(in: "") == ["secrets.json"])
        #expect(try store.value(of: "a") == Array("value".utf8))
    }

    @Test("A missing key is told, and no other is made in its place")
    func missingKey() throws {
        try set("a", "value")
        try directory.remove("secrets.key")
        #expect(fault { _ = try value("a") }?.code == .key)
        #expect(fault { try set("b", "value") }?.code == .key)
        #expect(!directory.exists("secrets.key"))
        try store.delete("a")
        try set("b", "value")
        #expect(try value("b") == "value")
    }

    @Test("A wrong key is told from a damaged secret")
    func wrongKey() throws {
        try set("a", "value")
        try directory.remove("secrets.key")
        let other = try TemporaryDirectory()
        try SecretStore(directory: other.path, keyFile: directory.path + "/secrets.key").set("x", to: [65], now: 1)
        let fault = try #require(fault { _ = try value("a") })
        #expect(fault.code == .key)
        #expect(fault.message.contains("is not the key"))
    }

    @Test("A key file without a key in it is told", arguments: ["", "short", "AAAA"])
    func noKey(text: String) throws {
        try directory.write(text, to: "secrets.key")
        try changeMode("secrets.key", to: 0o600)
        #expect(fault { try set("a", "value") }?.code == .key)
    }

    @Test("Each changed byte of a box is noticed, and the secret named")
    func damage() throws {
        try set("victim", "value")
        try set("other", "fine")
        let box = try #require(try boxBytes(of: "victim"))
        for position in box.indices {
            var changed = box
            changed[position] ^= 1
            try tamper { $0["victim"]?["box"] = changed.base64EncodedString() }
            let fault = try #require(fault { _ = try value("victim") }, "byte \(position)")
            #expect(fault.code == .damaged)
            #expect(fault.message.contains("'victim'"))
        }
        #expect(try value("other") == "fine")
    }

    private func boxBytes(of name: String) throws -> Data? {
        var box: String?
        try tamper { box = $0[name]?["box"] as? String }
        return box.flatMap { Data(base64Encoded: $0) }
    }

    @Test("A box that was moved to another name does not open")
    func swapped() throws {
        try set("a", "of a")
        try set("b", "of b")
        try tamper { secrets in
            let moved = secrets["a"]
            secrets["a"] = secrets["b"]
            secrets["b"] = moved
        }
        #expect(fault { _ = try value("a") }?.code == .damaged)
        #expect(fault { _ = try value("b") }?.code == .damaged)
    }

    @Test(
        "A file that is no document of secrets is told, and stays as it is",
        arguments: ["", "{", "[]", #"{"schema":"planner.secrets/9","key":"","secrets":{}}"#])
    func damagedFile(text: String) throws {
        try directory.write(text, to: "secrets.json")
        try changeMode("secrets.json", to: 0o600)
        #expect(fault { _ = try store.entries() }?.code == .damaged)
        #expect(fault { try set("a", "value") }?.code == .damaged)
        #expect(directory.read("secrets.json") == text)
    }

    // MARK: Side by side

    @Test("Many that set secrets at the same time lose none, and make one key")
    func concurrency() async throws {
        let path = directory.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    // A store of its own: what keeps them apart is the file system, as between processes.
                    let store = SecretStore(directory: path)
                    for number in 0..<10 { try store.set("s\(writer)-\(number)", to: Array("value \(writer)".utf8), now: 1) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try store.entries().count == 80)
        for writer in 0..<8 { #expect(try value("s\(writer)-9") == "value \(writer)") }
    }
}
