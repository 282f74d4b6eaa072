import Formats
import Foundation
import Model
import Planning
import TaskKit
import Testing

@testable import PlannerCommandLine

/// A model of `models/`, and its text.
enum GoldenSite: String, CaseIterable, Sendable {
    case eccd, lab

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    var text: String {
        get throws {
            let file = GoldenSite.repository.appendingPathComponent("models/\(rawValue)/site.yaml")
            return try String(contentsOf: file, encoding: .utf8)
        }
    }

    /// The model with some of its lines exchanged, as an operator edits them.
    func tree(_ changes: [(String, String)] = [], registry: TypeRegistry) throws -> Tree {
        let changed = changes.reduce(try text) { text, change in
            #expect(text.contains(change.0), "models/\(rawValue) has no '\(change.0)'")
            return text.replacingOccurrences(of: change.0, with: change.1)
        }
        let reading = YAMLModelReader(registry: registry).read([(name: "site.yaml", text: changed)])
        #expect(reading.errors.map(DiagnosticText.text) == [])
        return reading.tree
    }

    /// The site with nothing applied.
    func world() throws -> World {
        var world = try World(Tree(), plugins: plugins)
        world.declared = try tree(registry: world.registry)
        return world
    }
}

/// What an operator does to a site, or what happens to it, before the plan is made that `plans/` has.
enum GoldenScenario: String, CaseIterable, Sendable {
    case install
    /// All machines of nodes get a new image.
    case imageUpgrade = "image-upgrade"
    /// A new release: images of director and nodes, the version of Kubernetes, and one application. The laboratory has none of these.
    case releaseUpgrade = "release-upgrade"
    /// One more node with one more worker.
    case scaleOut = "scale-out"
    /// The last node leaves, and its worker.
    case scaleIn = "scale-in"
    /// A service goes: in `eccd` all of Kubernetes with its director, in `lab` the workers.
    case removal
    /// The upgrade stopped while the machine of svc-2 was replaced.
    case failedNode = "failed-node"
    /// The upgrade stopped before the last machine but one was started again, and the operator goes back to the image before.
    case leftLocked = "left-locked"

    static let ofSites = GoldenSite.allCases.flatMap { site in
        allCases.filter { site == .eccd || $0 != .releaseUpgrade }.map { (site, $0) }
    }

    func plan(of site: GoldenSite) throws -> Plan? { try world(of: site).plan() }

    /// The site at the time when the plan is made.
    func world(of site: GoldenSite) throws -> World {
        var world = try site.world()
        if self == .install { return world }
        try world.apply()
        let before = world.declared
        world.declared = try site.tree(changes(of: site), registry: world.registry)
        switch self {
        case .failedNode: try run(&world) { $0.hasPrefix("replace virtual machine") && $0.hasSuffix(" on svc-2") }
        case .leftLocked:
            try run(&world) { $0 == (site == .eccd ? "start worker on svc-5" : "start worker on svc-2") }
            world.declared = before
        default: break
        }
        return world
    }

    /// Carries the plan out up to the task, which is begun.
    private func run(_ world: inout World, until isLast: (String) -> Bool) throws {
        let plan = try #require(try world.plan())
        #expect(plan.summaries.contains { isLast($0) })
        world.run(plan) { isLast($0.summary) }
    }

    // MARK: The model, edited

