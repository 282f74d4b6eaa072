import CorePlugin
import Foundation
import Model
import PluginKit
import Service
import TestSupport
import Testing

/// A plugin of which each version takes other words.
private struct WordPlugin: Plugin {
    let name = "words"
    let version: String
    let words: [String]

    var propertyTypes: [PropertyType] { [.choice("word", words)] }
    var itemTypes: [ItemType] {
        [
            ItemType(
                "word-item", extends: "node-config", summary: "Holds a word.", needsNoTask: true,
                properties: [PropertyDefinition("word", "word", summary: "One of those that there are.")])
        ]
    }
}

@Suite("Values that were checked when they were declared")
struct CheckedValuesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func site(_ version: String, _ words: String...) throws -> Site {
        try Site(
            stateDirectory: directory.path + "/state", plugins: [CorePlugin(), WordPlugin(version: version, words: words)],
            plannerVersion: "test", now: { 0 })
    }

    private func model(_ word: String) throws -> String {
        let file = directory.path + "/site.yaml"
        let text = "ms: { ssh: { address: 127.0.0.1 }, configs: { w: { type: word-item, word: \(word) } } }"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

    private func errors(of site: Site) throws -> [String] {
        do {
            _ = try site.createPlan(now: 0)
            return []
        } catch ServiceError.model(let error) {
            return error.diagnostics.map { "\($0.path?.text ?? "") \($0.property ?? "-") \($0.value ?? "-")" }
        }
    }

    @Test("A value that an earlier version took is checked by the rules of the one that plans")
    func otherVersion() throws {
        _ = try site("1", "red", "blue").load(files: [try model("red")], mode: .new)
        #expect(try errors(of: site("1", "red", "blue")) == [])
        #expect(try errors(of: site("2", "green")) == ["/ms/configs/w word red"])
        #expect(try errors(of: site("3", "red")) == [])
    }

    @Test("What another version declares in between is checked, also when the one before comes back")
    func backAndForth() throws {
        _ = try site("1", "red").load(files: [try model("red")], mode: .new)
        _ = try site("1", "red").createPlan(now: 0)
        let path = try #require(ItemPath("/ms/configs/w"))
        try site("2", "red", "green").update(path, properties: ["word": .scalar("green")], deleting: [])
        #expect(try errors(of: site("1", "red")) == ["/ms/configs/w word green"])
        #expect(try errors(of: site("2", "red", "green")) == [])
    }

    @Test("A value that came into the store unchecked is checked when a plan is made")
    func unchecked() throws {
        let site = try site("1", "red")
        _ = try site.load(files: [try model("red")], mode: .new)
        let path = try #require(ItemPath("/ms/configs/w"))
        try site.store.changeDeclared(
            inserting: [Item(path: path, type: "word-item", properties: ["word": "yellow"])], removing: [])
        #expect(try errors(of: site) == ["/ms/configs/w word yellow"])
        try site.store.changeDeclared(
            inserting: [Item(path: path, type: "word-item", properties: ["word": "red"])], removing: [])
        #expect(try errors(of: site) == [])
    }
}
