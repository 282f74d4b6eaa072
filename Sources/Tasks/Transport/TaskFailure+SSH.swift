import SSH
import TaskKit

extension TaskFailure {
    /// What a failure of the transport means for a task: its class, the host, and the next step.
    init(_ error: SSHError, host: String) {
        let failureClass: Class =
            switch error.code {
            case .refused, .unreachable, .nameNotFound, .timedOut(.connect), .timedOut(.handshake), .negotiation: .unreachable
            case .hostKeyUnknown, .hostKeyChanged, .hostKeyRevoked, .knownHostsUnusable: .hostKey
            case .authentication, .identityUnusable, .elevation, .timedOut(.authentication): .authentication
            case .timedOut: .timedOut
            case .connectionLost: .connectionLost
            case .remoteFile(.diskFull): .diskFull
            case .channelRefused, .remoteFile, .checksumMismatch, .localFile, .library: .failed
            case .cancelled: .cancelled
            }
        let place = error.endpoint.map { " (\($0))" } ?? ""
        self.init(failureClass, "\(host)\(place): \(error.message)", nextStep: error.nextStep)
    }
}
