internal import Foundation

/// Files that only their owner may read: read with their mode checked, written in one step and synced.
enum PrivateFile {
    /// The content of a file, and what tells one version of it from the next.
    struct Content {
        var bytes: [UInt8]
        var stamp: Stamp
    }

    /// Differs after every exchange of the file and every change of its mode.
    struct Stamp: Hashable, Sendable {
        var inode: UInt64
        var mode: UInt32
        var size: Int
        var seconds: Int
        var nanoseconds: Int

        fileprivate init(_ status: stat) {
            inode = UInt64(status.st_ino)
            mode = UInt32(status.st_mode)
            size = Int(status.st_size)
            #if canImport(Darwin)
                seconds = status.st_mtimespec.tv_sec
                nanoseconds = status.st_mtimespec.tv_nsec
            #else
                seconds = status.st_mtim.tv_sec
                nanoseconds = status.st_mtim.tv_nsec
            #endif
        }
    }

    /// - Parameter limit: a greater file is refused.
    /// - Parameter isPrivate: whether one that others can read is refused.
    /// - Returns: nil when there is no file.
    static func read(_ path: String, limit: Int, isPrivate: Bool = true) throws(SecretStoreError) -> Content? {
        // A pipe that nobody writes to must not hold the command up.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("cannot read \(path)", errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot read \(path)", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SecretStoreError(.file, "\(path) is not a regular file") }
        if isPrivate, status.st_mode & 0o077 != 0 {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw SecretStoreError(
                .permissions, "others can read \(path): its mode is \(mode)",
                nextStep: "chmod 600 \(path), and set its secrets anew if somebody may have read it")
        }
        guard status.st_size <= limit else {
            throw SecretStoreError(.file, "\(path) is too large: \(status.st_size) bytes, at most \(limit)")
        }
        return Content(bytes: try content(of: descriptor, path: path, limit: limit), stamp: Stamp(status))
    }

    /// What tells the version of the file that is there; nil when there is none.
    static func stamp(of path: String) -> Stamp? {
        var status = stat()
        return stat(path, &status) == 0 ? Stamp(status) : nil
    }

    private static func content(of descriptor: Int32, path: String, limit: Int) throws(SecretStoreError) -> [UInt8] {
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65536)
        while content.count <= limit {
            let count = Foundation.read(descriptor, &block, block.count)
            if count == 0 { break }
            if count > 0 {
                content += block[..<count]
            } else if errno != EINTR {
                throw failure("cannot read \(path)", errno)
            }
        }
        return content
    }

    /// Puts a file in its place in one step: after a power cut there is the old content or the new one.
    static func replace(_ path: String, with bytes: [UInt8]) throws(SecretStoreError) {
        let temporary = try writeBeside(path, bytes)
        guard rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw failure("cannot write \(path)", code)
        }
        try syncDirectory(of: path)
    }

    /// Makes a file that is not there yet, whole or not at all.
    ///
    /// - Returns: false when somebody else has made it meanwhile.
    static func create(_ path: String, with bytes: [UInt8]) throws(SecretStoreError) -> Bool {
        let temporary = try writeBeside(path, bytes)
        let result = link(temporary, path)
        let code = errno
        unlink(temporary)
        guard result == 0 else {
            if code == EEXIST { return false }
            throw failure("cannot write \(path)", code)
        }
        try syncDirectory(of: path)
        return true
    }

    private static func writeBeside(_ path: String, _ bytes: [UInt8]) throws(SecretStoreError) -> String {
        let temporary = "\(path).\(String(UInt64.random(in: 1 << 60 ... .max), radix: 36)).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot write \(path)", errno) }
        var position = 0
        while position < bytes.count {
            let count = bytes[position...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                position += count
            } else if errno != EINTR {
                break
            }
        }
        let isWritten = position == bytes.count && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard isWritten else {
            unlink(temporary)
            throw failure("cannot write \(path)", code)
        }
        return temporary
    }

    /// The new name survives a power cut only when the directory was synced too.
    private static func syncDirectory(of path: String) throws(SecretStoreError) {
        let directory = (path as NSString).deletingLastPathComponent
        let descriptor = open(directory.isEmpty ? "." : directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot sync \(directory)", errno) }
        defer { close(descriptor) }
        // Some file systems cannot sync a directory, and say so.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("cannot sync \(directory)", errno) }
    }

    private static func failure(_ what: String, _ code: Int32) -> SecretStoreError {
        SecretStoreError(
            .file, "\(what): \(String(cString: strerror(code)))",
            nextStep: code == ENOSPC ? "free some space; nothing was lost" : nil)
    }
}
