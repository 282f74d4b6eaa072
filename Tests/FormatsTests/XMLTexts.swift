import Model

@testable import Formats

/// Documents over ``SiteTypes``.
enum XMLTexts {
    /// A document whose root holds `body`, which begins on the second line.
    static func root(_ body: String) -> String {
        "<litp:root xmlns:litp=\"http://www.ericsson.com/litp\" id=\"root\">\n\(body)\n</litp:root>\n"
    }

    /// A document with services; `body` begins at line 2, column 79.
    static func services(_ body: String) -> String {
        root(
            "<litp:software id=\"software\"><litp:software-services-collection id=\"services\">\(body)</litp:software-services-collection></litp:software>"
        )
    }

    /// Every form that documents have: the base of the fuzz corpus.
    static let everything = """
        <?xml version="1.0" encoding="utf-8"?>
        <!-- a site -->
        <l:root xmlns:l="http://www.ericsson.com/litp" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
            xsi:schemaLocation="http://www.ericsson.com/litp litp.xsd" id="root">
          <title>größe &amp; &lt;more&gt; &#x26; <![CDATA[<raw>]]></title>
          <?planner nothing?>
          <l:software id="software">
            <l:software-services-collection id="services">
              <l:vm-service id="a"><cpus>4</cpus><tags>x,y</tags><ram>1G</ram><note/></l:vm-service>
              <l:vm-service-inherit id='b' source_path='/software/services/a'><cpus>2</cpus></l:vm-service-inherit>
            </l:software-services-collection>
          </l:software>
        </l:root>

        """
}

/// Reads a document over ``SiteTypes`` under the name `a.xml`.
func xmlReading(_ text: String, at place: FragmentPlace = .root, limits: XMLModelReader.Limits = .init()) throws -> XMLReading {
    XMLModelReader(registry: try SiteTypes.registry(), limits: limits).read(Array(text.utf8), name: "a.xml", at: place)
}

extension XMLReading {
    /// Every error on a line of its own: `a.xml:3:5 InvalidXMLError: summary`.
    var lines: [String] {
        errors.map { "\($0.place.map(\.description) ?? "-") \($0.identifier.rawValue): \($0.summary)" }
    }

    /// The tree that an empty one becomes, and what is wrong with values.
    func loaded() throws -> Tree.Loading? {
        let registry = try SiteTypes.registry()
        return fragment.map { Tree().loading($0, mode: .new, registry: registry) }
    }
}
