import ArgumentParser
import Formats
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

    func open() throws -> Site { try SiteOptions.site(at: state) }

    /// - Parameter given: what was said with `--state`.
    static func site(at given: String?) throws -> Site {
        let key = ProcessInfo.processInfo.environment["PLANNER_SECRET_KEY"].flatMap { $0.isEmpty ? nil : $0 }
        return try Site(
            stateDirectory: directory(given), secretKeyFile: key, plugins: plugins, plannerVersion: plannerVersion,
            now: secondsNow)
    }

    private static func directory(_ given: String?) -> String {
        let environment = ProcessInfo.processInfo.environment
        if let given { return given }
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
        name: .of(.properties), parsing: .upToNextOption,
        help: ArgumentHelp("Properties; lists are joined with commas. 'name=' sets an empty value.", valueName: "name=value"))
    var properties: [String] = []
}

/// Seconds since 1970.
func secondsNow() -> Double { Date().timeIntervalSince1970 }
