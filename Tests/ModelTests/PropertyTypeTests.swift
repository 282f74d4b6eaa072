import Testing

@testable import Model

@Suite("Values of property types") struct ModelPropertyTypeTests {
    private func refusal(_ type: PropertyType, _ written: WrittenValue, site: Bool = false) -> PropertyType.Violation? {
        do {
            _ = try type.value(from: written, acceptsPlaceholders: site)
            return nil
        } catch {
            return error
        }
    }

    @Test("A range takes its bounds, and says them") func range() throws {
        let type = PropertyType.range("port", 1...65535)
        #expect(try type.value(from: .scalar("1")) == 1)
        #expect(try type.value(from: .scalar("65535")) == 65535)
        for text in ["0", "65536", "+5", "1.0", "0x10", "", " 1", "99999999999999999999"] {
            #expect(refusal(type, .scalar(text))?.rule == "a whole number from 1 to 65535", "\(text)")
        }
        #expect(PropertyType.range("n", 2...Int.max).rule == "a whole number of 2 or more")
    }

    @Test("A list has as many entries as its type allows") func count() throws {
        let type = PropertyType("pair", .list, rule: "words", count: 2...3) { !$0.isEmpty }
        #expect(try type.value(from: .scalar("a,b")) == ["a", "b"])
        #expect(refusal(type, .sequence(["a"])) == .init(value: "1 entries", rule: "at least 2 entries: words"))
        #expect(refusal(type, .scalar("")) == .init(value: "", rule: "at least 2 entries: words"))
        #expect(refusal(type, .scalar("a,b,c,d")) == .init(value: "4 entries", rule: "at most 3 entries: words"))
        #expect(refusal(type, .scalar("a,,c"))?.value == "")
    }

    @Test("A pattern sees each entry of a list from its beginning to its end") func pattern() throws {
        let type = PropertyType("words", .list, rule: "lower case", pattern: "[a-z]+")
        #expect(try type.value(from: .scalar("ab,c")) == ["ab", "c"])
        #expect(refusal(type, .sequence(["ab", "c1"]))?.value == "c1")
        #expect(type.pattern == "[a-z]+")
    }

    @Test("A placeholder is taken where the property says so, also for a number") func placeholders() throws {
        let number = PropertyType.range("n", 1...9)
        let words = PropertyType("w", .list, rule: "words") { $0 == "a" }
        #expect(try number.value(from: .scalar("%%size%%"), acceptsPlaceholders: true) == "%%size%%")
        #expect(try words.value(from: .sequence(["a", "%%b%%"]), acceptsPlaceholders: true) == ["a", "%%b%%"])
        #expect(refusal(number, .scalar("%%size%%"))?.advice?.contains("site-specific") == true)
        for text in ["%%%%", "%%a b%%", "x%%a%%", "%a%", "%%a"] {
            #expect(refusal(number, .scalar(text), site: true) != nil, "\(text)")
        }
    }

    @Test("A private key is never shown") func privateKey() throws {
        let type = PropertyType("key", rule: "a key") { _ in false }
        let refused = try #require(refusal(type, .scalar("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA")))
        #expect(refused.value == "(a private key)")
        #expect(refused.nextStep?.hasPrefix("this is a private key") == true)
    }

    @Test(
        "What is left of a shell is told",
        arguments: [
            ("${ssh_user}", "nothing fills in '${ssh_user}' here: write the value itself"),
            ("/home/${a", "nothing fills in '${a}' here: write the value itself"),
            ("$(cat x)", "no shell reads this: write the value itself"), ("`x`", "no shell reads this: write the value itself"),
            ("$name", "no shell reads this: write the value itself"),
        ])
    func shells(_ text: String, _ advice: String) {
        #expect(refusal(PropertyType("t", rule: "none") { _ in false }, .scalar(text))?.nextStep == advice)
    }

    @Test("A type's own advice comes before the nearest word") func advice() {
        let type = PropertyType("t", rule: "one of on", choices: ["on"], advice: { $0 == "om" ? "say on" : nil }) { $0 == "on" }
        #expect(refusal(type, .scalar("om"))?.nextStep == "say on")
        #expect(refusal(type, .scalar("ox"))?.nextStep == "did you mean 'on'?")
        #expect(refusal(type, .scalar("never"))?.nextStep == nil)
    }
}
