import CorePlugin
import Formats
import Foundation
import HighAvailabilityPlugin
import KubernetesPlugin
import LibvirtPlugin
import Model
import PluginKit
import TaskKit
import Testing

/// Models for tests of plugins, written as a user writes them.
enum Sample {
    static let plugins: [any Plugin] = [CorePlugin(), HighAvailabilityPlugin(), KubernetesPlugin(), LibvirtPlugin()]

    static func registry() throws -> TypeRegistry { try TypeRegistry(plugins.map(\.declarations)) }

    /// Reads a model in which nothing is wrong as far as its types say.
    static func read(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> ResolvedTree {
        let reading = YAMLModelReader(registry: try registry()).read([(name: "site.yaml", text: text)])
        #expect(
            reading.errors.map { "\($0.place?.description ?? "") \($0.summary) \($0.rule ?? "")" } == [],
            sourceLocation: sourceLocation)
        return reading.resolved
    }

    static func context(_ text: String, applied: String? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws
        -> PlanningContext
    {
        let declared = try read(text, sourceLocation: sourceLocation)
        let empty = ResolvedTree(ordered: [], registry: try registry())
        return PlanningContext(
            declared: declared, applied: try applied.map { try read($0, sourceLocation: sourceLocation) } ?? empty)
    }

    /// What is wrong with a model over several items, each on a line: `path property=value: summary (rule)`.
    static func problems(_ text: String, of plugin: any Plugin, sourceLocation: SourceLocation = #_sourceLocation) throws
        -> [String]
    {
        plugin.validate(try context(text, sourceLocation: sourceLocation)).sorted().map { problem in
            let property = problem.property.map { " \($0)=\(problem.value ?? "")" } ?? ""
            return "\(problem.path?.text ?? "")\(property): \(problem.summary) (\(problem.rule ?? ""))"
                + (problem.nextStep.map { " \($0)" } ?? "")
        }
    }

    /// A model with some of its lines exchanged.
    static func site(_ text: String, _ changes: [(String, String)] = [], sourceLocation: SourceLocation = #_sourceLocation)
        -> String
    {
        changes.reduce(text) { text, change in
            #expect(text.contains(change.0), "the model has no '\(change.0)'", sourceLocation: sourceLocation)
            return text.replacingOccurrences(of: change.0, with: change.1)
        }
    }

    /// Three masters and three workers with a director on the management server.
    static let kubernetes = """
        ms:
          ssh: { address: 10.0.0.10 }
          services:
            director: { type: k8s-director, service_name: director }
        infrastructure:
          networking:
            networks:
              services: { name: services, subnet: 10.0.0.0/24 }
        software:
          images:
            node: { type: vm-image, name: node, source_uri: "http://10.0.0.10/node.qcow2", checksum: "\(String(repeating: "0f", count: 32))" }
          services:
            master:
              type: k8s-vm-service
              role: master
              service_name: master
              image_name: node
              vm_network_interfaces:
                eth0: { device_name: eth0, host_device: br0, network_name: services, ipaddresses: [10.0.0.101, 10.0.0.102, 10.0.0.103] }
            worker:
              type: k8s-vm-service
              role: worker
              service_name: worker
              image_name: node
              vm_network_interfaces:
                eth0: { device_name: eth0, host_device: br0, network_name: services, ipaddresses: [10.0.0.104, 10.0.0.105, 10.0.0.106] }
        deployments:
          d:
            clusters:
              c1:
                type: vcs-cluster
                ha_manager: planner
                nodes:
                  n1: { hostname: n1, ssh: { address: 10.0.0.1 } }
                  n2: { hostname: n2, ssh: { address: 10.0.0.2 } }
                  n3: { hostname: n3, ssh: { address: 10.0.0.3 } }
                  n4: { hostname: n4, ssh: { address: 10.0.0.4 } }
                  n5: { hostname: n5, ssh: { address: 10.0.0.5 } }
                  n6: { hostname: n6, ssh: { address: 10.0.0.6 } }
                services:
                  master:
                    type: vcs-clustered-service
                    name: master
                    active: 3
                    node_list: [n1, n2, n3]
                    online_timeout: 900
                    applications: { master: { inherit: /software/services/master } }
                  worker:
                    type: vcs-clustered-service
                    name: worker
                    active: 3
                    node_list: [n4, n5, n6]
                    online_timeout: 900
                    applications: { worker: { inherit: /software/services/worker } }
                configs:
                  kubernetes: { type: k8s-cluster }

        """
}

extension Plugin {
    /// The step of a name on a node (by their last components).
    func step(_ name: String, on node: String? = nil, of item: String? = nil, in context: PlanningContext) -> Step? {
        steps(in: context).first { step in
            step.identity.name == name && (node == nil || step.identity.node?.name == node.map { $0[...] })
                && (item == nil || step.identity.item.name == item.map { $0[...] })
        }
    }
}
