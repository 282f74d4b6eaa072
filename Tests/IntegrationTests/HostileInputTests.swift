import Foundation
import TestSupport
import Testing

/// Files that were made to hurt. Needs no host, only the program.
@Suite struct HostileInputTests {
    /// A file, and how its content is made.
    struct Input: Sendable {
        let name: String
        let bytes: @Sendable () -> [UInt8]
        /// What reads it.
        var command = ["load", "--replace"]

        init(_ name: String, _ text: @autoclosure @escaping @Sendable () -> String, command: [String] = ["load", "--replace"]) {
            self.name = name
            bytes = { Array(text().utf8) }
            self.command = command
        }

        init(_ name: String, bytes: @autoclosure @escaping @Sendable () -> [UInt8], command: [String] = ["load", "--replace"]) {
            self.name = name
            self.bytes = bytes
            self.command = command
        }
    }

    /// Ten lines that stand for a billion words.
    private static func bomb() -> String {
        (0...9).map { line in
            let words = (0..<10).map { _ in line == 0 ? "x" : "*a\(line - 1)" }
            return "a\(line): &a\(line) [\(words.joined(separator: ", "))]\n"
        }.joined()
    }

    static let yaml: [Input] = [
        Input("cut.yaml", "software:\n  images:\n    node: { type: vm-image, name: \"no"),
        Input("nested-flow.yaml", "a: " + String(repeating: "{a: [", count: 100_000)),
        Input("nested-lists.yaml", "a:\n  " + String(repeating: "- ", count: 100_000)),
        Input("nested-blocks.yaml", (0..<1_200).map { String(repeating: " ", count: $0) + "a:\n" }.joined()),
        Input("huge-scalar.yaml", "ms: { hostname: \"" + String(repeating: "x", count: 1_000_000) + "\" }\n"),
        Input("huge-key.yaml", String(repeating: "x", count: 1_000_000) + ": {}\n"),
        Input("huge-list.yaml", "ms: { hostname: [" + String(repeating: "x,", count: 100_000) + "x] }\n"),
        Input("many-keys.yaml", "ms:\n" + (0..<20_000).map { "  key\($0): x\n" }.joined()),
        Input("alias-bomb.yaml", bomb()),
        Input("alias-keys.yaml", bomb() + "? *a9\n: x\n"),
        Input("duplicates.yaml", "ms:\n" + String(repeating: "  hostname: x\n", count: 5_000)),
        Input("not-utf8.yaml", bytes: Array("ms: { hostname: ".utf8) + [0xC3, 0x28, 0xFF, 0xFE]),
        Input("utf16.yaml", bytes: [0xFF, 0xFE] + Array("ms: {}".utf8).flatMap { [$0, 0] }),
        Input("nul.yaml", bytes: Array("ms: { hostname: a".utf8) + [0, 0] + Array(" }".utf8)),
        Input("binary.yaml", bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }),
    ]

    static let xml: [Input] = [
        Input("cut.xml", root("<litp:software id=\"software\"><litp:software-images-collection id=\"ima")),
        Input("nested.xml", root(String(repeating: "<litp:software id=\"software\">", count: 100_000))),
        Input(
            "huge-value.xml",
            root("<litp:ms id=\"ms\"><hostname>" + String(repeating: "x", count: 1_000_000) + "</hostname></litp:ms>")),
        Input("huge-name.xml", root("<" + String(repeating: "x", count: 1_000_000) + "/>")),
        Input("huge-attribute.xml", root("<litp:ms id=\"" + String(repeating: "x", count: 1_000_000) + "\"/>")),
        Input("duplicates.xml", root(String(repeating: "<litp:ms id=\"ms\"/>", count: 2_000))),
        Input(
            "many-properties.xml", root("<litp:ms id=\"ms\">" + (0..<20_000).map { "<p\($0)>x</p\($0)>" }.joined() + "</litp:ms>")
        ),
        Input(
            "billion-laughs.xml",
            "<!DOCTYPE root [<!ENTITY a \"x\">" + (1..<10).map { "<!ENTITY a\($0) \"&a;&a;&a;&a;\">" }.joined()
                + "]><root>&a9;</root>"),
        Input("external.xml", "<!DOCTYPE root [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><root>&a;</root>"),
        Input("instruction.xml", "<?a?>"),
        Input("not-utf8.xml", bytes: Array("<root id=\"".utf8) + [0xC3, 0x28, 0xFF] + Array("\"/>".utf8)),
        Input("utf16.xml", bytes: [0xFF, 0xFE] + Array("<root/>".utf8).flatMap { [$0, 0] }),
        Input("nul.xml", bytes: Array("<root>".utf8) + [0] + Array("</root>".utf8)),
        Input("binary.xml", bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }),
    ]

    private static func root(_ content: String) -> String {
        "<litp:root xmlns:litp=\"http://www.ericsson.com/litp\" id=\"root\">\(content)"
            + (content.hasSuffix(">") && !content.hasSuffix("software\">") ? "</litp:root>" : "")
    }

    private static func script(_ name: String, _ text: String) -> Input { Input(name, text, command: ["run_script"]) }

    static let scripts: [Input] = [
        script("cut.sh", "litp create -t network -p /infrastructure/networking/networks/lan -o 'name=la"),
        script("unknown.sh", "litp creat -t network -p /infrastructure/networking/networks/lan -o name=lan\n"),
        script("option.sh", "litp create --typ network -p /infrastructure/networking/networks/lan -o name=lan\n"),
        script("expansion.sh", "litp create -t network -p /infrastructure/networking/networks/$(hostname) -o name=lan\n"),
        script("pipe.sh", "litp remove -p /ms; rm -rf /\n"),
        script("huge-line.sh", "litp create -p /" + String(repeating: "x", count: 1_000_000) + " -o a=b\n"),
        script("huge-word.sh", String(repeating: "x", count: 1_000_000)),
        script("many-lines.sh", String(repeating: "litp nonsense\n", count: 50_000)),
        script("quotes.sh", "litp create -p " + String(repeating: "'", count: 100_001)),
        script("joined.sh", "litp create" + String(repeating: " \\\n", count: 100_000)),
        script(
            "second.sh",
            "litp create -t network -p /infrastructure/networking/networks/lan -o name=lan\nlitp remove -p /nothing\n"),
        Input("not-utf8.sh", bytes: Array("litp remove -p /".utf8) + [0xC3, 0x28, 0xFF], command: ["run_script"]),
        Input("nul.sh", bytes: Array("litp remove -p /ms".utf8) + [0, 10], command: ["run_script"]),
        Input("binary.sh", bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }, command: ["run_script"]),
    ]

    @Test("A hostile file is refused with a place and exit status 1, in bounded memory, and the model stays as it was")
    func refused() async throws {
        let directory = try TemporaryDirectory()
        let site = Site(directory: directory)
        try directory.write("ms: { ssh: { address: 10.0.0.1 } }\n", to: "good.yaml")
        #expect(try await site.planner(["load", directory.path + "/good.yaml"]).isSuccess)
        let model = try await site.planner(["export"]).output
        for input in HostileInputTests.yaml + HostileInputTests.xml + HostileInputTests.scripts {
            let file = directory.path + "/" + input.name
            try Data(input.bytes()).write(to: URL(fileURLWithPath: file))
            let refused = try await site.planner(input.command + [file])
            #expect(refused.end == .exited(1), "\(input.name): \(refused.end) \(refused.errors.prefix(2_000))")
            #expect(refused.errors.contains(#/:\d+:\d+: error: /#), "\(input.name): \(refused.errors.prefix(2_000))")
            #expect(refused.errors.utf8.count < 1_000_000, "\(input.name): an error of \(refused.errors.utf8.count) bytes")
            #expect(try await site.planner(["export"]).output == model, "\(input.name)")
        }
    }

    /// A site with a model that nothing changes.
    private struct Site: Sendable {
        let directory: TemporaryDirectory

        /// Two gigabytes of addresses: a quarter of that is the program and its libraries.
        func planner(_ words: [String]) async throws -> Finished {
            try await LocalProcess.run(
                ["/bin/sh", "-c", "ulimit -v 2000000; exec timeout 60 \"$@\"", "sh", Controller.program] + words,
                environment: ["PLANNER_STATE": directory.path + "/state", "HOME": directory.path])
        }
    }
}
