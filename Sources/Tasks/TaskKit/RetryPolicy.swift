/// How often a task is tried within one run, and how long is waited in between. Only for failures that may pass by themselves.
package struct RetryPolicy: Hashable, Sendable, Codable {
    /// Tries in one run, the first one included; 1: never again.
    package let tries: Int
    /// Before the second try; each further wait is twice as long.
    package let firstDelayMilliseconds: Int
    /// No wait is longer.
    package let longestDelayMilliseconds: Int

    /// Values that make no sense are taken as the nearest that do.
    package init(tries: Int, firstDelay: Duration = .seconds(1), longestDelay: Duration = .seconds(60)) {
        self.tries = max(1, tries)
        firstDelayMilliseconds = max(0, firstDelay.wholeMilliseconds)
        longestDelayMilliseconds = max(0, longestDelay.wholeMilliseconds)
    }

    package static let standard = RetryPolicy(tries: 3)
    package static let never = RetryPolicy(tries: 1)

    /// How long to wait before trying again; nil when it is not to be tried again.
    ///
    /// - Parameters:
    ///   - tries: how often it was tried in this run, at least 1.
    ///   - seed: gives the jitter: the same seed gives the same wait. Who shares a cause should not share a seed.
    package func delay(after failure: TaskFailure, tries: Int, seed: UInt64) -> Duration? {
        guard failure.failureClass.mayPass, tries < self.tries else { return nil }
        var longest = min(firstDelayMilliseconds, longestDelayMilliseconds)
        for _ in 1..<max(1, tries) where longest < longestDelayMilliseconds {
            longest = min(longestDelayMilliseconds, longest.multipliedReportingOverflow(by: 2).partialValue)
        }
        // From a half to all of it, so that hosts that went away together do not come back together.
        let half = longest / 2
        let jitter = RetryPolicy.mixed(seed &+ UInt64(clamping: tries)) % UInt64(longest - half + 1)
        return .milliseconds(half + Int(jitter))
    }

    /// A seed from names: the same ones give the same seed.
    package static func seed(_ names: String...) -> UInt64 {
        // FNV-1a, 64 bits.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in names.joined(separator: "\n").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    /// One step of SplitMix64 (Steele, Lea, Flood 2014).
    private static func mixed(_ seed: UInt64) -> UInt64 {
        var value = seed &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

extension TaskFailure.Class {
    /// Whether trying again may help, without anybody doing anything.
    package var mayPass: Bool {
        switch self {
        case .unreachable, .connectionLost, .transient, .peersUnreachable: true
        case .failed, .notVerified, .timedOut, .cancelled, .hostKey, .authentication, .diskFull, .interrupted: false
        }
    }
}
