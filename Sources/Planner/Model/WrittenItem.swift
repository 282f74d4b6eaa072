/// An item as a file or a command line has it: values not yet read, type perhaps left out.
package struct WrittenItem: Sendable {
    package var path: ItemPath
    /// Nil where the place admits one type only, or where the source says it.
    package var type: String?
    package var source: String?
    package var properties: [String: WrittenValue]
    package var places: Item.Places?

    package init(
        path: ItemPath, type: String? = nil, source: String? = nil, properties: [String: WrittenValue] = [:],
        places: Item.Places? = nil
    ) {
        self.path = path
        self.type = type
        self.source = source
        self.properties = properties
        self.places = places
    }

    func place(of property: String? = nil) -> SourcePlace? { places?.place(of: property) }
}

extension TypeRegistry {
    /// Reads the values of an item of `type`.
    ///
    /// A value that breaks the rule of its property is reported and left out; a property that the type does not have is kept as text, for
    /// validation to report with the nearest right name.
    package func values(of written: WrittenItem, type: String, errors: inout [Diagnostic]) -> [String: PropertyValue] {
        let structure = structure(of: type)
        var values: [String: PropertyValue] = [:]
        // In no order: errors are sorted when all are known.
        for (name, text) in written.properties {
            guard let property = structure?.property(name), let propertyType = propertyType(property.type) else {
                values[name] = .string(text.text)
                continue
            }
            do {
                values[name] = try property.value(from: text, of: propertyType)
            } catch {
                errors.append(
                    Diagnostic(
                        .validation, error.summary(of: name), path: written.path, property: name,
                        value: error.shown(PropertyType.Violation.shown(text.text)), rule: error.rule,
                        place: written.place(of: name), nextStep: error.nextStep))
            }
        }
        return values
    }
}
