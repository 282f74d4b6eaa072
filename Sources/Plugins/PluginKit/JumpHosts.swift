package import Model
import TaskKit

/// The hosts through which others are reached, as `ssh.jump` names them: managed hosts by their paths, others by address.
package enum JumpHosts {
    /// One entry of `jump`.
    package enum Entry: Hashable, Sendable {
        case host(ItemPath)
        /// `[user@]address[:port]`
        case address(user: String?, address: String, port: Int?)

        /// Nil when the text is neither.
        package init?(_ text: String) {
            if text.hasPrefix("/") {
                guard let path = ItemPath(text) else { return nil }
                self = .host(path)
                return
            }
            var rest = text[...]
            var user: String?
            if let at = rest.lastIndex(of: "@") {
                user = String(rest[..<at])
                rest = rest[rest.index(after: at)...]
            }
            guard user != "" else { return nil }
            var port: Int?
            if rest.hasPrefix("[") {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                let tail = rest[rest.index(after: end)...]
                rest = rest[rest.index(after: rest.startIndex)..<end]
                guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
                if !tail.isEmpty {
                    guard let number = Int(tail.dropFirst()) else { return nil }
                    port = number
                }
            } else if let colon = rest.lastIndex(of: ":"), rest.firstIndex(of: ":") == colon {
                guard let number = Int(rest[rest.index(after: colon)...]) else { return nil }
                port = number
                rest = rest[..<colon]
            }
            guard port.map({ (1...65535).contains($0) }) ?? true, !rest.isEmpty, rest.utf8.first != UInt8(ascii: "-"),
                rest.utf8.allSatisfy({ Entry.isOfAddress($0) }), user.map({ $0.utf8.allSatisfy(Entry.isOfAddress) }) ?? true
            else { return nil }
            self = .address(user: user, address: String(rest), port: port)
        }

        private static func isOfAddress(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"),
                UInt8(ascii: "%"):
                true
            default: false
            }
        }
    }

    /// The way to the host whose connection `ssh` is: nil when it says none. What is wrong (`CoreRules`) is left out.
    static func way(to ssh: ResolvedItem, in tree: ResolvedTree) -> [HostHop]? {
        guard ssh["jump"] != nil else { return nil }
        var visited: Set<ItemPath> = [ssh.path]
        return hops(before: ssh, in: tree, &visited)
    }

    private static func hops(before ssh: ResolvedItem, in tree: ResolvedTree, _ visited: inout Set<ItemPath>) -> [HostHop] {
        var hops: [HostHop] = []
        for (position, text) in ssh.list("jump").enumerated() {
            switch Entry(text) {
            case .address(let user, let address, let port):
                let said = (port == 22 ? ["port"] : []) + (user == "root" ? ["user"] : [])
                hops.append(
                    HostHop(
                        address: address, port: port ?? 22, user: user ?? ssh.text("user"),
                        login: said.isEmpty ? nil : HostLogin(said: said)))
            case .host(let path):
                let place = path.appending("ssh")
                guard let other = tree[place], visited.insert(place).inserted else { continue }
                // Where it stands behind another one, the way to it is said already.
                if position == 0 { hops += JumpHosts.hops(before: other, in: tree, &visited) }
                hops.append(other.connection(in: tree, hostname: "").hop)
            case nil: continue
            }
        }
        return hops
    }
}

extension ResolvedItem {
    /// What an item of type `ssh-connection` says.
    func connection(in tree: ResolvedTree, hostname: String) -> HostConnection {
        let said = [("port", "22"), ("user", "root")].filter { text($0.0) == $0.1 && tree.isWritten($0.0, in: self) }.map(\.0)
        var login = HostLogin(
            keyFile: self["identity_file"]?.text, passphrase: secret("passphrase"), said: said.isEmpty ? nil : said)
        if let used = self["use_ssh_config"]?.boolean, !used { login.usesSSHConfiguration = false }
        var connection = HostConnection(
            hostname: hostname, address: text("address"), port: integer("port") ?? 22, user: text("user"),
            login: login == HostLogin() ? nil : login)
        if text("become") == "sudo" {
            let user = text("become_user")
            connection.become = HostElevation(user: user.isEmpty ? "root" : user, password: secret("become_password"))
        }
        return connection
    }
}
