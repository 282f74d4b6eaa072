internal import Foundation
internal import Model

extension YAMLModelReader {
    /// Reads files as one model. A directory stands for the `*.yaml` and `*.yml` files in it, in natural order, not for those further down.
    ///
    /// A file that cannot be opened, or is not UTF-8, is one of the errors; the others are read nevertheless.
    package func read(files paths: [String]) -> ModelReading { draft(ofFiles: paths).checked() }

    /// Reads files, and leaves it to the caller when what they say is checked.
    package func draft(ofFiles paths: [String]) -> ModelDraft {
        var sources: [Source] = []
        var failures: [Diagnostic] = []
        for path in paths {
            for file in YAMLModelReader.files(at: path, failures: &failures) {
                if let text = YAMLModelReader.text(of: file, failures: &failures) { sources.append((file, text)) }
            }
        }
        return draft(of: sources, failures: failures)
    }

    private static func files(at path: String, failures: inout [Diagnostic]) -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            return [path]
        }
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) && !$0.hasPrefix(".") }
                .sorted { NaturalOrder.isBefore($0, $1) }
            if names.isEmpty {
                failures.append(
                    Diagnostic(
                        .invalidRequest, "there is no model in the directory \(path)",
                        rule: "files whose names end in .yaml or .yml",
                        place: SourcePlace(file: path, line: 1, column: 1)))
            }
            let directory = path.hasSuffix("/") ? path : path + "/"
            return names.map { directory + $0 }
        } catch {
            failures.append(unreadable(path, error))
            return []
        }
    }

    private static func text(of file: String, failures: inout [Diagnostic]) -> String? {
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            failures.append(unreadable(file, error))
            return nil
        }
        guard let offset = TextPosition.firstInvalidOffset(in: bytes) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        let position = TextPosition.position(ofOffset: offset, in: bytes)
        failures.append(
            Diagnostic(
                .invalidYAML, "the file is not UTF-8", rule: "byte \(offset + 1) does not belong to UTF-8",
                place: SourcePlace(file: file, line: position.line, column: position.column),
                nextStep: "save it as UTF-8, for instance with iconv -t UTF-8"))
        return nil
    }

    private static func unreadable(_ file: String, _ error: any Error) -> Diagnostic {
        let reason = (error as? CocoaError)?.code
        let words =
            switch reason {
            case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file"
            case .fileReadNoPermission: "permission denied"
            default: error.localizedDescription
            }
        return Diagnostic(
            .invalidRequest, "cannot read \(file): \(words)", place: SourcePlace(file: file, line: 1, column: 1))
    }
}
