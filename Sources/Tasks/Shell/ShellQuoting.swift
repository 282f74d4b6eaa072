/// The one way in which text becomes an argument of a remote command (STYLE rule 15).
package enum ShellQuoting {
    /// `text` as one word for a POSIX shell, whatever it contains: blanks, quotes, newlines, `$(...)`, a leading `-`.
    ///
    /// A NUL cannot be part of an argument of any process; it is left out.
    package static func quote(_ text: String) -> String {
        if !text.isEmpty, text.utf8.allSatisfy(isPlain) { return text }
        var text = text
        return text.withUTF8 { bytes in
            var quoted: [UInt8] = []
            quoted.reserveCapacity(bytes.count + 16)
            quoted.append(UInt8(ascii: "'"))
            // Scripts go over in few pieces, not byte by byte.
            var start = 0
            for index in bytes.indices where bytes[index] == UInt8(ascii: "'") || bytes[index] == 0 {
                quoted.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
                start = index + 1
                if bytes[index] != 0 { quoted.append(contentsOf: "'\\''".utf8) }
            }
            quoted.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
            quoted.append(UInt8(ascii: "'"))
            return String(decoding: quoted, as: UTF8.self)
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "@"), UInt8(ascii: "+"),
            UInt8(ascii: "%"):
            true
        default: false
        }
    }
}

/// A command line for a remote shell, made of words and never of pasted text.
package struct ShellCommand: Hashable, Sendable, CustomStringConvertible {
    /// A script for `sh -c`.
    package struct Script: Hashable, Sendable {
        package let text: String
        /// What it calls itself in messages (`$0`), then `$1`, `$2`, ...
        package let words: [String]
    }

    /// The command line, quoted.
    package let text: String
    /// What is carried out, when that is a script: a shell that is to do something before it need not start another one.
    package let script: Script?

    /// The program and its arguments, each quoted.
    package init(_ words: [String]) { self.init(words, script: nil) }

    /// A script as `sh -c`, with `arguments` as `$1`, `$2`, ...; `name` is what the script calls itself in messages (`$0`).
    package init(script: String, name: String, arguments: [String] = []) {
        let words = [name] + arguments
        self.init(["sh", "-c", script] + words, script: Script(text: script, words: words))
    }

    private init(_ words: [String], script: Script?) {
        text = words.map(ShellQuoting.quote).joined(separator: " ")
        self.script = script
    }

    package var description: String { text }
}
