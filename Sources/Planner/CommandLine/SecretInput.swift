import ArgumentParser
import Foundation
import Secrets

/// The value of a secret as an operator gives it: typed twice without being shown, or on standard input.
enum SecretInput {
    static func read(name: String, isExact: Bool) throws -> [UInt8] {
        guard isatty(STDIN_FILENO) == 1 else { return try readAll(isExact: isExact) }
        let first = try prompt("Value of \(name) (not shown): ")
        let second = try prompt("Once more: ")
        guard first == second else { throw InputError("the two values differ; nothing was stored") }
        return first
    }

    /// What cannot be taken as a value.
    struct InputError: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private static func readAll(isExact: Bool) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65536)
        // One byte more than is allowed, and a newline: enough to tell that it is too long.
        while bytes.count <= SecretStore.maximumSize + 1 {
            let count = Foundation.read(STDIN_FILENO, &block, block.count)
            if count == 0 { break }
            if count > 0 {
                bytes += block[..<count]
            } else if errno != EINTR {
                throw InputError("standard input cannot be read: \(String(cString: strerror(errno)))")
            }
        }
        if !isExact, bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return bytes
    }

    // MARK: On a terminal

    /// Reads one line, key by key: the terminal neither shows it nor turns an interrupt into a signal, so that it is left as it was found
    /// whatever is typed.
    private static func prompt(_ text: String) throws -> [UInt8] {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { throw InputError("the terminal cannot be asked") }
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        withUnsafeMutableBytes(of: &hidden.c_cc) { characters in
            characters[Int(VMIN)] = 1
            characters[Int(VTIME)] = 0
        }
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0 else {
            throw InputError("the terminal cannot be kept from showing what is typed")
        }
        defer {
            _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Output.errors.line()
        }
        Output.errors.write(text)
        var line: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            let count = Foundation.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return line }
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), 4: return line
            case 3, 28: throw InputError("interrupted; nothing was stored")
            case 8, 127: removeLastCharacter(of: &line)
            case 21: line.removeAll()
            default: line.append(byte)
            }
            guard line.count <= SecretStore.maximumSize else { throw InputError("the value is too long; nothing was stored") }
        }
    }

    /// A character is one byte and the continuation bytes of UTF-8 behind it.
    private static func removeLastCharacter(of line: inout [UInt8]) {
        while let byte = line.popLast(), byte & 0xC0 == 0x80 {}
    }
}
