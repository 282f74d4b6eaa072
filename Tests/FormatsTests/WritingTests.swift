import Model
import Testing

@testable import Formats

@Suite("Writing a model") struct WritingTests {
    private func text(_ items: Item..., subtree: ItemPath = .root) throws -> String {
        YAMLModelWriter(registry: try SiteTypes.registry()).text(of: Tree(items: items), subtree: subtree)
    }

    private func item(_ path: String, _ type: String, inherit: String? = nil, _ values: [String: PropertyValue] = [:])
        throws -> Item
    {
        Item(
            path: try #require(ItemPath(path)), type: type, source: inherit.flatMap { ItemPath($0) }, properties: values
        )
    }

    @Test("Ids and properties stand in natural order, types only where they are needed") func order() throws {
        let text = try text(
            item("/software", "software"), item("/software/services/s-10", "vm-service"),
            item("/software/services/s-2", "service", ["tags": ["a", "b,c"], "cpus": 2, "enabled": true]),
            item("/deployments/d", "deployment"), item("/deployments/d/clusters/c", "cluster"))
        #expect(
            text == """
                deployments:
                  d:
                    clusters:
                      c: {}
                software:
                  services:
                    s-2:
                      cpus: 2
                      enabled: true
                      tags: [a, "b,c"]
                    s-10:
                      type: vm-service

                """)
    }

    @Test("The type of an inheriting item is that of its source and is not written") func inherited() throws {
        let text = try text(
            item("/software", "software"), item("/software/services/a", "vm-service", inherit: "/software/services/b"),
            item("/software/services/b", "vm-service", ["ram": "1G"]),
            item("/software/services/c", "service", inherit: "/software/services/b"))
        #expect(
            text == """
                software:
                  services:
                    a:
                      inherit: /software/services/b
                    b:
                      type: vm-service
                      ram: 1G
                    c:
                      type: service
                      inherit: /software/services/b

                """)
    }

    @Test("A subtree is written with the way to it, and with the types that its own text does not tell") func subtree()
        throws
    {
        let text = try text(
            item("/title", "x"), item("/software", "software"),
            item("/software/services/a", "vm-service", inherit: "/software/services/b"),
            item("/software/services/b", "vm-service"),
            subtree: #require(ItemPath("/software/services/a")))
        #expect(
            text == """
                software:
                  services:
                    a:
                      type: vm-service
                      inherit: /software/services/b

                """)
    }

    @Test("A tree without items is an empty mapping") func empty() throws {
        #expect(try text() == "{}\n")
        #expect(try text(subtree: #require(ItemPath("/software"))) == "{}\n")
    }

    @Test(
        "A text has quotes where YAML's syntax wants them, and nowhere else",
        arguments: [
            ("a", "a"), ("true", "true"), ("012", "012"), ("-1", "-1"), ("http://x/y", "http://x/y"), ("a:b", "a:b"),
            ("a#b", "a#b"), ("größe", "größe"), ("", "\"\""), ("null", "\"null\""), ("~", "\"~\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""), (" a", "\" a\""), ("a ", "\"a \""), ("- a", "\"- a\""), ("-", "\"-\""),
            ("*a", "\"*a\""),
            ("a:", "\"a:\""), ("'", "\"'\""), ("a'b", "a'b"), ("\"a\"", "'\"a\"'"), ("\\ '", "\\ '"),
            ("@\\'", "'@\\'''"),
            ("a\nb", "\"a\\nb\""), ("\u{0}", "\"\\x00\""), ("\u{2028}", "\"\\u2028\""),
            ("\u{F0000}", "\"\\U000F0000\""),
        ])
    func quotes(value: String, written: String) { #expect(YAMLScalar.value(value) == written) }
}
