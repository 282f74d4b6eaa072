import PluginKit
import TestSupport
import Testing

@Suite("IPv6")
struct IPv6Tests {
    @Test(
        "Every form of RFC 4291 is read, and written in the one form of RFC 5952",
        arguments: [
            ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"), ("FF01:0:0:0:0:0:0:101", "ff01::101"),
            ("0:0:0:0:0:0:0:1", "::1"), ("0:0:0:0:0:0:0:0", "::"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
            ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8::0001", "2001:db8::1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("::ffff:192.0.2.128", "::ffff:192.0.2.128"), ("::FFFF:c000:280", "::ffff:192.0.2.128"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ])
    func forms(_ text: String, _ canonical: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.description == canonical)
        #expect(IPv6Address(canonical) == address)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "fe80::1%1", "1:",
            ":1",
            "::1 ", " ::1", "::1/64", "::192.168.1", "::192.168.0.256", "192.168.0.1::", "1.2.3.4", "1:2:3:4:5:6:7::8",
            "1:2:3:4:5:6:7:1.2.3.4", "::+1", "[::1]",
        ])
    func refused(_ text: String) { #expect(IPv6Address(text) == nil) }

    @Test("Any address reads back from its text", arguments: 0..<20)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let groups = (0..<8).map { _ in
                Bool.random(using: &generator) ? 0 : UInt16.random(in: 0...UInt16.max, using: &generator)
            }
            let long = groups.map { String($0, radix: 16) }.joined(separator: ":")
            let address = try #require(IPv6Address(long), "seed \(seed): \(long)")
            #expect(address.groups == groups, "seed \(seed)")
            #expect(IPv6Address(address.description) == address, "seed \(seed): \(address)")
        }
    }

    @Test("A network has no host bits, and knows what is in it")
    func networks() throws {
        let network = try #require(IPv6Network("2001:db8::/33"))
        #expect(network.description == "2001:db8::/33")
        #expect(try network.contains(#require(IPv6Address("2001:db8:7fff::1"))))
        #expect(try !network.contains(#require(IPv6Address("2001:db8:8000::1"))))
        for text in ["2001:db8::1/64", "2001:db8::/129", "2001:db8::/-1", "2001:db8::/064", "2001:db8::", "::/0/0", "/64"] {
            #expect(IPv6Network(text) == nil, "\(text)")
        }
        #expect(IPv6Network("::/0") != nil)
        #expect(IPv6Network("::1/128") != nil)
    }
}
