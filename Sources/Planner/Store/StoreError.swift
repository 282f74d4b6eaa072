internal import Foundation
internal import GRDB

/// Why the store could not do what it was asked: a code to act on, and for people the file, what happened and what to do.
///
/// No record is half written when one of these is thrown.
package struct StoreError: Error, Hashable, Sendable {
    package enum Code: Hashable, Sendable {
        /// The directory or the file cannot be made or opened.
        case cannotOpen
        /// The file is not a database, or that of another program.
        case notADatabase
        /// The store was made by a newer Planner.
        case newerSchema
        case diskFull
        /// Another process held the database for longer than the busy timeout.
        case busy
        /// What is stored cannot be read.
        case corrupted
        /// The run no longer holds the lease: another one has taken over.
        case leaseLost
        /// Any other error of SQLite, by its extended result code.
        case other(Int)
    }

    package let code: Code
    /// What happened, with the name of the file.
    package let message: String
    package let nextStep: String

    package init(_ code: Code, _ message: String, nextStep: String) {
        self.code = code
        self.message = message
        self.nextStep = nextStep
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String { "\(message); \(nextStep)" }
}

extension StoreError {
    /// What SQLite, or the reading of a stored document, has thrown.
    init(_ error: any Error, file: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(error, file: file)
        case is DecodingError, is RowDecodingError, is UnreadableRecord:
            self.init(
                .corrupted, "\(file) holds a record that cannot be read: \(error)",
                nextStep: "use the version of Planner that wrote it, or restore the directory from a backup")
        default:
            self.init(.other(0), "\(file): \(error)", nextStep: "report this with the whole message")
        }
    }

    private init(_ error: DatabaseError, file: String) {
        let reason = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL: self = .diskFull(file)
        case .SQLITE_IOERR where StoreError.isDiskFull(at: file): self = .diskFull(file)
        case .SQLITE_CANTOPEN where StoreError.isDiskFull(at: file): self = .diskFull(file)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            self.init(.cannotOpen, "cannot open \(file): \(reason)", nextStep: "check its owner and its mode")
        case .SQLITE_NOTADB: self = .notADatabase(file)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.busy, "\(file) is busy: another process writes to it", nextStep: "try again when it is done")
        case .SQLITE_CORRUPT:
            self.init(
                .corrupted, "\(file) is damaged: \(reason)", nextStep: "restore the directory from a backup")
        default:
            self.init(
                .other(Int(error.extendedResultCode.rawValue)), "\(file): \(reason)",
                nextStep: "report this with the whole message")
        }
    }

    static func diskFull(_ file: String) -> StoreError {
        StoreError(
            .diskFull, "the disk of \(file) is full",
            nextStep: "free some space; nothing was lost, the same command goes on")
    }

    static func notADatabase(_ file: String) -> StoreError {
        StoreError(
            .notADatabase, "\(file) is not a database of Planner",
            nextStep: "give another directory with --state, or move the file away")
    }

    /// Whether what is left on the disk is less than a transaction needs: SQLite reports some full disks as input/output errors.
    private static func isDiskFull(at file: String) -> Bool {
        var status = statvfs()
        guard statvfs(file, &status) == 0 else { return false }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 65536
    }
}

/// A row that does not hold what this version writes.
struct UnreadableRecord: Error, CustomStringConvertible {
    let description: String
}
