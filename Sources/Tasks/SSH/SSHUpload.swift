/// What to put into a remote file.
public enum SSHUploadSource: Sendable {
    case bytes([UInt8])
    /// A file of this machine; read in blocks while it is sent.
    case file(path: String)
}

/// Who shall own a remote file.
public struct SSHFileOwner: Sendable, Hashable {
    public var user: UInt32
    public var group: UInt32

    public init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}

/// What arrived.
public struct SSHUpload: Sendable, Equatable {
    /// Bytes.
    public var size: UInt64
    /// The SHA-256 of the content, checked on the far side, in lower-case hexadecimal.
    public var sha256: String

    public init(size: UInt64, sha256: String) {
        self.size = size
        self.sha256 = sha256
    }
}
