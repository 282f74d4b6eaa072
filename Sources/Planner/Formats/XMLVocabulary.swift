internal import Model

/// The elements of LITP's documents (`reference/engine.md` 2.4), as the registered types give them: what reader, writer and schema
/// share.
///
/// An item is an element with the name of its type, `<type>-inherit` when it inherits; a collection is
/// `<type that declares it>-<field>-collection`, with `-inherit` below an item that inherits.
struct XMLVocabulary {
    static let namespace = "http://www.ericsson.com/litp"
    /// The prefix that is written; any is read.
    static let prefix = "litp"
    /// The id of the root element, which has no id in the tree.
    static let rootIdentifier = "root"

    /// What an element of the namespace stands for.
    enum Element {
        case item(type: String, isInherited: Bool)
        case collection(owner: String, field: Field, isInherited: Bool)
    }

    /// What one type adds to those that it extends, in the order in which it is written.
    struct Level {
        let type: String
        /// By name.
        let properties: [PropertyDefinition]
        /// By the name of their element.
        let fields: [Field]
    }

    private let elements: [String: Element]
    private let levelsByType: [String: [Level]]

    init(registry: TypeRegistry) {
        var elements: [String: Element] = [:]
        var levelsByType: [String: [Level]] = [:]
        for type in registry.itemTypeNames {
            let levels = XMLVocabulary.levels(of: type, registry: registry)
            levelsByType[type] = levels
            for field in levels.last?.fields ?? [] where field.isCollection {
                let name = XMLVocabulary.collectionName(of: field, in: type)
                elements[name] = .collection(owner: type, field: field, isInherited: false)
                elements[XMLVocabulary.inheriting(name)] = .collection(owner: type, field: field, isInherited: true)
            }
        }
        // A type may be called like the form of another; the type wins.
        for type in registry.itemTypeNames {
            elements[XMLVocabulary.inheriting(type)] = .item(type: type, isInherited: true)
        }
        for type in registry.itemTypeNames { elements[type] = .item(type: type, isInherited: false) }
        self.elements = elements
        self.levelsByType = levelsByType
    }

    func element(named name: String) -> Element? { elements[name] }

    /// The names of all elements of the namespace.
    var names: [String] { elements.keys.sorted() }

    /// The type and all that it extends, the base first.
    func levels(of type: String) -> [Level] { levelsByType[type] ?? [] }

    /// The name of the element of an inheriting item or collection.
    static func inheriting(_ name: String) -> String { name + "-inherit" }

    static func collectionName(of field: Field, in type: String) -> String { "\(type)-\(field.name)-collection" }

    /// The name of the element of a field: of the collection, or of an item of the declared type.
    static func elementName(of field: Field, in type: String) -> String {
        field.isCollection ? collectionName(of: field, in: type) : field.itemType
    }

    private static func levels(of type: String, registry: TypeRegistry) -> [Level] {
        let lineage = (registry.structure(of: type)?.lineage ?? []).reversed().compactMap { registry.structure(of: $0) }
        var known: Set<String> = []
        return lineage.map { structure in
            let properties = structure.properties.filter { known.insert($0.name).inserted }
            let fields = structure.fields.filter { known.insert($0.name).inserted }
            return Level(
                type: structure.name, properties: properties.sorted { $0.name < $1.name },
                fields: fields.sorted {
                    (elementName(of: $0, in: structure.name), $0.name) < (elementName(of: $1, in: structure.name), $1.name)
                })
        }
    }
}
