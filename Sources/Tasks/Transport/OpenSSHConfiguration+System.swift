import Glibc

extension OpenSSHConfiguration {
    /// The name of the user who runs this process.
    static let userName: String = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? ""

    static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

    /// Whether there is anything to ask OpenSSH for, so that no process is started for nothing on each host of a thousand.
    package static func exists(home: String) -> Bool {
        if isReadable(home + "/.ssh/config") { return true }
        guard let folder = opendir("/etc/ssh/ssh_config.d") else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".conf") { return true }
        }
        return false
    }
}
