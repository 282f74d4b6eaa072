import Foundation
import Model
import Testing

@testable import Formats

@Suite("Reading a valid document of LITP") struct XMLReadingTests {
    @Test("Items, collections, properties and inheritance are read under any prefix, among comments and instructions")
    func everything() throws {
        let reading = try xmlReading(XMLTexts.everything)
        #expect(reading.lines == [])
        let tree = try #require(try reading.loaded()).tree
        #expect(tree.property("title", of: "/") == "größe & <more> & <raw>")
        #expect(tree.property("cpus", of: "/software/services/a") == 4)
        #expect(tree.property("tags", of: "/software/services/a") == ["x", "y"])
        #expect(tree.property("note", of: "/software/services/a") == "")
        let path = try #require(ItemPath("/software/services/b"))
        #expect(tree[path]?.source == ItemPath("/software/services/a"))
        #expect(tree[path]?.type == "vm-service")
        #expect(tree.count == 4)
    }

    @Test("The order of properties and elements is free")
    func order() throws {
        let reading = try xmlReading(
            XMLTexts.services(
                "<litp:service id=\"a\"><litp:limits id=\"limits\"><files>3</files></litp:limits><note>x</note><cpus>1</cpus></litp:service>"
            ))
        #expect(reading.lines == [])
        #expect(try reading.loaded()?.tree.property("files", of: "/software/services/a/limits") == 3)
    }

    @Test("Blanks and line breaks of a value are kept; a line break is a line feed whatever the file has")
    func blanks() throws {
        let reading = try xmlReading(
            XMLTexts.services("<litp:service id=\"a\"><note> a\r\n\tb&#13;</note></litp:service>"))
        #expect(try reading.loaded()?.tree.property("note", of: "/software/services/a") == " a\n\tb\r")
    }

    @Test("An item knows where its element and those of its properties begin")
    func places() throws {
        let reading = try xmlReading(XMLTexts.everything)
        let item = try #require(reading.fragment?.items.first { $0.path.text == "/software/services/a" })
        #expect(item.places?.item == SourcePlace(file: "a.xml", line: 9, column: 7))
        #expect(item.places?["tags"] == SourcePlace(file: "a.xml", line: 9, column: 42))
    }

    @Test("A document for a collection begins with one of its members")
    func member() throws {
        let field = Field.collection("services", "service")
        let path = try #require(ItemPath("/software/services"))
        let text = "<p:service xmlns:p=\"http://www.ericsson.com/litp\" id=\"x\"><cpus>1</cpus></p:service>"
        let reading = try xmlReading(text, at: FragmentPlace(path: path, content: .collection(field)))
        #expect(reading.lines == [])
        #expect(reading.fragment?.top.text == "/software/services/x")
    }

    @Test("A document for an item begins with one of its fields")
    func field() throws {
        let path = try #require(ItemPath("/software"))
        let text =
            "<p:software-services-collection xmlns:p=\"http://www.ericsson.com/litp\" id=\"services\"><p:service id=\"x\"/></p:software-services-collection>"
        let reading = try xmlReading(text, at: FragmentPlace(path: path, content: .item(type: "software")))
        #expect(reading.lines == [])
        #expect(reading.fragment?.top.text == "/software/services")
        #expect(reading.fragment?.items.map(\.path.text) == ["/software/services/x"])
    }

    @Test("A mirrored item below one that inherits is read with its source, as LITP's export writes it")
    func mirrored() throws {
        let body = """
            <litp:vm-service id="a"><litp:service-parts-collection id="parts"><litp:service id="p"><cpus>1</cpus></litp:service>\
            </litp:service-parts-collection></litp:vm-service>
            <litp:vm-service-inherit id="b" source_path="/software/services/a">
            <litp:service-parts-collection-inherit id="parts" source_path="/software/services/a/parts">
            <litp:service-inherit id="p" source_path="/software/services/a/parts/p"><cpus>2</cpus></litp:service-inherit>
            </litp:service-parts-collection-inherit></litp:vm-service-inherit>
            """
        let reading = try xmlReading(XMLTexts.services(body))
        #expect(reading.lines == [])
        let tree = try #require(try reading.loaded()).tree
        let path = try #require(ItemPath("/software/services/b/parts/p"))
        #expect(tree[path] == Item(path: path, type: "service", properties: ["cpus": 2], places: tree[path]?.places))
    }

    @Test("A file that begins with a byte order mark is read, with its places as they are seen")
    func byteOrderMark() throws {
        let reading = try xmlReading("\u{FEFF}" + XMLTexts.root("<x/>"))
        #expect(reading.lines == ["a.xml:2:1 PropertyNotAllowedError: a root has no property 'x'"])
    }

    @Test("A file that does not exist is an error of the reading")
    func missingFile() throws {
        let reading = XMLModelReader(registry: try SiteTypes.registry()).read(file: "/nonexistent/a.xml")
        #expect(reading.errors.map(\.summary) == ["cannot read /nonexistent/a.xml: there is no such file"])
        #expect(reading.fragment == nil)
    }

    @Test("A file that never ends is refused at the limit")
    func endless() throws {
        let reading = XMLModelReader(registry: try SiteTypes.registry(), limits: .init(bytes: 4096)).read(file: "/dev/zero")
        #expect(reading.errors.map(\.summary) == ["the file is too large"])
    }
}
