import Foundation
import PluginKit
import Shell
import TaskKit
import TestSupport
import Testing

/// A directory in which scripts of plugins run under a shell, with commands of our own in front of PATH.
struct ScriptBench {
    let directory: TemporaryDirectory
    private let host: LocalTaskHost

    init(_ tools: LocalTaskHost.Tools) throws {
        directory = try TemporaryDirectory()
        host = try LocalTaskHost(directory, tools: tools)
    }

    func path(_ name: String) -> String { directory.path + "/" + name }

    /// Puts a command in front of PATH.
    func install(_ name: String, _ text: String) throws {
        try directory.write("#!/bin/sh\nS='\(directory.path)'\n" + text + "\n", to: "commands/\(name)")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path("commands/\(name)"))
    }

    /// Runs a script of a plugin.
    ///
    /// - Returns: exit status, and what it says on both outputs.
    func run(_ name: String, _ arguments: String...) async throws -> (status: Int, text: String) {
        try await run(name, arguments: arguments)
    }

    /// The same, with as many arguments as there are.
    func run(_ name: String, arguments: [String]) async throws -> (status: Int, text: String) {
        let scripts = Sample.plugins.flatMap(\.scripts)
        let script = try #require(scripts.first { $0.name == name })
        // Without a pattern to expand, `#!` stays a comment.
        let text = "PATH='\(path("commands"))':$PATH; export PATH\n" + script.text
        let result = try await host.run(
            ShellCommand(script: text, name: name, arguments: arguments), input: [], limit: .seconds(60), onOutput: nil)
        return (result.status, result.outputText + String(decoding: result.errors, as: UTF8.self))
    }

    /// Runs shell text as the model has it.
    func run(text: String) async throws -> Int {
        try await host.run(ShellCommand(script: text, name: "text"), input: [], limit: .seconds(60), onOutput: nil).status
    }
}
