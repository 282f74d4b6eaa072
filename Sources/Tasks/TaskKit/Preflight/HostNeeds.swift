/// What a task uses of its host, as far as its kind knows before anybody is asked: what pre-flight looks for there.
package struct HostNeeds: Hashable, Sendable {
    /// A file that the task puts in place.
    package struct Write: Hashable, Sendable {
        package var path: String
        package var size: Size
        /// Where what has come of it so far is kept, beside its place; nil: an interrupted write leaves nothing.
        package var part: String?

        package init(_ path: String, _ size: Size, part: String? = nil) {
            self.path = path
            self.size = size
            self.part = part
        }
    }

    /// How large a file is.
    package enum Size: Hashable, Sendable {
        case bytes(Int)
        /// As a file of the machine on which Planner runs.
        case source(String)
        /// As what the host loads from a URL.
        ///
        /// - Parameter source: what the controller sends when nothing answers there; nil: nothing.
        case url(String, source: String?)
    }

    /// Programs, each with those that do in its place: `["curl", "wget"]`.
    package var programs: [[String]] = []
    /// Files that must be there before.
    package var files: [String] = []
    package var writes: [Write] = []
    /// Whether it leaves a durable run on the host.
    package var isDurable = false
    /// Whether it carries out what an operator has written: afterwards anything may be there that is not there now.
    package var runsForeignCode = false

    package init() {}

    package static let nothing = HostNeeds()

    /// A durable run, with all that it stands on.
    static var durable: HostNeeds {
        var needs = HostNeeds()
        needs.programs = [["setsid"]]
        needs.isDurable = true
        return needs
    }

    /// A file that is compared before it is written and after.
    static func file(_ path: String, _ size: Size) -> HostNeeds {
        var needs = HostNeeds()
        needs.programs = [["sha256sum"], ["stat"]]
        needs.writes = [Write(path, size)]
        return needs
    }
}
