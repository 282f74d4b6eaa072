import Foundation
import Shell
import TaskKit
import TestSupport
import Testing

/// A durable run whose supervisor is cut off before each of its instructions, as a power cut would: what is left tells nothing, or the
/// truth, and nothing is ever done twice.
@Suite("Durable runs and power cuts")
struct PowerCutTests {
    /// The text of a script that goes to hosts, as it stands in the sources.
    private static func resource(_ name: String) throws -> String {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.deletingLastPathComponent().appendingPathComponent("Sources/Tasks/TaskKit/Resources/\(name)")
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// The supervisor with a way out before each instruction of its main function, one a variant.
    private static func cutSupervisors() throws -> [String] {
        let lines = try resource("durable-run-supervisor.sh").split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        let start = try #require(lines.firstIndex(of: "supervise() {"))
        let end = try #require(lines[start...].firstIndex(of: "}"))
        var variants: [String] = []
        // From the claim on: before it there is nothing to tell.
        let claim = try #require(lines[start..<end].firstIndex { $0.contains("mkdir \"$run\"") })
        for line in claim..<end where lines[line].hasPrefix("    ") && !lines[line].hasPrefix("     ") {
            let text = lines[line].trimmingCharacters(in: .whitespaces)
            // In the middle of a construct stands no instruction.
            if text.isEmpty || ["#", "fi", "elif", "else", "esac", ")"].contains(where: { text.hasPrefix($0) }) { continue }
            var cut = lines
            cut.insert("    kill -9 $$", at: line)
            variants.append(cut.joined(separator: "\n"))
        }
        return variants
    }

    private func start(_ host: LocalTaskHost, supervisor: String) async throws -> String {
        let script = "echo once >>\"$HOME/effects\"; echo said"
        let words = ["start", "run-1", "0", "1", "5", "1", "0", String(script.utf8.count), supervisor]
        let result = try await host.run(
            ShellCommand(script: try Self.resource("durable-run.sh"), name: "run", arguments: words), input: Array(script.utf8),
            limit: .seconds(30), onOutput: nil)
        return String(result.errorText.split(separator: "\n").last ?? "").replacingOccurrences(of: "planner-run: ", with: "")
    }

    @Test(
        "Cut before any instruction, with the host going on or going down, a run tells nothing or the truth, and is done once at most"
    )
    func everyInstruction() async throws {
        let variants = try Self.cutSupervisors()
        #expect(variants.count > 15, "the supervisor is no longer taken apart as this test believes")
        let whole = try Self.resource("durable-run-supervisor.sh")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, variant) in variants.enumerated() {
                for reboots in [false, true] {
                    group.addTask { try await cut(number, variant, whole, reboots: reboots) }
                }
            }
            for try await _ in group {}
        }
    }

    private func cut(_ number: Int, _ variant: String, _ whole: String, reboots: Bool) async throws {
        let directory = try TemporaryDirectory()
        let host = try LocalTaskHost(directory)
        let first = try await start(host, supervisor: variant)
        if reboots, directory.exists("runs/run-1/boot") {
            // Whatever ran is gone, and the host has another boot id.
            try directory.write("another boot\n", to: "runs/run-1/boot")
        }
        let effects = directory.read("effects")
        let comment = Comment(rawValue: "cut \(number), reboots \(reboots): \(first)")
        // Another controller, with a supervisor that would do its work.
        let second = try await start(host, supervisor: whole)
        #expect(directory.read("effects") == effects, comment)
        switch second {
        case "exited 0": #expect(effects == "once\n", comment)
        case "interrupted never-started": #expect(effects == nil, comment)
        case "interrupted died", "interrupted rebooted": break
        default: #expect(Bool(false), "cut \(number), reboots \(reboots): \(second)")
        }
        // What was told once is not taken back, unless the host went down meanwhile.
        if !reboots { #expect(second == first, comment) }
    }
}
