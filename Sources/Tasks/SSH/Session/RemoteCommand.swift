internal import Shell

/// The shell text of a command as it is sent, with a wrapper that tells the command's process id first.
///
/// sshd makes a session (setsid) for each command, and each `exec` keeps the process, so the number is the id of the
/// session that everything the command starts belongs to.
enum RemoteCommand {
    /// libssh2 sends a request as one packet of less than 35000 - 256 bytes.
    static let limit = 34_000

    /// Runs under /bin/sh whatever the login shell is.
    static func announced(_ command: String, token: String) -> String {
        let wrapper = #"echo "$1 $$"; exec /bin/sh -c "$0""#
        return "exec " + ShellCommand(["/bin/sh", "-c", wrapper, command, token]).text
    }

    /// Runs a script of this module.
    static func script(_ text: [UInt8], _ arguments: [String]) -> String {
        "exec " + ShellCommand(["/bin/sh", "-c", String(decoding: text, as: UTF8.self), "planner"] + arguments).text
    }
}

/// What a caller of `execute` asked for.
struct ExecutionRequest: Sendable {
    var command: String
    var standardInput: [UInt8] = []
    var deadline: Duration?
    var outputLimit = 1024 * 1024
    var onOutput: SSHOutputHandler?
}
