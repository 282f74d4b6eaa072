/// Hosts on which everything that is done leaves a line in a log that only grows: the proof of what happened, in which order, how often.
struct Fleet: Sendable {
    let lab: Lab
    /// Names of hosts of the lab.
    let hosts: [String]
    /// Where it all happens on each host.
    let folder: String

    init(_ lab: Lab, hosts: [String], folder: String) async throws {
        self.lab = lab
        self.hosts = hosts
        self.folder = folder
        for host in hosts { try await lab.shell(on: host, "mkdir -p \(folder)") }
    }

    /// One file whose change takes the node out of service and restarts something, one whose change does not, two contributors that
    /// take nodes out of service.
    func model(_ content: String) -> SiteModel {
        let nodes = hosts.map { host in
            SiteModel.Node(
                name: host, address: Fleet.address(of: host),
                files: [
                    SiteModel.File(name: "live", path: path("live"), content: content),
                    SiteModel.File(
                        name: "replaced", path: path("replaced"), content: content, effect: "replace", restart: logging("restart")
                    ),
                ])
        }
        return SiteModel(nodes: nodes, locks: [lock("first", priority: 10), lock("second", priority: 90)])
    }

    /// A contributor that is out of service while its marker is there.
    func lock(_ name: String, priority: Int) -> SiteModel.Lock {
        let marker = "\(folder)/\(name).marker"
        return SiteModel.Lock(
            name: name, priority: priority, lock: "touch \(marker); \(logging("lock-\(name)"))",
            unlock: "rm -f \(marker); \(logging("unlock-\(name)"))", check: "test -f \(marker)")
    }

    func path(_ file: String) -> String { "\(folder)/\(file).conf" }

    /// A command that leaves a line with the time.
    func logging(_ verb: String) -> String { "echo $(date +%s%N) \(verb) $(hostname) >>\(folder)/log" }

    /// A command that waits until ``open(_:)``, and then does `next`.
    func waiting(then next: String) -> String { "until [ -e \(folder)/gate ]; do sleep 0.05; done; \(next)" }

    /// Lets commands go on that wait on the host.
    func open(_ host: String) async throws { try await lab.shell(on: host, ": >\(folder)/gate") }

    static func address(of host: String) -> String { "10.77.0.\(10 + (Int(host.dropFirst("svc-".count)) ?? 0))" }

    // MARK: What happened

    struct Line: Sendable {
        let time: Int
        let verb: String
    }

    /// What is seen on one host.
    struct Evidence: Sendable {
        var lines: [Line] = []
        var contents: [String: String] = [:]
        /// When the files were put in place, in nanoseconds.
        var changes: [String: Int] = [:]
        var markers: [String] = []

        var verbs: [String] { lines.map(\.verb) }

        func time(of verb: String) -> Int? { lines.first { $0.verb == verb }?.time }
    }

    func evidence(of host: String) async throws -> Evidence {
        let script = """
            cd \(folder) && { sed 's/^/line /' log 2>/dev/null
            for file in *.conf; do [ -f "$file" ] && echo "file $file $(stat -c %.9Z "$file" | tr -d .) $(cat "$file")"; done
            for marker in *.marker; do [ -f "$marker" ] && echo "marker $marker"; done; true; }
            """
        var found = Evidence()
        for line in try await lab.shell(on: host, script).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            switch words[0] {
            case "line": found.lines.append(Line(time: Int(words[1]) ?? 0, verb: words[2]))
            case "file":
                let name = String(words[1].dropLast(".conf".count))
                found.changes[name] = Int(words[2])
                found.contents[name] = words.count > 3 ? words[3] : ""
            default: found.markers.append(words[1])
            }
        }
        return found
    }

    func evidence() async throws -> [String: Evidence] {
        try await withThrowingTaskGroup(of: (String, Evidence).self) { group in
            for host in hosts { group.addTask { (host, try await evidence(of: host)) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// Makes the logs empty, before what a test looks at.
    func forget() async throws {
        for host in hosts { try await lab.shell(on: host, ": >\(folder)/log") }
    }
}
