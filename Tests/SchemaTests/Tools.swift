import Formats
import Foundation
import Model
import Subprocess
import TestSupport
import Testing

@testable import PlannerCommandLine

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Programs of others, which judge what Planner writes: `xmllint` of libxml2 and `jsonschema` of Python
/// (`scripts/install-packages schema`): the ones of Debian, whatever else is on the path.
enum Tools {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// What a program said on standard error, and whether it was content.
    struct Verdict: CustomStringConvertible {
        let isGood: Bool
        let words: String
        var description: String { words }
    }

    static func run(_ words: [String]) async throws -> Verdict {
        let result = try await Subprocess.run(
            .path("/usr/bin/env"), arguments: Arguments(words), output: .discarded, error: .string(limit: 16 << 20))
        return Verdict(isGood: result.terminationStatus.isSuccess, words: result.standardError)
    }

    static func validateXML(_ file: String, against schema: String) async throws -> Verdict {
        try await run(["xmllint", "--noout", "--nonet", "--schema", schema, file])
    }

    /// Reads YAML files as an editor does: what the JSON Schema has against each of them, by file.
    static func faults(of files: [String], against schema: String) async throws -> [String: String] {
        let program = """
            import json, sys, yaml, jsonschema
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = jsonschema.Draft202012Validator(schema)
            for file in sys.argv[2:]:
                for error in validator.iter_errors(yaml.safe_load(open(file))):
                    path = "/" + "/".join(str(name) for name in error.path)
                    print(file, path, json.dumps(error.message[:300]), file=sys.stderr)
            """
        let verdict = try await run(["/usr/bin/python3", "-c", program, schema] + files)
        guard verdict.isGood else { throw Failure(words: verdict.words) }
        return Dictionary(
            verdict.words.split(separator: "\n").map { line in
                (String(line.prefix { $0 != " " }), String(line.drop { $0 != " " }))
            }, uniquingKeysWith: +)
    }

    /// A program that could not do its work.
    struct Failure: Error, CustomStringConvertible {
        let words: String
        var description: String { words }
    }

    static func registry() throws -> TypeRegistry { try TypeRegistry(plugins.map(\.declarations)) }

    /// The models of the repository, with every type that the plugins have an example of.
    static let models = ["eccd", "lab"]

    static func modelFile(_ model: String) -> String { repository + "/models/\(model)/site.yaml" }

    static func modelText(_ model: String) throws -> String { try String(contentsOfFile: modelFile(model), encoding: .utf8) }
}
