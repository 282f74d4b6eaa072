import Model
import Testing

@testable import Formats

@Suite("Mistakes in a document of LITP") struct XMLMistakeTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let error: String
        var rule: String?
        var nextStep: String?
        var testDescription: String { name }
    }

    @Test("One mistake is one error at its place, with what to do", arguments: mistakes)
    func single(mistake: Mistake) throws {
        let error = try #require(try xmlReading(mistake.text).errors.first)
        #expect(try xmlReading(mistake.text).lines == [mistake.error])
        if let rule = mistake.rule { #expect(error.rule == rule) }
        if let nextStep = mistake.nextStep { #expect(error.nextStep == nextStep) }
    }

    static let mistakes = elements + identity + values

    private static let elements = [
        Mistake(
            name: "unknown element, once and not for what is within",
            text: XMLTexts.services("<litp:vm-servce id=\"a\"><litp:node><x/></litp:node>text</litp:vm-servce>"),
            error: "a.xml:2:79 InvalidXMLError: unknown element <litp:vm-servce>",
            rule: "in <litp:software-services-collection>: service, vm-service", nextStep: "did you mean <litp:vm-service>?"),
        Mistake(
            name: "element of another place", text: XMLTexts.services("<litp:node id=\"a\"/>"),
            error: "a.xml:2:79 InvalidChildTypeError: the element <litp:node> cannot stand here",
            rule: "in <litp:software-services-collection>: service, vm-service"),
        Mistake(
            name: "item where a collection must be",
            text: XMLTexts.root("<litp:software id=\"software\"><litp:service id=\"a\"/></litp:software>"),
            error: "a.xml:2:30 InvalidChildTypeError: the element <litp:service> cannot stand here",
            rule: "in <litp:software>: software-images-collection, software-services-collection"),
        Mistake(
            name: "collection in a collection", text: XMLTexts.services("<litp:software-images-collection id=\"images\"/>"),
            error: "a.xml:2:79 InvalidChildTypeError: the element <litp:software-images-collection> cannot stand here"),
        Mistake(
            name: "abstract type",
            text: XMLTexts.root(
                "<litp:software id=\"software\"><litp:software-images-collection id=\"images\"><litp:image-base id=\"a\"/></litp:software-images-collection></litp:software>"
            ),
            error: "a.xml:2:75 InvalidTypeError: 'image-base' is only there to be extended", rule: "one of iso-image, vm-image"),
        Mistake(
            name: "prefix left out", text: XMLTexts.services("<service id=\"a\"/>"),
            error: "a.xml:2:79 InvalidXMLError: the element <service> is not in the namespace of LITP",
            nextStep: "write <litp:service>"),
        Mistake(
            name: "prefix left out below an item", text: XMLTexts.root("<software id=\"software\"/>"),
            error: "a.xml:2:1 InvalidXMLError: the element <software> is not in the namespace of LITP",
            nextStep: "write <litp:software>"),
        Mistake(
            name: "another namespace", text: XMLTexts.services("<x:service xmlns:x=\"http://example.com\" id=\"a\"/>"),
            error: "a.xml:2:79 InvalidXMLError: the element <x:service> is not in the namespace of LITP"),
        Mistake(
            name: "property with a prefix",
            text: XMLTexts.services("<litp:service id=\"a\"><litp:cpus>1</litp:cpus></litp:service>"),
            error: "a.xml:2:100 InvalidXMLError: the property <litp:cpus> is in the namespace of LITP", nextStep: "write <cpus>"),
        Mistake(
            name: "namespace as the default",
            text: "<root xmlns=\"http://www.ericsson.com/litp\" id=\"root\"><title>x</title></root>",
            error: "a.xml:1:54 InvalidXMLError: the property <title> is in the namespace of LITP",
            nextStep: "bind the namespace to a prefix, not as the default: xmlns:litp=\"http://www.ericsson.com/litp\""),
        Mistake(
            name: "prefix not declared", text: "<litp:root id=\"root\"><litp:software id=\"software\"/></litp:root>",
            error: "a.xml:1:1 InvalidXMLError: not well-formed XML: the prefix of 'litp:root' is not declared",
            nextStep: "declare it on the top element: xmlns:litp=\"http://www.ericsson.com/litp\""),
        Mistake(
            name: "root below the root", text: XMLTexts.root("<litp:root id=\"root\"/>"),
            error: "a.xml:2:1 InvalidChildTypeError: the element <litp:root> cannot stand here"),
    ]

    private static let identity = [
        Mistake(
            name: "missing id", text: XMLTexts.services("<litp:service><cpus>1</cpus></litp:service>"),
            error: "a.xml:2:79 InvalidXMLError: <litp:service> has no id", nextStep: "write <litp:service id=\"ID\">"),
        Mistake(
            name: "missing id of a collection",
            text: XMLTexts.root("<litp:software id=\"software\"><litp:software-images-collection/></litp:software>"),
            error: "a.xml:2:30 InvalidXMLError: <litp:software-images-collection> has no id",
            nextStep: "write <litp:software-images-collection id=\"images\">"),
        Mistake(
            name: "id that is no id", text: XMLTexts.services("<litp:service id=\"a/b\"/>"),
            error: "a.xml:2:79 ValidationError: 'a/b' cannot be the id of an item"),
        Mistake(
            name: "id of a field with another name", text: XMLTexts.root("<litp:software id=\"softwar\"/>"),
            error: "a.xml:2:1 ChildNotAllowedError: <litp:software> cannot have the id 'softwar' here",
            nextStep: "did you mean 'software'?"),
        Mistake(
            name: "id of a collection with another name",
            text: XMLTexts.root("<litp:software id=\"software\"><litp:software-images-collection id=\"image\"/></litp:software>"),
            error: "a.xml:2:30 ChildNotAllowedError: <litp:software-images-collection> cannot have the id 'image' here"),
        Mistake(
            name: "id of the root", text: "<litp:root xmlns:litp=\"http://www.ericsson.com/litp\" id=\"site\"/>",
            error: "a.xml:1:1 InvalidXMLError: the id of the root is 'root'"),
        Mistake(
            name: "id twice among siblings", text: XMLTexts.services("<litp:service id=\"a\"/>\n<litp:vm-service id=\"a\"/>"),
            error: "a.xml:3:1 InvalidXMLError: the id 'a' stands twice", rule: "it stands first at a.xml:2:79"),
        Mistake(
            name: "collection twice",
            text: XMLTexts.root(
                "<litp:software id=\"software\"><litp:software-images-collection id=\"images\"/>\n<litp:software-images-collection id=\"images\"/></litp:software>"
            ),
            error: "a.xml:3:1 InvalidXMLError: the id 'images' stands twice"),
        Mistake(
            name: "missing source_path", text: XMLTexts.services("<litp:service-inherit id=\"a\"/>"),
            error: "a.xml:2:79 InvalidXMLError: <litp:service-inherit> has no source_path",
            nextStep: "write source_path=\"PATH\", or <litp:service> for an item of its own"),
        Mistake(
            name: "source_path of an item of its own", text: XMLTexts.services("<litp:service id=\"a\" source_path=\"/b\"/>"),
            error: "a.xml:2:79 InvalidXMLError: <litp:service> has no attribute 'source_path'"),
        Mistake(
            name: "collection that inherits by itself",
            text: XMLTexts.root(
                "<litp:software id=\"software\"><litp:software-images-collection-inherit id=\"images\" source_path=\"/x\"/></litp:software>"
            ),
            error: "a.xml:2:30 InvalidXMLError: a collection inherits only together with its item",
            rule: "its item inherits from nothing"),
        Mistake(
            name: "reference that does not inherit",
            text: XMLTexts.root(
                """
                <litp:root-deployments-collection id="deployments"><litp:deployment id="d">\
                <litp:deployment-clusters-collection id="clusters"><litp:cluster id="c">\
                <litp:cluster-services-collection id="services"><litp:clustered-service id="s">\
                <litp:clustered-service-applications-collection id="applications">
                <litp:service id="a"/>
                </litp:clustered-service-applications-collection></litp:clustered-service></litp:cluster-services-collection>\
                </litp:cluster></litp:deployment-clusters-collection></litp:deployment></litp:root-deployments-collection>
                """),
            error: "a.xml:3:1 ChildNotAllowedError: 'applications' holds inherited items only",
            nextStep: "write <litp:service-inherit id=\"a\" source_path=\"PATH\">"),
    ]

    private static let values = [
        Mistake(
            name: "unknown property", text: XMLTexts.services("<litp:service id=\"a\"><cpu>4</cpu></litp:service>"),
            error: "a.xml:2:100 PropertyNotAllowedError: a service has no property 'cpu'", nextStep: "did you mean 'cpus'?"),
        Mistake(
            name: "property twice",
            text: XMLTexts.services("<litp:service id=\"a\"><cpus>4</cpus>\n<cpus>5</cpus></litp:service>"),
            error: "a.xml:3:1 InvalidXMLError: the property 'cpus' stands twice", rule: "it stands first at a.xml:2:100"),
        Mistake(
            name: "attribute of a property",
            text: XMLTexts.services("<litp:service id=\"a\"><cpus unit=\"x\">4</cpus></litp:service>"),
            error: "a.xml:2:100 InvalidXMLError: <cpus> has no attribute 'unit'"),
        Mistake(
            name: "element within a value",
            text: XMLTexts.services("<litp:service id=\"a\"><note>x<b>y</b></note></litp:service>"),
            error: "a.xml:2:107 InvalidXMLError: an element stands within the value of 'note'"),
        Mistake(
            name: "text in an item",
            text: XMLTexts.services("<litp:service id=\"a\">\n <!-- no --> four<cpus>4</cpus> more</litp:service>"),
            error: "a.xml:3:14 InvalidXMLError: text stands where only elements can"),
        Mistake(
            name: "text after an element", text: XMLTexts.services("<litp:service id=\"a\"/>\n  x"),
            error: "a.xml:3:3 InvalidXMLError: text stands where only elements can"),
    ]

    @Test("All mistakes of a file come in one go, in its order")
    func allAtOnce() throws {
        let reading = try xmlReading(
            XMLTexts.services(
                """

                <litp:os-profile id="os"/>
                <litp:service><cpus>1</cpus></litp:service>
                <litp:service id="a"><x/><cpus>1</cpus><cpus>1</cpus></litp:service>
                <litp:service-inherit id="a"/>
                """))
        #expect(
            reading.lines == [
                "a.xml:3:1 InvalidXMLError: unknown element <litp:os-profile>",
                "a.xml:4:1 InvalidXMLError: <litp:service> has no id",
                "a.xml:5:22 PropertyNotAllowedError: a service has no property 'x'",
                "a.xml:5:40 InvalidXMLError: the property 'cpus' stands twice",
                "a.xml:6:1 InvalidXMLError: the id 'a' stands twice",
                "a.xml:6:1 InvalidXMLError: <litp:service-inherit> has no source_path",
            ])
    }

    @Test("A value that breaks its rule is reported at its element")
    func badValue() throws {
        let reading = try xmlReading(XMLTexts.services("<litp:service id=\"a\"><cpus>many</cpus></litp:service>"))
        #expect(reading.lines == [])
        let errors = try #require(try reading.loaded()).errors
        #expect(errors.map { $0.place?.description } == ["a.xml:2:100"])
        #expect(errors.first?.rule == "a number from 0 to 99")
    }

    @Test("A document of the root cannot go anywhere else")
    func rootElsewhere() throws {
        let path = try #require(ItemPath("/software"))
        let reading = try xmlReading(XMLTexts.root(""), at: FragmentPlace(path: path, content: .item(type: "software")))
        #expect(reading.lines == ["a.xml:1:1 InvalidChildTypeError: the root of a model cannot stand at /software"])
        #expect(reading.fragment == nil)
    }
}
