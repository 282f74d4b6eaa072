import CorePlugin
import Formats
import Foundation
import HighAvailabilityPlugin
import KubernetesPlugin
import LibvirtPlugin
import Model
import Planning
import PluginKit
import TaskKit
import Testing

@Suite("Probe") struct Probe {
    @Test func eccd() throws {
        let plugins: [any Plugin] = [CorePlugin(), HighAvailabilityPlugin(), KubernetesPlugin(), LibvirtPlugin()]
        let registry = try TypeRegistry(plugins.map(\.declarations))
        for model in ["eccd", "lab"] {
            let reading = YAMLModelReader(registry: registry).read(files: ["models/\(model)/site.yaml"])
            for e in reading.errors { print(e.place?.description ?? "", e.path?.text ?? "", e.summary, e.rule ?? "") }
            let applied = ResolvedTree(ordered: [], registry: registry)
            let context = PlanningContext(declared: reading.resolved, applied: applied)
            for plugin in plugins { for e in plugin.validate(context) { print("PLUGIN", e.path?.text ?? "", e.property ?? "", e.summary, e.rule ?? "") } }
            let plan = try PlanMaker.plan(for: PlanningInput(context: context, plugins: plugins, plannerVersion: "0"))
            dump(plan)
            var steps: [StepIdentity: String] = [:]
            for t in plan?.tasks ?? [] { steps[t.identity] = t.fingerprint }
            var tree = reading.tree
            try tree.update(ItemPath("/software/images/\(model == "eccd" ? "eccd-node-image" : "node-image")")!, properties: ["checksum": .scalar(String(repeating: "ab", count: 32))], deleting: [], registry: registry)
            let (resolved, _) = ResolvedTree.resolving(tree, registry: registry)
            let next = try PlanMaker.plan(for: PlanningInput(context: PlanningContext(declared: resolved, applied: reading.resolved), plugins: plugins, appliedSteps: steps, plannerVersion: "0"))
            dump(next)
            let none = try PlanMaker.plan(for: PlanningInput(context: PlanningContext(declared: reading.resolved, applied: reading.resolved), plugins: plugins, appliedSteps: steps, plannerVersion: "0"))
            #expect(none == nil)
        }
    }
    func dump(_ plan: Plan?) {
        print("PLAN", plan?.id ?? "none")
        for p in plan?.phases ?? [] {
            print("Phase", p.number, p.group.rawValue, p.node?.name ?? "-", "after", p.after)
            for t in p.tasks { print("   ", t.id, t.summary, "|", t.effect, t.reasons.count, t.reasons.first.map { "\($0)".prefix(120) } ?? "") }
        }
    }
}
