internal import Foundation

/// The files of a store: readable by their owner only, because plans name hosts and addresses.
enum StoreFiles {
    static let database = "planner.db"

    /// Makes the directory and an empty database file where they are missing. SQLite gives its other files (`-wal`, `-shm`) the mode of
    /// the database file.
    ///
    /// - Returns: the name of the database file.
    static func prepare(directory: String) throws(StoreError) -> String {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            guard !isDirectory(directory) else { return try prepareFile(in: directory) }
            throw StoreError(
                .cannotOpen, "cannot make the directory \(directory): \(error.localizedDescription)",
                nextStep: "check the directory above it, or give another one with --state")
        }
        return try prepareFile(in: directory)
    }

    /// Carries out `work` while no other process opens a store in the same directory: SQLite does not wait for whoever turns on write-ahead
    /// mode or makes the tables at the same moment. The lock ends with the descriptor, also when the process dies.
    static func alone<Value>(in directory: String, _ work: () throws -> Value) rethrows -> Value {
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        // Without a lock the worst is an error that says "busy".
        if descriptor >= 0 { _ = flock(descriptor, LOCK_EX) }
        defer { if descriptor >= 0 { close(descriptor) } }
        return try work()
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    private static func prepareFile(in directory: String) throws(StoreError) -> String {
        let file = (directory.hasSuffix("/") ? directory : directory + "/") + database
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOSPC { throw .diskFull(file) }
            throw StoreError(
                .cannotOpen, "cannot open \(file): \(String(cString: strerror(code)))",
                nextStep: "check its owner and its mode, or give another directory with --state")
        }
        defer { close(descriptor) }
        try checkContent(of: descriptor, file: file)
        // A file that somebody copied may be readable by others; only its owner can change that, and a reader need not.
        _ = fchmod(descriptor, 0o600)
        return file
    }

    /// Refuses what does not begin as every SQLite database does: SQLite itself takes a file of a few bytes for an empty one, and
    /// would write over it.
    private static func checkContent(of descriptor: Int32, file: String) throws(StoreError) {
        let expected = Array("SQLite format 3\0".utf8)
        var found = [UInt8](repeating: 0, count: expected.count)
        let count = pread(descriptor, &found, found.count, 0)
        guard count == 0 || found == expected else { throw .notADatabase(file) }
    }
}
