import ArgumentParser
import Foundation

/// How a run is shown.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
    /// `tty` on a terminal, else `plain`.
    case auto
    case tty, plain, json, quiet
}

/// When colour is used.
enum ColorMode: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
}

/// What commands share that show a run.
struct ProgressOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How the run is shown: tty repaints the last lines of a terminal, plain is one line for each change of state, quiet only failures and the end.",
            discussion: "Else $PLANNER_PROGRESS, else auto."))
    var progress: ProgressMode?

    @Option(help: "Colour: auto obeys NO_COLOR and CLICOLOR_FORCE.")
    var color = ColorMode.auto

    @Option(
        help: ArgumentHelp(
            "Without anything else to say, plain says after so many seconds what runs; 0: never.", valueName: "seconds"))
    var heartbeat = 60

    @OptionGroup var output: JSONOptions

    func validate() throws {
        guard heartbeat >= 0 else { throw ValidationError("--heartbeat is 0 or more seconds") }
    }

    /// What `auto` means here.
    var mode: ProgressMode {
        if output.json { return .json }
        let named = ProcessInfo.processInfo.environment["PLANNER_PROGRESS"].flatMap(ProgressMode.init(rawValue:))
        let wanted = progress ?? named ?? .auto
        guard wanted == .auto else { return wanted }
        return Output.standard.isTerminal && Output.errors.isTerminal ? .tty : .plain
    }

    var style: Style {
        switch color {
        case .auto: Style(usesColor: Output.standard.usesColor)
        case .always: Style(usesColor: true)
        case .never: Style(usesColor: false)
        }
    }
}
