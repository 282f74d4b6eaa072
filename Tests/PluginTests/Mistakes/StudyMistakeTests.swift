import Formats
import Foundation
import Model
import PluginKit
import TaskKit
import Testing

@testable import PlannerCommandLine

/// The model of the study with everything put right: `models/eccd`.
enum StudySite {
    static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f planner@ms"

    static func text() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("models/eccd/site.yaml"), encoding: .utf8)
    }

    /// Everything that `planner load` says of a model, as it says it.
    static func diagnostics(of text: String) throws -> String {
        let registry = try Sample.registry()
        let reading = YAMLModelReader(registry: registry).read([(name: "site.yaml", text: text)])
        let context = PlanningContext(declared: reading.resolved, applied: ResolvedTree(ordered: [], registry: registry))
        let found = CrossItemRules.diagnostics(of: Sample.plugins, in: context, beside: reading.errors)
        return DiagnosticText.text(of: (reading.errors + found).sorted())
    }
}

/// The mistakes M1 to M71 in the examples of the ECCD study, each made in a model that is right otherwise: what Planner says is compared
/// word by word, with line and column.
///
/// What no model can show, and who does:
///
/// | mistake | where it is found |
/// | --- | --- |
/// | M1, M18 a conversion without an output file; M2 commands without continuation marks | documents: a model file takes their place |
/// | M4 status check of a machine under /ms | no mistake here: its sshd is asked over the network |
/// | M7 a registry copied by a boot script | no boot scripts: long work is a durable run with its own limit |
/// | M8 a package that no repository has; M16, M22 paths that the image does not have; M71 qcow2 version 3 | the run: hosts and guests know |
/// | M14, M19, M20, M21 persisted directories on shares | no mount items in this version |
/// | M30 cluster-admin rights for workers | the provider's playbooks |
/// | M31, M69 spelling and style; M33 to M35 the sketch of an item type (what of it can stand in a model is below) | documents |
/// | M42, M43, M44, M46, M47, M50 inventory, names of phases, files that are copied, locks | made from the model: golden plans |
/// | M45 playbooks that are not there | the run, before the first drain |
/// | M48, M49 order of install and delete | the plan: health gates and groups |
/// | M51 to M53, M55 to M63, M65 to M68 the text of Consul scripts and their configuration | content of files, which no model reads |
/// | M70 a path of another system | the run |
@Suite("Mistakes of the ECCD study")
struct StudyMistakeTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let number: String
        let name: String
        let changes: [(String, String)]
        let message: String

        init(_ number: String, _ name: String, _ changes: [(String, String)], _ message: String) {
            self.number = number
            self.name = name
            self.changes = changes
            self.message = message
        }

        var testDescription: String { "\(number): \(name)" }
    }

    @Test("The study put right has nothing wrong with it")
    func right() throws { #expect(try StudySite.diagnostics(of: StudySite.text()) == "") }

    @Test("A mistake is told with its place, the rule and what to do", arguments: director + cluster)
    func message(_ mistake: Mistake) throws {
        let text = Sample.site(try StudySite.text(), mistake.changes)
        #expect(try StudySite.diagnostics(of: text) == mistake.message + "\n")
    }

    @Test("M35: a role cannot be changed once it was applied")
    func role() throws {
        #expect(try Sample.registry().structure(of: "k8s-vm-service")?.property("role")?.isUpdatable == false)
    }
}
