import Model
import PluginKit
import TaskKit
import Testing

@Suite("How hosts are reached")
struct JumpHostTests {
    private func connection(_ text: String, of node: String = "/deployments/d/clusters/c/nodes/n") throws -> HostConnection {
        let model = """
            ms: { ssh: { address: 10.0.0.10, user: admin, port: 2222 } }
            deployments:
              d:
                clusters:
                  c:
                    type: cluster
                    nodes:
                      gate: { hostname: gate, ssh: { address: gate, jump: [/ms], identity_file: /keys/gate, passphrase: {secret: gate} } }
                      n: { hostname: n, ssh: { address: n, \(text) } }
            """
        let path = try #require(ItemPath(node))
        return try #require(Sample.context(model).node(at: path)).connection
    }

    @Test("The way to a jump host comes before it, and its own login belongs to it")
    func chain() throws {
        let found = try connection("jump: [/deployments/d/clusters/c/nodes/gate]")
        let gate = HostHop(
            address: "gate", user: "root", login: HostLogin(keyFile: "/keys/gate", passphrase: .stored("gate")))
        #expect(found.jumps == [HostHop(address: "10.0.0.10", port: 2222, user: "admin"), gate])
        #expect(found.secrets == [.stored("gate")])
    }

    @Test("Hosts outside the model are named by address, and what is not said of them is left open")
    func addresses() throws {
        let found = try connection("user: me, jump: [\"10.1.1.1\", \"you@[::1]:22\"]")
        #expect(
            found.jumps == [
                HostHop(address: "10.1.1.1", user: "me"), HostHop(address: "::1", user: "you", login: HostLogin(said: ["port"])),
            ])
        #expect(try connection("jump: []").jumps == [])
        #expect(try connection("port: 22").jumps == nil)
    }

    @Test("A default that somebody has written is told from one that nobody has")
    func said() throws {
        #expect(try connection("port: 22").login == HostLogin(said: ["port"]))
        #expect(
            try connection("user: root, use_ssh_config: false").login == HostLogin(said: ["user"], usesSSHConfiguration: false))
        #expect(try connection("user: me, port: 23").login == nil)
    }

    @Test("What runs as another user says as whom, and whose password opens it")
    func become() throws {
        let found = try connection("user: me, become: sudo, become_password: {secret: me}")
        #expect(found.become == HostElevation(user: "root", password: .stored("me")))
        #expect(try connection("become: sudo, become_user: app").become == HostElevation(user: "app"))
        #expect(try connection("become: none").become == nil)
    }
}
