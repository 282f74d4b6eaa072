import Model
import TaskKit
import TestSupport
import Testing

@Suite("Redaction")
struct RedactorTests {
    private func redactor(_ values: [(String, String)]) -> Redactor {
        var redactor = Redactor()
        for (name, value) in values { redactor.add(SecretValue(value), of: .stored(name)) }
        return redactor
    }

    @Test("Every occurrence of a value becomes the name of its secret")
    func occurrences() {
        let redactor = redactor([("db", "hunter2")])
        #expect(redactor.redacted("login hunter2: hunter2hunter2") == "login [secret db]: [secret db][secret db]")
        #expect(redactor.redacted("nothing here") == "nothing here")
        #expect(redactor.redacted("") == "")
    }

    @Test("Where one value holds another, the longer one is taken, whatever the order in which they came")
    func longest() {
        for values in [[("short", "pass"), ("long", "password")], [("long", "password"), ("short", "pass")]] {
            #expect(redactor(values).redacted("password, pass") == "[secret long], [secret short]")
        }
    }

    @Test("Of values that overlap nothing is left")
    func overlap() {
        let text = redactor([("a", "abcdefgh"), ("b", "efghijklmn")]).redacted("x abcdefghijklmn y")
        #expect(text == "x [secret b] y")
    }

    @Test("A value that is the word 'secret' does not spoil the names of others")
    func word() {
        let redactor = redactor([("a", "secret"), ("b", "hunter2")])
        #expect(redactor.redacted("hunter2 secret") == "[secret b] [secret a]")
    }

    @Test("Each line of a value of several lines is looked for, without the blanks around it")
    func lines() {
        let redactor = redactor([("key", "-----BEGIN KEY-----\n  c2VjcmV0c2VjcmV0\r\n-----END KEY-----\n")])
        #expect(redactor.redacted("read: c2VjcmV0c2VjcmV0 ok") == "read: [secret key] ok")
        #expect(redactor.redacted("-----BEGIN KEY-----\nc2VjcmV0c2VjcmV0") == "[secret key]\n[secret key]")
    }

    @Test("A newline at the end of a value does not hide it")
    func trailingNewline() { #expect(redactor([("a", "hunter2\n")]).redacted("x hunter2 y") == "x [secret a] y") }

    @Test("Values shorter than four bytes are left alone")
    func short() {
        #expect(redactor([("a", "abc")]).redacted("abc") == "abc")
        #expect(redactor([("a", "abcd")]).redacted("abcd") == "[secret a]")
    }

    @Test("Bytes that are no text are found as what stands for them")
    func noText() {
        var redactor = Redactor()
        let bytes: [UInt8] = [0xFF, 0x41, 0x42, 0x43, 0x44, 0xFE]
        redactor.add(SecretValue(bytes), of: .stored("a"))
        let seen = String(decoding: Array("x ".utf8) + bytes + Array(" y".utf8), as: UTF8.self)
        #expect(redactor.redacted(seen) == "x [secret a] y")
    }

    @Test("No cut through the output leaves a long part of a value", arguments: 0..<30)
    func cuts(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let secret = String(
            (0..<Int.random(in: 8...40, using: &random)).map { _ in letters.randomElement(using: &random) ?? "x" })
        let redactor = redactor([("s", secret)])
        let text = Array("before \(secret) after")
        for cut in text.indices {
            for part in [String(text[..<cut]), String(text[cut...])] {
                let seen = redactor.redacted(part)
                for length in [8, secret.count] where length <= secret.count {
                    for start in 0...(secret.count - length) {
                        let piece = String(secret.dropFirst(start).prefix(length))
                        #expect(!seen.contains(piece), "seed \(seed), cut \(cut)")
                    }
                }
            }
        }
    }

    @Test("A value shows itself to nobody")
    func description() {
        let value = SecretValue("hunter2")
        #expect("\(value) \(String(reflecting: value)) \([value])".contains("hunter2") == false)
        var dumped = ""
        dump(value, to: &dumped)
        #expect(!dumped.contains("104"))
        #expect(!dumped.contains("hunter2"))
    }
}