    private func changes(of site: GoldenSite) throws -> [(String, String)] {
        switch (self, site) {
        case (.install, _): []
        case (.imageUpgrade, _), (.failedNode, _), (.leftLocked, _), (.releaseUpgrade, .lab): site.newImage
        case (.releaseUpgrade, .eccd):
            site.newImage + [
                ("eccd-2.3.0-137-cdaaee43-director-image-v2.qcow2", "eccd-2.4.0-director-image-v2.qcow2"),
                ("5f0c2a0e8d4b6b1f3a97c8e2d1406f5bb7a3e9c4d2f18a6059e7b4c3d2a1f0e9", String(repeating: "cd", count: 32)),
                ("kubernetes_version: v1.15.3", "kubernetes_version: v1.16.2"), ("0.9.2", "0.10.0"),
            ]
        case (.scaleOut, .eccd):
            [
                (
                    "          svc-6: { hostname: svc-6, ssh: { address: 192.168.0.56 }, network_interfaces: *bridges }\n",
                    "          svc-6: { hostname: svc-6, ssh: { address: 192.168.0.56 }, network_interfaces: *bridges }\n"
                        + "          svc-7: { hostname: svc-7, ssh: { address: 192.168.0.57 }, network_interfaces: *bridges }\n"
                ),
                (
                    "            name: worker\n            active: 3\n",
                    "            name: worker\n            active: 4\n"
                ),
                ("node_list: [svc-4, svc-5, svc-6]", "node_list: [svc-4, svc-5, svc-6, svc-7]"),
                ("10.247.246.233]", "10.247.246.233, 10.247.246.234]"), ("192.168.0.127]", "192.168.0.127, 192.168.0.129]"),
                ("172.16.30.130]", "172.16.30.130, 172.16.30.131]"),
            ]
        case (.scaleIn, .eccd):
            [
                ("          svc-6: { hostname: svc-6, ssh: { address: 192.168.0.56 }, network_interfaces: *bridges }\n", ""),
                (
                    "            name: worker\n            active: 3\n",
                    "            name: worker\n            active: 2\n"
                ),
                ("node_list: [svc-4, svc-5, svc-6]", "node_list: [svc-4, svc-5]"), (", 10.247.246.233]", "]"),
                (", 192.168.0.127]", "]"), (", 172.16.30.130]", "]"),
            ]
        case (.scaleOut, .lab):
            [
                (
                    "          svc-3: { hostname: svc-3, ssh: { address: 10.77.0.13 } }\n",
                    "          svc-3: { hostname: svc-3, ssh: { address: 10.77.0.13 } }\n"
                        + "          svc-4: { hostname: svc-4, ssh: { address: 10.77.0.14 } }\n"
                ),
                ("            active: 2\n", "            active: 3\n"),
                ("node_list: [svc-2, svc-3]", "node_list: [svc-2, svc-3, svc-4]"),
                ("10.77.0.103]", "10.77.0.103, 10.77.0.104]"),
            ]
        case (.scaleIn, .lab):
            [
                ("          svc-3: { hostname: svc-3, ssh: { address: 10.77.0.13 } }\n", ""),
                ("            active: 2\n", "            active: 1\n"),
                ("node_list: [svc-2, svc-3]", "node_list: [svc-2]"), (", 10.77.0.103]", "]"),
            ]
        case (.removal, .eccd):
            [
                try site.part(from: "        services:\n          eccd_master:", to: nil),
                try site.part(from: "  services:\n    eccd_director: { inherit", to: "\ninfrastructure:"),
            ].map { ($0, "") }
        case (.removal, .lab): [(try site.part(from: "          worker:\n", to: "        configs:\n"), "")]
        }
    }
}

extension GoldenSite {
    /// What a new release of the node image changes.
    var newImage: [(String, String)] {
        switch self {
        case .eccd:
            [
                ("eccd-2.3.0-137-cdaaee43-node-image-v2.qcow2", "eccd-2.4.0-node-image-v2.qcow2"),
                (
                    "9b1d4e7a2c5f8036e9a1b4c7d0f3e6528194b7d0a3c6f9e2b5d8a1c4e7f0b3d6",
                    String(repeating: "ab", count: 32)
                ),
            ]
        case .lab:
            [
                ("tiny-1.0.qcow2", "tiny-2.0.qcow2"),
                (String(repeating: "0", count: 63) + "1", String(repeating: "ab", count: 32)),
            ]
        }
    }

    /// The lines of the model from those that begin with `start` up to those that begin with `end`, or to the end.
    fileprivate func part(from start: String, to end: String?) throws -> String {
        let text = try text
        let first = try #require(text.range(of: start)?.lowerBound)
        guard let end else { return String(text[first...]) }
        let last = try #require(text.range(of: end, range: first..<text.endIndex)?.lowerBound)
        return String(text[first..<last])
    }
}
