/// Which of a command's two outputs some bytes belong to.
package enum SSHOutputStream: Sendable, Hashable {
    case standardOutput
    case standardError
}

/// How a remote command ended and what it wrote.
package struct SSHExecution: Sendable, Equatable {
    package enum Termination: Sendable, Equatable {
        /// The exit status, 0...255.
        case exited(Int)
        /// The signal's name without "SIG", such as `KILL`.
        case signalled(String)
    }

    /// The last bytes of the output, at most the caller's limit.
    package var standardOutput: [UInt8]
    package var standardError: [UInt8]
    /// How many bytes before `standardOutput` were dropped for the limit.
    package var droppedOutput: Int
    package var droppedError: Int
    package var termination: Termination

    package init(
        standardOutput: [UInt8] = [], standardError: [UInt8] = [], droppedOutput: Int = 0, droppedError: Int = 0,
        termination: Termination = .exited(0)
    ) {
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.droppedOutput = droppedOutput
        self.droppedError = droppedError
        self.termination = termination
    }

    package var isSuccess: Bool { termination == .exited(0) }
    package var outputText: String { String(decoding: standardOutput, as: UTF8.self) }
    package var errorText: String { String(decoding: standardError, as: UTF8.self) }
}

/// Receives output as it comes. Runs on the event loop: it must be quick and must not wait.
package typealias SSHOutputHandler = @Sendable (SSHOutputStream, [UInt8]) -> Void
