package import Formats
import Model
package import PluginKit

/// Schemas of model files, made from the types that the plugins register. They need no site.
package struct ModelSchema: Sendable {
    private let registry: TypeRegistry

    /// - Throws: `RegistrationError` when the plugins do not fit together.
    package init(plugins: [any Plugin]) throws { registry = try TypeRegistry(plugins.map(\.declarations)) }

    /// A JSON Schema (draft 2020-12) of the YAML form.
    package var json: JSONValue { ModelJSONSchema(registry: registry).document }

    /// An XML Schema of the XML form.
    package var xsd: String { XMLSchemaWriter(registry: registry).text }
}
