internal import Shell

/// The shell text of a command as it is sent, with a wrapper that tells the command's process id first.
///
/// sshd makes a session (setsid) for each command, and each `exec` keeps the process, so the number is the id of the
/// session that everything the command starts belongs to.
enum RemoteCommand {
    /// libssh2 sends a request as one packet of less than 35000 - 256 bytes.
    static let limit = 34_000

    /// A word that no other output has.
    static func token() -> String { "planner-" + String(UInt64.random(in: 1 << 60 ... .max), radix: 16) }

    /// Runs under /bin/sh whatever the login shell is. Each shell that starts another one is a process more for the host: a script is begun by
    /// the shell that announces it.
    ///
    /// - Parameter shell: the login shell, as far as it is known; one that POSIX knows announces a program itself.
    static func announced(_ request: ExecutionRequest, token: String, shell: LoginShell) -> String {
        if request.elevation == nil, let script = request.script {
            let text = #"echo "\#(token) $$ $SHELL"; "# + script.text
            return "exec " + ShellCommand(["/bin/sh", "-c", text] + script.words).text
        }
        let command = request.command
        if request.elevation == nil, request.isProgram, shell == .posix { return "echo \(token) $$; \(command)" }
        return announced(command, token: token, as: request.elevation)
    }

    static func announced(_ command: String, token: String, as elevation: SSHElevation? = nil) -> String {
        if let elevation {
            let asking = elevation.password == nil ? ["-n"] : ["-S", "-p", ""]
            let wrapper = String(decoding: PackageResources.become_sh, as: UTF8.self)
            return "exec "
                + ShellCommand(
                    ["sudo", "-H"] + asking + ["-u", elevation.user, "--", "/bin/sh", "-c", wrapper, "planner", token, command]
                ).text
        }
        let wrapper = #"echo "$1 $$ $SHELL"; exec /bin/sh -c "$0""#
        return "exec " + ShellCommand(["/bin/sh", "-c", wrapper, command, token]).text
    }

    /// Runs a script of this module.
    static func script(_ text: [UInt8], _ arguments: [String]) -> String {
        "exec " + ShellCommand(["/bin/sh", "-c", String(decoding: text, as: UTF8.self), "planner"] + arguments).text
    }
}

/// What runs the commands that are sent.
enum LoginShell: Sendable {
    case unknown
    case posix
    case other

    /// - Parameter path: what `$SHELL` is on the far side.
    init(path: String) {
        let name = path.split(separator: "/").last ?? ""
        self = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"].contains(name) ? .posix : .other
    }
}

/// What a caller of `execute` asked for.
struct ExecutionRequest: Sendable {
    var command: String
    /// Whether it is a program with its arguments, quoted, and nothing that only some shells know.
    var isProgram = false
    /// What `command` carries out, if that is a script and nothing else.
    var script: ShellCommand.Script?
    var standardInput: [UInt8] = []
    /// What comes after `standardInput`, block by block.
    var reader: UploadReader?
    var elevation: SSHElevation?
    var deadline: Duration?
    var outputLimit = 1024 * 1024
    var onOutput: SSHOutputHandler?
}
