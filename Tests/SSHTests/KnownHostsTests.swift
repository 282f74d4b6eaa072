import Crypto
import Foundation
import Testing

@testable import SSH

@Suite("Known hosts")
struct KnownHostsTests {
    /// A key blob of the given type, different for each number.
    private static func key(_ number: UInt8, type: String = "ssh-ed25519") -> HostKey {
        var writer = WireWriter()
        writer.string(Array(type.utf8))
        writer.string([UInt8](repeating: number, count: 32))
        return HostKey(blob: writer.bytes)
    }

    private static func line(_ names: String, _ key: HostKey) -> String {
        "\(names) \(key.type) \(Data(key.blob).base64EncodedString())"
    }

    private static func hashed(_ name: String) -> String {
        let salt = Data((0..<20).map { _ in UInt8.random(in: 0...255) })
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Data(name.utf8), using: SymmetricKey(data: salt))
        return "|1|\(salt.base64EncodedString())|\(Data(code).base64EncodedString())"
    }

    @Test(
        "A name is matched as OpenSSH does",
        arguments: [
            ("alpha", "alpha", 22, true), ("alpha", "ALPHA", 22, true), ("alpha,beta", "beta", 22, true),
            ("alpha", "alph", 22, false), ("a", "a", 22, true), ("*.example.org", "x.example.org", 22, true),
            ("*.example.org,!bad.example.org", "bad.example.org", 22, false),
            ("!bad.example.org,*.example.org", "good.example.org", 22, true), ("!alpha", "beta", 22, false),
            ("node-?", "node-1", 22, true), ("node-?", "node-12", 22, false), ("*", "anything", 22, true),
            ("[alpha]:2222", "alpha", 2222, true), ("[alpha]:2222", "alpha", 22, false),
            ("[alpha]:2222", "alpha", 2223, false),
            ("alpha", "alpha", 2222, true), ("[*.lab]:2222", "x.lab", 2222, true), ("10.0.0.1", "10.0.0.1", 22, true),
            ("a*b*c", "aXXbYYc", 22, true), ("a*b*c", "aXXbYY", 22, false),
        ])
    func names(pattern: String, host: String, port: Int, isKnown: Bool) throws {
        let known = try KnownHosts(text: Self.line(pattern, Self.key(1)) + "\n")
        #expect(known.verdict(on: Self.key(1), host: host, port: port) == (isKnown ? .known : .unknown))
    }

    @Test("Hashed names are found, with and without a port")
    func hashedNames() throws {
        let text = [
            Self.line(Self.hashed("alpha"), Self.key(1)), Self.line(Self.hashed("[alpha]:2222"), Self.key(2)),
        ].joined(separator: "\r\n")
        let known = try KnownHosts(text: text)
        #expect(known.verdict(on: Self.key(1), host: "alpha", port: 22) == .known)
        #expect(known.verdict(on: Self.key(2), host: "alpha", port: 2222) == .known)
        #expect(known.verdict(on: Self.key(1), host: "beta", port: 22) == .unknown)
    }

    @Test("A changed key names the place of the known one")
    func changed() throws {
        let text = "# comment\n\n" + Self.line("alpha", Self.key(1))
        let known = try KnownHosts(text: text, name: "hosts")
        #expect(known.verdict(on: Self.key(2), host: "alpha", port: 22) == .changed(known: Self.key(1), place: "hosts:3"))
        let other = Self.key(2, type: "ecdsa-sha2-nistp256")
        #expect(known.verdict(on: other, host: "alpha", port: 22) == .changed(known: Self.key(1), place: "hosts:3"))
        #expect(known.verdict(on: Self.key(2), host: "alpha", port: 2222) == .unknown)
    }

    @Test("A host may have several keys, of several types")
    func several() throws {
        let other = Self.key(2, type: "ecdsa-sha2-nistp256")
        let known = try KnownHosts(text: [("alpha", Self.key(1)), ("alpha", other)].map(Self.line).joined(separator: "\n"))
        #expect(known.verdict(on: other, host: "alpha", port: 22) == .known)
        #expect(known.keyTypes(host: "alpha", port: 22) == ["ssh-ed25519", "ecdsa-sha2-nistp256"])
    }

    @Test("A revoked key is refused even where another line trusts it")
    func revoked() throws {
        let text = Self.line("alpha", Self.key(1)) + "\n@revoked " + Self.line("*", Self.key(1))
        let known = try KnownHosts(text: text)
        #expect(known.verdict(on: Self.key(1), host: "alpha", port: 22) == .revoked(place: "known_hosts:2"))
    }

    @Test("What cannot be used is noted, and a revocation that cannot be read is an error")
    func malformed() throws {
        let text =
            "alpha\nalpha ssh-ed25519 ???\n@cert-authority * ssh-ed25519 AAAA\n@odd x y z\nalpha ssh-rsa \(Data(Self.key(1).blob).base64EncodedString())\n|1|x|y ssh-ed25519 \(Data(Self.key(1).blob).base64EncodedString())"
        #expect(try KnownHosts(text: text).notes.count == 6)
        #expect(throws: SSHError.self) { try KnownHosts(text: "@revoked * ssh-ed25519 ???") }
    }

    @Test("A line of any length is read")
    func longLine() throws {
        let names = (0..<2000).map { "host-\($0).example.org" }.joined(separator: ",")
        let known = try KnownHosts(text: Self.line(names, Self.key(1)))
        #expect(known.verdict(on: Self.key(1), host: "host-1999.example.org", port: 22) == .known)
    }

    @Test("A file that does not exist is empty; one that cannot be read is an error")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.path
        #expect(try KnownHosts(files: [folder + "/no-such-file-\(UUID())"]).notes.isEmpty)
        do {
            _ = try KnownHosts(files: [folder])
            Issue.record("a folder was read")
        } catch {
            #expect(error.code == .knownHostsUnusable)
        }
    }
}
