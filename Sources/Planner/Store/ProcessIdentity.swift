internal import Foundation

/// Tells processes apart by what Linux says in `/proc` (proc(5)): a number is used again, a number with its start time is not.
package enum ProcessIdentity {
    /// This process as the holder of a lease.
    ///
    /// - Parameter command: what the operator called: `planner run_plan`.
    package static func current(command: String) -> LeaseHolder {
        let number = Int(getpid())
        return LeaseHolder(
            host: ProcessInfo.processInfo.hostName, processID: number, processStart: startTime(of: number) ?? 0,
            bootID: boot, user: ProcessInfo.processInfo.userName, command: command)
    }

    /// Whether the process still runs; nil when that cannot be told: it is of another host, boot or process namespace, or there is no
    /// `/proc`.
    package static func isAlive(_ holder: LeaseHolder) -> Bool? {
        guard holder.bootID == boot, startTime(of: Int(getpid())) != nil else { return nil }
        return startTime(of: holder.processID) == holder.processStart
    }

    /// The boot of this host and the process namespace of this process: `1c9f... pid:[4026531836]`.
    private static let boot: String = {
        let identifier = text(ofFile: "/proc/sys/kernel/random/boot_id") ?? ""
        // No namespace is no error: then there is one for all.
        let namespace = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
        return identifier.trimmingCharacters(in: .whitespacesAndNewlines) + " " + namespace
    }()

    /// Field 22 of `/proc/PID/stat`; nil when there is no such process, or it has ended and waits to be collected.
    static func startTime(of processID: Int) -> Int? {
        text(ofFile: "/proc/\(processID)/stat").flatMap(startTime(inStat:))
    }

    /// The second field is the name of the program in parentheses and may hold anything, also `) R 1`; the fields after the last
    /// parenthesis begin with the third.
    static func startTime(inStat text: String) -> Int? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return Int(fields[19])
    }

    private static func text(ofFile path: String) -> String? {
        // No such file is an answer here, not an error.
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}

extension ProcessIdentity {
    /// Who asks, in one word: `alice@ops1`.
    package static var account: String { "\(ProcessInfo.processInfo.userName)@\(ProcessInfo.processInfo.hostName)" }

    /// Who asks, for the journal: user and host.
    package static var operatorName: String {
        "\(ProcessInfo.processInfo.userName) on \(ProcessInfo.processInfo.hostName)"
    }
}
