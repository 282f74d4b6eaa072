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
    products: [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Pure: values in, values out.
        room("Model", "Planner/Model", []),
        room("Shell", "Tasks/Shell", []),
        room("TaskKit", "Tasks/TaskKit", ["Model", "Shell", crypto]),
        room("Formats", "Planner/Formats", ["Model", yams]),
        room("Store", "Planner/Store", ["Model", "TaskKit", grdb]),
        test("ModelTests", ["Model"]),
        test("FormatsTests", ["Model", "Formats"]),
        test("StoreTests", ["Model", "TaskKit", "Store", grdb]),
    ],
    swiftLanguageModes: [.v6]
)
