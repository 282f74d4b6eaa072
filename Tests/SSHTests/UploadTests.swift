import Crypto
import Foundation
import Testing

@testable import SSH

@Suite("Upload")
struct UploadTests {
    private func digest(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }

    private func bytes(_ count: Int) -> [UInt8] {
        Array(Data((0..<256).map { UInt8($0) } + [7])).withUnsafeBufferPointer { pattern in
            [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                for index in 0..<count { buffer[index] = pattern[index % pattern.count] }
                filled = count
            }
        }
    }

    private func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("target") }
    }

    @Test("Content, size, digest, mode and owner arrive, and nothing else is left", arguments: [0, 1, 1_048_577, 3_500_000])
    func content(count: Int) async throws {
        try await withConnection { (connection, server) async throws in
            let content = bytes(count)
            let target = server.folder + "/target 'with' $(odd) name"
            let owner = getuid() == 0 ? SSHFileOwner(user: 12, group: 34) : nil
            let upload = try await connection.upload(
                .bytes(content), to: target, mode: 0o640, owner: owner, sha256: digest(content).uppercased())
            #expect(upload == SSHUpload(size: UInt64(count), sha256: digest(content)))
            #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data(content))
            var status = stat()
            #expect(stat(target, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o640)
            if getuid() == 0 { #expect(status.st_uid == 12 && status.st_gid == 34) }
            #expect(try names(in: server.folder).count == 1)
        }
    }

    @Test("A file is sent as it is, and one that is missing is a local error")
    func file() async throws {
        try await withConnection { (connection, server) async throws in
            let content = bytes(2_000_000)
            let source = server.folder + "/source"
            try Data(content).write(to: URL(fileURLWithPath: source))
            let upload = try await connection.upload(.file(path: source), to: server.folder + "/target", mode: 0o600)
            #expect(upload.sha256 == digest(content))
            let error = try await failure {
                _ = try await connection.upload(.file(path: source + "x"), to: server.folder + "/target", mode: 0o600)
            }
            #expect(error.code == .localFile)
        }
    }

    @Test("A reader of the target sees the old or the new file, never a part")
    func atomic() async throws {
        try await withConnection { (connection, server) async throws in
            let path = server.folder + "/target"
            try Data(repeating: 1, count: 300_000).write(to: URL(fileURLWithPath: path))
            let reader = Task.detached {
                var sums: Set<String> = []
                while !Task.isCancelled {
                    guard let content = try? Data(contentsOf: URL(fileURLWithPath: path)) else { continue }
                    sums.insert("\(content.count) \(Set(content.prefix(1))) \(content.first == content.last)")
                    try? await Task.sleep(for: .milliseconds(1))
                }
                return sums
            }
            for round in 2...6 {
                let content = [UInt8](repeating: UInt8(round), count: round * 300_000)
                _ = try await connection.upload(.bytes(content), to: path, mode: 0o644)
            }
            reader.cancel()
            let allowed = Set((1...6).map { "\($0 == 1 ? 300_000 : $0 * 300_000) [\($0)] true" })
            #expect(await reader.value.subtracting(allowed).isEmpty)
        }
    }

    @Test("Content that is not what was expected leaves the old file alone", arguments: [true, false])
    func wrongDigest(fromFile: Bool) async throws {
        try await withConnection { (connection, server) async throws in
            let target = server.folder + "/target"
            try "old".write(toFile: target, atomically: true, encoding: .utf8)
            let source = server.folder + "/source"
            try "new".write(toFile: source, atomically: true, encoding: .utf8)
            let error = try await failure {
                _ = try await connection.upload(
                    fromFile ? .file(path: source) : .bytes(Array("new".utf8)), to: target, mode: 0o600, sha256: digest([1]))
            }
            #expect(error.code == .checksumMismatch)
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "old")
            #expect(try names(in: server.folder) == ["target"])
        }
    }

    @Test("A missing folder, a folder as target and a file that may not be written are told apart")
    func badTargets() async throws {
        try await withConnection { (connection, server) async throws in
            let missing = try await failure {
                _ = try await connection.upload(.bytes([1]), to: server.folder + "/none/target", mode: 0o600)
            }
            #expect(missing.code == .remoteFile(.noSuchFile))
            let folder = try await failure { _ = try await connection.upload(.bytes([1]), to: server.folder, mode: 0o600) }
            #expect(folder.code == .remoteFile(.other))
            #expect(folder.message.contains("is a folder"))
            let denied = try await failure { _ = try await connection.upload(.bytes([1]), to: "/proc/planner", mode: 0o600) }
            #expect(denied.code != .remoteFile(.diskFull))
        }
    }

    @Test("A full disk is named, and the old file and the space are as they were", .enabled(if: getuid() == 0))
    func diskFull() async throws {
        try await withConnection { (connection, server) async throws in
            let mount = server.folder + "/small"
            try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
            try await command("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=2m", "planner-test", mount])
            var error: SSHError?
            var left: [String] = []
            do {
                try "old".write(toFile: mount + "/target", atomically: false, encoding: .utf8)
                error = try await failure {
                    _ = try await connection.upload(.bytes(bytes(6_000_000)), to: mount + "/target", mode: 0o600)
                }
                left = try names(in: mount)
                #expect(try String(contentsOfFile: mount + "/target", encoding: .utf8) == "old")
            } catch {
                try await command("/usr/bin/umount", ["-l", mount])
                throw error
            }
            try await command("/usr/bin/umount", ["-l", mount])
            #expect(error?.code == .remoteFile(.diskFull), "\(String(describing: error))")
            #expect(left == ["target"])
        }
    }

    @Test("A host without sha256sum is checked by reading the file back")
    func readBack() async throws {
        let tools = FileManager.default.temporaryDirectory.path + "/planner-tools-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: tools) }
        try FileManager.default.createSymbolicLink(atPath: tools + "/mv", withDestinationPath: "/bin/mv")
        try await withConnection(extra: ["SetEnv PATH=\(tools) SHLVL=5"]) { (connection, server) async throws in
            let content = bytes(1_500_000)
            let target = server.folder + "/target"
            #expect(try await connection.execute("command -v sha256sum").termination == .exited(127))
            let upload = try await connection.upload(.bytes(content), to: target, mode: 0o600)
            #expect(upload.sha256 == digest(content))
            #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data(content))
            #expect(try names(in: server.folder) == ["target"])
        }
    }

    @Test("No list of processes on the host shows the digest of what is uploaded")
    func concealedDigest() async throws {
        let tools = FileManager.default.temporaryDirectory.path + "/planner-tools-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: tools) }
        try FileManager.default.createSymbolicLink(atPath: tools + "/mv", withDestinationPath: "/bin/mv")
        // Asked at the one moment at which the digest is needed: keeps what the processes around it were started with.
        let spy =
            "#!/bin/sh\nPATH=/usr/bin:/bin\ncat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' '\\n' >\(tools)/seen\nexec sha256sum\n"
        try Data(spy.utf8).write(to: URL(fileURLWithPath: tools + "/sha256sum"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tools + "/sha256sum")
        try await withConnection(extra: ["SetEnv PATH=\(tools) SHLVL=5"]) { (connection, server) async throws in
            let content = Array("hunter2".utf8)
            _ = try await connection.upload(.bytes(content), to: server.folder + "/target", mode: 0o600)
            let seen = try String(contentsOfFile: tools + "/seen", encoding: .utf8)
            #expect(seen.contains(server.folder + "/target"))
            #expect(!seen.contains(digest(content)))
        }
    }

    @Test("An upload that is cancelled leaves nothing behind")
    func cancelled() async throws {
        try await withConnection { (connection, server) async throws in
            let content = bytes(40_000_000)
            let folder = server.folder
            let task = Task { try await connection.upload(.bytes(content), to: folder + "/target", mode: 0o600) }
            try await eventually("the upload runs") { try !names(in: folder).isEmpty }
            task.cancel()
            let error = try await failure { _ = try await task.value }
            #expect(error.code == .cancelled)
            #expect(try names(in: folder).isEmpty)
            #expect(try await connection.execute("echo on").outputText == "on\n")
        }
    }
}
