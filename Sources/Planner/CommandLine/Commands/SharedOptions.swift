import ArgumentParser
import Foundation
import Model
import Service

/// Where the site is kept; every command has it.
struct SiteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The state directory.", discussion: "Else $PLANNER_STATE, else planner/ in $XDG_STATE_HOME or ~/.local/state.",
            valueName: "directory"))
    var state: String?

    func open() throws -> Site {
        let key = ProcessInfo.processInfo.environment["PLANNER_SECRET_KEY"].flatMap { $0.isEmpty ? nil : $0 }
        return try Site(
            stateDirectory: directory, secretKeyFile: key, plugins: plugins, plannerVersion: plannerVersion, now: secondsNow)
    }

    private var directory: String {
        let environment = ProcessInfo.processInfo.environment
        if let state { return state }
        if let given = environment["PLANNER_STATE"], !given.isEmpty { return given }
        if let home = environment["XDG_STATE_HOME"], !home.isEmpty { return home + "/planner" }
        return NSHomeDirectory() + "/.local/state/planner"
    }
}

/// Output for programs.
struct JSONOptions: ParsableArguments {
    @Flag(name: [.customShort("j"), .long], help: "Print JSON, for programs.")
    var json = false
}

extension ItemPath: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// Properties on a command line: `-o name=value`, as in LITP: the option may be repeated and take several values.
struct PropertyOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("options")], parsing: .upToNextOption,
        help: ArgumentHelp("Properties; lists are joined with commas.", valueName: "name=value"))
    var properties: [String] = []

    func values() throws -> [String: WrittenValue] {
        var values: [String: WrittenValue] = [:]
        for text in properties {
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
                throw ValidationError("'\(text)' is not name=value")
            }
            let name = String(text[..<sign])
            guard values.updateValue(.scalar(String(text[text.index(after: sign)...])), forKey: name) == nil else {
                throw ValidationError("property '\(name)' is given twice")
            }
        }
        return values
    }
}

/// Seconds since 1970.
func secondsNow() -> Double { Date().timeIntervalSince1970 }
