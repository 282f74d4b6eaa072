internal import CLibSSH2
internal import Glibc

/// Reads small files of this machine, telling what is wrong with them.
enum LocalFile {
    struct Problem: Error, CustomStringConvertible {
        /// An errno.
        let code: Int32
        var description: String { systemMessage(code) }
    }

    /// Large enough for any known_hosts file or key, small enough not to be a trap.
    private static let sizeLimit = 256 * 1024 * 1024

    static func read(_ path: String) -> Result<[UInt8], Problem> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(Problem(code: errno)) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(Problem(code: errno))
            }
            if count == 0 { return .success(content) }
            content += block[..<count]
            if content.count > sizeLimit { return .failure(Problem(code: EFBIG)) }
        }
    }
}

/// The system's words for an errno.
func systemMessage(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    // The POSIX function: the text is in the buffer.
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
