// swift-tools-version: 6.2
import PackageDescription

// Targets stand in the order of their layers: a target may depend only on targets above it (scripts/check-layers).

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
let relaxed: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny")]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// A library target in one of the three rooms.
func room(
    _ name: String, _ path: String, _ dependencies: [Target.Dependency], resources: [Resource] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(path)", resources: resources, swiftSettings: strict)
}

func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: relaxed)
}

let package = Package(
    name: "planner",
    products: [.executable(name: "planner", targets: ["PlannerCommandLine"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Pure: values in, values out.
        room("Model", "Planner/Model", []),
        room("Shell", "Tasks/Shell", []),
        room(
            "TaskKit", "Tasks/TaskKit", ["Model", "Shell", crypto, yams],
            resources: [
                .embedInCode("Resources/durable-run.sh"), .embedInCode("Resources/durable-run-supervisor.sh"),
                .embedInCode("Resources/fetch.sh"), .embedInCode("Resources/file-check.sh"),
                .embedInCode("Resources/ask-host.sh"), .embedInCode("Resources/host-survey.sh"),
                .embedInCode("Resources/playbook-run.sh"), .embedInCode("Resources/playbook-events.py"),
            ]),
        room("Engine", "Tasks/Engine", ["Model", "TaskKit"]),
        room(
            "PluginKit", "Plugins/PluginKit", ["Model", "TaskKit", yams],
            resources: [.embedInCode("Resources/domain-power.sh")]),
        room("Planning", "Planner/Planning", ["Model", "TaskKit", "PluginKit"]),

        // Technologies: pure too.
        room("CorePlugin", "Plugins/Core", ["Model", "Shell", "TaskKit", "PluginKit"]),
        room(
            "LibvirtPlugin", "Plugins/Libvirt", ["Model", "TaskKit", "PluginKit"],
            resources: [
                .embedInCode("Resources/domain.sh"), .embedInCode("Resources/images.sh"), .embedInCode("Resources/host.sh"),
                .embedInCode("Resources/capacity.sh"),
            ]),
        room("HighAvailabilityPlugin", "Plugins/HighAvailability", ["Model", "TaskKit", "PluginKit"]),
        room(
            "KubernetesPlugin", "Plugins/Kubernetes", ["Model", "TaskKit", "PluginKit"],
            resources: [
                .embedInCode("Resources/playbook.sh"), .embedInCode("Resources/member.sh"),
                .embedInCode("Resources/host-key.sh"), .embedInCode("Resources/guest.sh"),
                .embedInCode("Resources/preflight.sh"), .embedInCode("Resources/version-skew.sh"),
                .embedInCode("Resources/etcd.sh"), .embedInCode("Resources/ask.sh"), .embedInCode("Resources/helm.sh"),
                .embedInCode("Resources/inventory.sh"), .embedInCode("Resources/registry.sh"),
                .embedInCode("Resources/registry-images.sh"), .embedInCode("Resources/csar.sh"),
                .embedInCode("Resources/members.sh"), .embedInCode("Resources/cluster-survey.sh"),
            ]),

        // Input and output at the edge.
        room("Formats", "Planner/Formats", ["Model", yams]),
        room("Store", "Planner/Store", ["Model", "TaskKit", grdb]),
        room("Secrets", "Planner/Secrets", ["Model", "TaskKit", crypto]),
        .systemLibrary(
            name: "CLibSSH2", path: "Sources/Tasks/CLibSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
        .systemLibrary(
            name: "CLibCrypto", path: "Sources/Tasks/CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        room(
            "SSH", "Tasks/SSH", ["CLibSSH2", "CLibCrypto", "Shell", crypto],
            resources: [
                .embedInCode("Resources/end-session.sh"), .embedInCode("Resources/commit-upload.sh"),
                .embedInCode("Resources/become.sh"), .embedInCode("Resources/receive-file.sh"),
            ]),
        room("Runner", "Tasks/Runner", ["Model", "Shell", "TaskKit", "Engine"]),
        room("Transport", "Tasks/Transport", ["Model", "Shell", "TaskKit", "Runner", "SSH", subprocess]),

        // Use cases, and the program.
        .systemLibrary(name: "CMalloc", path: "Sources/Planner/CMalloc"),
        room(
            "Service", "Planner/Service",
            ["Model", "TaskKit", "Engine", "PluginKit", "Planning", "Formats", "Store", "Secrets", "Runner"]
        ),
        .executableTarget(
            name: "PlannerCommandLine",
            dependencies: [
                "Model", "TaskKit", "Engine", "PluginKit", "Planning", "Formats", "Runner", "SSH", "Transport", "Store",
                "Secrets",
                "Service", "CorePlugin", "HighAvailabilityPlugin", "KubernetesPlugin", "LibvirtPlugin", "CMalloc", argumentParser,
                mustache,
            ],
            path: "Sources/Planner/CommandLine", swiftSettings: strict),

        // What connections cost by themselves: driven by Benchmarks/run.
        .executableTarget(
            name: "SSHBenchmark", dependencies: ["Shell", "SSH"], path: "Benchmarks/SSHBenchmark", swiftSettings: relaxed),
        // What a task costs by itself, without a host: driven by Benchmarks/dispatch.
        .executableTarget(
            name: "DispatchBenchmark",
            dependencies: [
                "Model", "Shell", "TaskKit", "Engine", "PluginKit", "Runner", "Service", "CorePlugin", "HighAvailabilityPlugin",
                "KubernetesPlugin", "LibvirtPlugin",
            ],
            path: "Benchmarks/DispatchBenchmark", swiftSettings: relaxed),

        test("ModelTests", ["Model", "TestSupport"]),
        test("FormatsTests", ["Model", "Formats", "TestSupport"]),
        // What tests share: a local shell as a host, a deterministic generator, builders of plans.
        .target(
            name: "TestSupport", dependencies: ["Model", "Shell", "TaskKit", subprocess], path: "Tests/Support",
            swiftSettings: relaxed),
        // What authors of plugins test with: a model, the steps of it, and plans.
        .target(
            name: "PluginTesting", dependencies: ["Model", "TaskKit", "PluginKit", "Planning", "CorePlugin", "Formats"],
            path: "Tests/PluginTesting", swiftSettings: strict),
        test("SecretsTests", ["Model", "TaskKit", "Secrets", "TestSupport", subprocess]),
        test("StoreTests", ["Model", "TaskKit", "Store", "TestSupport", grdb]),
        test("SSHTests", ["Shell", "SSH", "TestSupport", crypto, subprocess]),
        test(
            "ServiceTests",
            [
                "Model", "TaskKit", "Engine", "PluginKit", "Planning", "Formats", "Store", "Secrets", "Runner", "Service",
                "CorePlugin",
                "HighAvailabilityPlugin", "TestSupport",
            ]),
        test("TaskKitTests", ["Model", "Shell", "TaskKit", "TestSupport"]),
        test("EngineTests", ["Model", "TaskKit", "Engine", "TestSupport"]),
        test("RunnerTests", ["Model", "Shell", "TaskKit", "Engine", "Runner", "TestSupport"]),
        // Real sshd, libvirtd and ansible from lab/; drives the built `planner` as a process. Needs root.
        test("IntegrationTests", ["TestSupport", subprocess]),
        test(
            "PlanningTests",
            [
                "Model", "TaskKit", "PluginKit", "Planning", "CorePlugin", "LibvirtPlugin", "HighAvailabilityPlugin",
                "KubernetesPlugin", "Formats", "Engine", "Runner", "Store", "Service", "PlannerCommandLine", "TestSupport",
            ]),
        test(
            "PluginTests",
            [
                "Model", "Shell", "TaskKit", "PluginKit", "Planning", "CorePlugin", "LibvirtPlugin", "HighAvailabilityPlugin",
                "KubernetesPlugin", "Formats", "PlannerCommandLine", "TestSupport", "PluginTesting", yams,
            ]),
        // Files and schemas as xmllint and jsonschema read them.
        test(
            "SchemaTests",
            ["Model", "TaskKit", "Formats", "PluginKit", "Store", "Service", "PlannerCommandLine", "TestSupport", subprocess]),
        test(
            "CommandLineTests",
            [
                "Model", "TaskKit", "Engine", "PluginKit", "Planning", "Formats", "Store", "Service", "PlannerCommandLine",
                "TestSupport",
                argumentParser,
            ]),
    ],
    swiftLanguageModes: [.v6]
)
