internal import Crypto
internal import Glibc

/// What a caller of `upload` asked for.
struct UploadRequest: Sendable {
    var content: SSHUploadSource
    var path: String
    var mode: UInt32
    var owner: SSHFileOwner?
    /// Lower-case hexadecimal.
    var expected: String?
    var deadline: Duration?
}

/// Gives the content of an upload in blocks and computes its digest on the way. Off the event loop, because a disk may
/// be slow.
actor UploadReader {
    /// libssh2 keeps one block under way, so a block must cover bandwidth times round trip.
    private static let blockSize = 1024 * 1024

    private enum Source {
        case bytes([UInt8], position: Int)
        case file(descriptor: Int32)
    }

    /// Not that of whoever reads, which may be the event loop.
    private let disk = QueueExecutor("ssh-upload")
    nonisolated var unownedExecutor: UnownedSerialExecutor { disk.asUnownedSerialExecutor() }

    private var source: Source
    private let path: String
    private var hash = RunningDigest()
    private let isHashing: Bool

    /// - Parameter isHashing: whether a digest of it will be wanted.
    init(_ content: SSHUploadSource, isHashing: Bool = true) throws(SSHError) {
        self.isHashing = isHashing
        switch content {
        case .bytes(let bytes):
            source = .bytes(bytes, position: 0)
            path = ""
        case .file(let path):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Self.failure(path, errno) }
            source = .file(descriptor: descriptor)
            self.path = path
        }
    }

    deinit {
        if case .file(let descriptor) = source { close(descriptor) }
    }

    /// The next block; empty at the end.
    func next() throws(SSHError) -> [UInt8] {
        let block = try readBlock()
        if isHashing { hash.update(block) }
        return block
    }

    /// How many bytes there are; what is in a file may still change.
    func size() throws(SSHError) -> UInt64 {
        switch source {
        case .bytes(let bytes, _): return UInt64(bytes.count)
        case .file(let descriptor):
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, errno) }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw SSHError(.localFile, message: "\(path) is no regular file")
            }
            return UInt64(status.st_size)
        }
    }

    /// The digest of what was read, in hexadecimal.
    func digest() -> String {
        hash.text()
    }

    private func readBlock() throws(SSHError) -> [UInt8] {
        switch source {
        case .bytes(let bytes, let position):
            let end = min(bytes.count, position + Self.blockSize)
            source = .bytes(bytes, position: end)
            return Array(bytes[position..<end])
        case .file(let descriptor):
            while true {
                var problem: Int32 = 0
                let block = [UInt8](unsafeUninitializedCapacity: Self.blockSize) { buffer, filled in
                    let count = read(descriptor, buffer.baseAddress, Self.blockSize)
                    problem = count < 0 ? errno : 0
                    filled = max(0, count)
                }
                if problem == 0 { return block }
                if problem != EINTR { throw Self.failure(path, problem) }
            }
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> SSHError {
        SSHError(.localFile, message: "cannot read \(path): \(systemMessage(code))")
    }
}

/// A SHA-256 in the making.
struct RunningDigest {
    private var hash = SHA256()

    mutating func update(_ bytes: [UInt8]) {
        hash.update(data: bytes)
    }

    /// Of everything so far, in lower-case hexadecimal.
    func text() -> String {
        hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func text(of bytes: [UInt8]) -> String {
        var digest = RunningDigest()
        digest.update(bytes)
        return digest.text()
    }
}
