/// Which of a command's two outputs some bytes belong to.
public enum SSHOutputStream: Sendable, Hashable {
    case standardOutput
    case standardError
}

/// How a remote command ended and what it wrote.
public struct SSHExecution: Sendable, Equatable {
    public enum Termination: Sendable, Equatable {
        /// The exit status, 0...255.
        case exited(Int)
        /// The signal's name without "SIG", such as `KILL`.
        case signalled(String)
    }

    /// The last bytes of the output, at most the caller's limit.
    public var standardOutput: [UInt8]
    public var standardError: [UInt8]
    /// How many bytes before `standardOutput` were dropped for the limit.
    public var droppedOutput: Int
    public var droppedError: Int
    public var termination: Termination

    public init(
        standardOutput: [UInt8] = [], standardError: [UInt8] = [], droppedOutput: Int = 0, droppedError: Int = 0,
        termination: Termination = .exited(0)
    ) {
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.droppedOutput = droppedOutput
        self.droppedError = droppedError
        self.termination = termination
    }

    public var isSuccess: Bool { termination == .exited(0) }
    public var outputText: String { String(decoding: standardOutput, as: UTF8.self) }
    public var errorText: String { String(decoding: standardError, as: UTF8.self) }
}

/// Receives output as it comes. Runs on the event loop: it must be quick and must not wait.
public typealias SSHOutputHandler = @Sendable (SSHOutputStream, [UInt8]) -> Void
