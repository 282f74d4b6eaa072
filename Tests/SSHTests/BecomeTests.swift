import Foundation
import Testing

@testable import SSH

/// Real sudo on a server whose user database, sudoers and PAM rules are seen by that server alone: a mount namespace of its own holds them,
/// and they are gone with it.
@Suite("Another user through sudo", .enabled(if: getuid() == 0))
struct BecomeTests {
    private static let phrase = "it's a $(secret)"

    private func withOperator(
        _ rule: String, _ body: (SSHConnection, TestServer) async throws -> Void
    ) async throws {
        await Gate.servers.enter()
        let outcome: Result<Void, any Error>
        do {
            let hash = try await command("/usr/bin/openssl", ["passwd", "-6", "-salt", "salt", Self.phrase])
                .trimmingCharacters(in: .newlines)
            let preparation = """
                cd "$1"
                mkdir home && chown 4242:4242 home
                { cat /etc/passwd; echo "operator:x:4242:4242::$1/home:/bin/sh"; } >passwd
                { cat /etc/shadow; printf '%s\\n' '\(Self.quoted("operator:\(hash):19000:0:99999:7:::"))'; } >shadow
                { cat /etc/group; echo "operator:x:4242:"; } >group
                { echo 'Defaults use_pty, passwd_tries=1, !lecture, env_reset'; echo '\(rule)'; } >sudoers
                printf '%s\\n' 'auth required pam_unix.so nodelay' 'account required pam_unix.so' >pam
                chmod 600 shadow; chmod 440 sudoers
                mount --bind passwd /etc/passwd; mount --bind shadow /etc/shadow; mount --bind group /etc/group
                mount --bind sudoers /etc/sudoers; mount --bind pam /etc/pam.d/sudo
                mkdir -p /run/sudo; mount -t tmpfs none /run/sudo
                """
            let server = try await TestServer.start(user: "operator", preparation: preparation)
            let loop = try SSHEventLoop()
            do {
                let connection = try await SSHConnection.connect(
                    to: server.endpoint, configuration: try server.configuration(), on: loop)
                outcome = .success(try await body(connection, server))
                await connection.close()
            } catch {
                outcome = .failure(error)
            }
            await loop.shutdown()
            await server.stop()
        } catch {
            outcome = .failure(error)
        }
        await Gate.servers.leave()
        try outcome.get()
    }

    private static func quoted(_ text: String) -> String { text.replacingOccurrences(of: "'", with: "'\\''") }

    private let root = SSHElevation(password: Array(phrase.utf8))

    @Test("A command runs as root with its input, output and exit status, and the password is in no argument")
    func password() async throws {
        try await withOperator("operator ALL=(ALL) ALL") { (connection, _) async throws in
            #expect(try await connection.execute("id -u").outputText == "4242\n")
            let script = "id -u; cat; cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '(secre[t])' >&2; exit 7"
            for _ in 0..<2 {
                let result = try await connection.execute(script, standardInput: Array("line\nend".utf8), as: root)
                #expect(result.outputText == "0\nline\nend")
                #expect(result.termination == .exited(7))
                #expect(result.errorText == "0\n")
            }
        }
    }

    @Test("Where sudo does not ask, a password that is given all the same does not reach the command")
    func noPassword() async throws {
        try await withOperator("operator ALL=(ALL) NOPASSWD: ALL") { (connection, _) async throws in
            for elevation in [root, SSHElevation(), SSHElevation(user: "daemon")] {
                let result = try await connection.execute("id -un; cat", standardInput: Array("in".utf8), as: elevation)
                #expect(result.outputText == "\(elevation.user)\nin")
            }
        }
    }

    @Test("A wrong password, a missing one and a missing permission are told apart, and the command is not started")
    func refusals() async throws {
        try await withOperator("operator ALL=(daemon) ALL") { (connection, server) async throws in
            let marker = server.folder + "/home/marker"
            let cases: [(SSHElevation, String)] = [
                (SSHElevation(user: "daemon", password: Array("wrong".utf8)), "does not take the password"),
                (SSHElevation(user: "daemon"), "wants the password"), (root, "may not run"),
                (SSHElevation(user: "no-such-user", password: root.password), "there is no user"),
            ]
            for (elevation, reason) in cases {
                let error = try await failure { _ = try await connection.execute("touch \(marker)", as: elevation) }
                #expect(error.code == .elevation)
                #expect(error.message.contains(reason), "\(error)")
            }
            #expect(!FileManager.default.fileExists(atPath: marker))
        }
    }

    @Test("A file lands as root's with owner and mode where its sender may not write")
    func upload() async throws {
        try await withOperator("operator ALL=(ALL) ALL") { (connection, server) async throws in
            let folder = server.folder + "/private"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let content = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let target = folder + "/target 'x'"
            _ = try await connection.upload(.bytes(content), to: target, mode: 0o640, ownerName: "daemon:bin", as: root)
            #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data(content))
            var status = stat()
            #expect(stat(target, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o640 && status.st_uid == 1 && status.st_gid == 2)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
            let missing = try await failure {
                _ = try await connection.upload(.bytes([1]), to: folder + "/no/t", mode: 0o600, ownerName: nil, as: root)
            }
            #expect(missing.code == .remoteFile(.noSuchFile))
        }
    }

    @Test("A deadline ends what root runs")
    func deadline() async throws {
        try await withOperator("operator ALL=(ALL) ALL") { (connection, _) async throws in
            let seen = Collector<UInt8>()
            let error = try await failure {
                _ = try await connection.execute(
                    "trap '' TERM; echo $$; while :; do sleep 100; done", as: root, deadline: .seconds(1)
                ) {
                    stream, bytes in
                    if stream == .standardOutput { for byte in bytes { seen.append(byte) } }
                }
            }
            #expect(error.code == .timedOut(.command))
            #expect(error.message.contains("were ended"), "\(error)")
            let process = try #require(Int(String(decoding: seen.all, as: UTF8.self).trimmingCharacters(in: .newlines)))
            #expect(!Processes.isAlive(process))
        }
    }
}
