import ArgumentParser
import PluginKit

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the version of Planner.", discussion: "  planner version -a")

    @Flag(name: .shortAndLong, help: "Also the versions of the plugins.")
    var all = false

    @OptionGroup var output: JSONOptions

    func run() {
        if output.json {
            var versions = ["planner": plannerVersion]
            if all { for plugin in plugins { versions[plugin.name] = plugin.version } }
            return Output.standard.line(JSONOutput.document(versions))
        }
        Output.standard.line("planner \(plannerVersion)")
        if all { for plugin in plugins { Output.standard.line("plugin \(plugin.name) \(plugin.version)") } }
    }
}
