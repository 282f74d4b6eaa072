import Foundation

/// A directory that exists as long as the value: tests write only below it.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.path + "/planner-test-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A process that is on its way out may still write; left over in the temporary directory at worst.
        for _ in 0..<10 where FileManager.default.fileExists(atPath: path) {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    package static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// The content of a file below the directory; nil when there is none.
    package func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: path + "/" + name).map { String(decoding: $0, as: UTF8.self) }
    }

    package func write(_ text: String, to name: String) throws {
        let file = path + "/" + name
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    }

    package func exists(_ name: String) -> Bool { TemporaryDirectory.exists(path + "/" + name) }

    package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    package func names(in folder: String) -> [String] {
        // A folder that is not there has nothing in it.
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
    }

    /// A directory for PATH in which every applet of busybox is a link.
    func linkFarm(of busybox: String) throws -> String {
        let farm = path + "/bin"
        try FileManager.default.createDirectory(atPath: farm, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: busybox)
        process.arguments = ["--install", "-s", farm]
        try process.run()
        process.waitUntilExit()
        return farm
    }
}
