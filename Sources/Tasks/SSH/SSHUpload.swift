/// What to put into a remote file.
package enum SSHUploadSource: Sendable {
    case bytes([UInt8])
    /// A file of this machine; read in blocks while it is sent.
    case file(path: String)
}

/// Who shall own a remote file.
package struct SSHFileOwner: Sendable, Hashable {
    package var user: UInt32
    package var group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}

/// What arrived.
package struct SSHUpload: Sendable, Equatable {
    /// Bytes.
    package var size: UInt64
    /// The SHA-256 of the content, checked on the far side, in lower-case hexadecimal.
    package var sha256: String

    package init(size: UInt64, sha256: String) {
        self.size = size
        self.sha256 = sha256
    }
}
