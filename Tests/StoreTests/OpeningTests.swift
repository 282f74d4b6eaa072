import Foundation
import GRDB
import Model
import Testing

@testable import Store

@Suite("Opening a store") struct OpeningTests {
    private func mode(of path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("Only the owner can read the directory and every file in it") func modes() throws {
        try withDirectory { (directory) throws in
            let store = try Store(directory: directory + "/deep/state")
            try store.record { _ in }
            #expect(try mode(of: directory + "/deep/state") == 0o700)
            let names = try FileManager.default.contentsOfDirectory(atPath: directory + "/deep/state").sorted()
            #expect(names == ["planner.db", "planner.db-shm", "planner.db-wal"])
            for name in names { #expect(try mode(of: directory + "/deep/state/" + name) == 0o600) }
        }
    }

    @Test("A database that was left readable for others is closed to them") func widerMode() throws {
        try withDirectory { (directory) throws in
            try Store(directory: directory).close()
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: directory + "/planner.db")
            let store = try Store(directory: directory)
            #expect(try mode(of: store.file) == 0o600)
        }
    }

    @Test("What was written is there when the store is opened again, with the same lineage") func reopening() throws {
        try withDirectory { (directory) throws in
            let first = try Store(directory: directory)
            let lineage = try first.lineage
            try first.changeDeclared(inserting: [item("/a", ["x": 1])], removing: [])
            try first.close()
            let second = try Store(directory: directory)
            #expect(try second.lineage == lineage)
            #expect(lineage.count == 8)
            #expect(Int(lineage, radix: 16) != nil)
            #expect(try second.declared()[path("/a")]?.properties == ["x": 1])
        }
    }

    @Test("Two stores have different lineages") func lineages() throws {
        let lineages = try (0..<4).map { _ in try withStore { try $0.lineage } }
        #expect(Set(lineages).count == 4)
    }

    @Test("A file that is not a database is refused and left as it is", arguments: [1, 20, 5000])
    func notADatabase(size: Int) throws {
        try withDirectory { (directory) throws in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let content = Data(repeating: UInt8(ascii: "x"), count: size)
            try content.write(to: URL(fileURLWithPath: directory + "/planner.db"))
            #expect(failure { _ = try Store(directory: directory) }?.code == .notADatabase)
            #expect(try Data(contentsOf: URL(fileURLWithPath: directory + "/planner.db")) == content)
        }
    }

    @Test("The database of another program is refused") func foreignDatabase() throws {
        try withDirectory { (directory) throws in
            let store = try Store(directory: directory)
            try store.write { try $0.execute(sql: "PRAGMA application_id = 7") }
            try store.close()
            #expect(failure { _ = try Store(directory: directory) }?.code == .notADatabase)
        }
    }

    @Test("A store of a newer Planner is refused with what to do") func newerSchema() throws {
        try withDirectory { (directory) throws in
            let store = try Store(directory: directory)
            try store.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 future')") }
            try store.close()
            let error = failure { _ = try Store(directory: directory) }
            #expect(error?.code == .newerSchema)
            #expect(error?.message.contains(directory + "/planner.db") == true)
            #expect(error?.nextStep.contains("that version") == true)
        }
    }

    @Test("A directory that cannot be made is an error with its name") func badDirectory() throws {
        #expect(failure { _ = try Store(directory: "/dev/null/state") }?.code == .cannotOpen)
        try withDirectory { (directory) throws in
            try FileManager.default.createDirectory(
                atPath: directory + "/planner.db", withIntermediateDirectories: true)
            #expect(failure { _ = try Store(directory: directory) }?.code == .cannotOpen)
        }
    }

    @Test("A damaged database is an error, not a crash") func corruption() throws {
        try withDirectory { (directory) throws in
            let store = try Store(directory: directory)
            try store.changeDeclared(
                inserting: (0..<2000).map { try item("/a/i-\($0)", ["x": "some words"]) }, removing: [])
            try store.close()
            let file = URL(fileURLWithPath: directory + "/planner.db")
            var bytes = try Data(contentsOf: file)
            for offset in stride(from: 8192, to: bytes.count, by: 7) { bytes[offset] = 0xA5 }
            try bytes.write(to: file)
            let error = failure {
                let store = try Store(directory: directory)
                _ = try store.declared()
                try store.record { _ in }
            }
            #expect(error?.code == .corrupted)
        }
    }

    @Test("Records are synced before they count, whatever the connection") func durability() throws {
        try withStore { (store) throws in
            try store.record { _ in }
            #expect(try store.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
            #expect(try store.write { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
            #expect(try store.write { try Int.fetchOne($0, sql: "PRAGMA foreign_keys") } == 1)
        }
    }
}
