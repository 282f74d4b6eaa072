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

    private var source: Source
    private let path: String
    private var hash = RunningDigest()
    private var isHashing = true

    init(_ content: SSHUploadSource) throws(SSHError) {
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

    /// Size and digest of all of the content, which is then given from its beginning on.
    func survey() throws(SSHError) -> (size: UInt64, digest: String) {
        var size: UInt64 = 0
        while true {
            let block = try next()
            if block.isEmpty { break }
            size += UInt64(block.count)
        }
        let digest = hash.text()
        isHashing = false
        switch source {
        case .bytes(let bytes, _): source = .bytes(bytes, position: 0)
        case .file(let descriptor): lseek(descriptor, 0, SEEK_SET)
        }
        return (size, digest)
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
            var block = [UInt8](repeating: 0, count: Self.blockSize)
            while true {
                let count = read(descriptor, &block, block.count)
                if count >= 0 { return Array(block[..<count]) }
                if errno != EINTR { throw Self.failure(path, errno) }
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
