import Foundation
import Testing

@testable import SSH

@Suite("Banner")
struct BannerTests {
    @Test("The far side reads the first line of a service for us")
    func banner() async throws {
        try await withConnection { (connection, server) async throws in
            let endpoint = server.endpoint
            let banner = try await connection.readBanner(host: endpoint.host, port: endpoint.port, deadline: .seconds(10))
            #expect(banner.hasPrefix("SSH-2.0-OpenSSH"))
        }
    }

    @Test("A port on which nothing listens, as seen from the far side, is refused")
    func refused() async throws {
        try await withConnection { (connection, _) async throws in
            let port = Sockets.closedPort("127.0.1.254")
            let error = try await failure {
                _ = try await connection.readBanner(host: "127.0.1.254", port: port, deadline: .seconds(10))
            }
            #expect(error.code == .refused, "\(error)")
            #expect(connection.isAlive)
        }
    }

    @Test("A service that says nothing is given up in time, and holds nothing up")
    func silent() async throws {
        try await withConnection { (connection, _) async throws in
            let (listener, port) = Sockets.listen("127.0.1.254", backlog: 5)
            let error = try await failure {
                _ = try await connection.readBanner(host: "127.0.1.254", port: port, deadline: .seconds(2))
            }
            #expect(error.code == .timedOut(.banner), "\(error)")
            #expect(try await connection.execute("echo on").outputText == "on\n")
            Glibc.close(listener)
        }
    }

    @Test("A server that forbids forwarding says so")
    func forbidden() async throws {
        try await withConnection(extra: ["AllowTcpForwarding no"]) { (connection, server) async throws in
            let error = try await failure {
                _ = try await connection.readBanner(
                    host: server.endpoint.host, port: server.endpoint.port, deadline: .seconds(10))
            }
            #expect(error.code == .channelRefused, "\(error)")
        }
    }
}
