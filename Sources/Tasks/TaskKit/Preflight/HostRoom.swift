import Model

/// Whether a host has room for what a plan writes there: bytes and inodes of each of its file systems, by what it has told of them.
struct HostRoom {
    /// Less than this is left when the plan is done: then something else fails soon.
    private static let spareKiB = 32 * 1024
    private static let spareInodes = 1000
    /// What durable runs need at least: their scripts and pids, and a few lines of output.
    private static let runsKiB = 1024
    private static let inodesOfRun = 12
    /// A server may say anything of the length of a file: sums of these do not overflow.
    private static let largestFile = 1 << 50

    private struct Mount {
        var isReadOnly: Bool
        /// Nil where the file system does not count.
        var freeKiB: Int?
        var inodes: Int?
    }

    /// What the plan puts on one file system.
    private struct Load {
        var kibibytes = 0
        var inodes = 0
        var files: [HostSurvey.Written] = []
        var hasRuns = false
    }

    private let survey: HostSurvey
    private var mounts: [String: Mount] = [:]
    /// The mount of each directory.
    private var places: [String: String] = [:]
    /// The directory of durable runs: it depends on who works there.
    private var runsPlace: String?
    private var sizes: [String: Int] = [:]
    private var lengths: [String: Int] = [:]

    init(_ survey: HostSurvey, _ answer: HostAnswer) {
        self.survey = survey
        for words in answer.facts("mount", count: 4) {
            // Less than nothing is free where root has taken of what is reserved for it.
            mounts[words[0]] = Mount(
                isReadOnly: words[1] == "ro", freeKiB: Int(words[2]).map { max(0, $0) }, inodes: Int(words[3]).map { max(0, $0) })
        }
        for words in answer.facts("place", count: 3) { places[words[0]] = words[2] }
        runsPlace = answer.facts("runs", count: 1).first?.first
        for words in answer.facts("file", count: 2) { sizes[words[0]] = Int(words[1]) }
        for words in answer.facts("url", count: 3) { lengths[words[0]] = Int(words[2]) }
    }

    /// Whether a file of the right size is there already: then it is probably the right one, and its task will find it so. Texts of the model
    /// are small, and often as long as they were.
    func isThere(_ file: HostSurvey.Written) -> Bool {
        if case .bytes = file.size { return false }
        guard let there = sizes[file.path] else { return false }
        return size(of: file).map { $0 == there } ?? true
    }

    private func size(of file: HostSurvey.Written) -> Int? {
        let size: Int? =
            switch file.size {
            case .bytes(let count): count
            case .source(let path): survey.sourceSizes[path]
            case .url(let url, let source): lengths[url] ?? source.flatMap { survey.sourceSizes[$0] }
            }
        return size.map { min(max(0, $0), HostRoom.largestFile) }
    }

    // MARK: Findings

    var findings: [PreflightFinding] {
        var loads: [String: Load] = [:]
        for file in survey.written.values {
            guard let mount = places[file.directory] else { continue }
            loads[mount, default: Load()].files.append(file)
            guard !isThere(file) else { continue }
            // It is written beside its place, and renamed over what is there; what has come of it already takes no more room.
            let missing = max(0, (size(of: file) ?? 0) - max(0, file.part.flatMap { sizes[$0] } ?? 0))
            loads[mount, default: Load()].kibibytes += (missing + 1023) / 1024
            loads[mount, default: Load()].inodes += 1
        }
        if survey.durableCount > 0, let mount = runsPlace.flatMap({ places[$0] }) {
            loads[mount, default: Load()].kibibytes += HostRoom.runsKiB
            loads[mount, default: Load()].inodes += survey.durableCount * HostRoom.inodesOfRun
            loads[mount, default: Load()].hasRuns = true
        }
        return loads.sorted { $0.key < $1.key }.flatMap { place, load in
            mounts[place].map { findings(for: load, on: place, $0) } ?? []
        }
    }

    private func findings(for load: Load, on place: String, _ mount: Mount) -> [PreflightFinding] {
        guard !mount.isReadOnly else {
            return [
                survey.finding(
                    .blocker, "read-only", found: "\(place) is mounted read-only", rule: uses(load),
                    nextStep: "mount -o remount,rw \(place), when its disk is well")
            ]
        }
        return [
            shortage(of: "disk-space", mount.freeKiB, needed: load.kibibytes, spare: HostRoom.spareKiB, load, on: place) {
                ByteCount.text(kibibytes: $0)
            },
            shortage(of: "inodes", mount.inodes, needed: load.inodes, spare: HostRoom.spareInodes, load, on: place) {
                "\($0) inodes"
            },
        ].compactMap { $0 }
    }

    private func shortage(
        of kind: String, _ free: Int?, needed: Int, spare: Int, _ load: Load, on place: String, _ text: (Int) -> String
    ) -> PreflightFinding? {
        guard let free, free < needed + spare else { return nil }
        let isBlocked = free < needed
        return survey.finding(
            isBlocked ? .blocker : .warning, kind,
            found: "\(place) has \(text(free)) free, and the plan needs \(text(needed))"
                + (isBlocked ? "" : ": little will be left"),
            rule: uses(load),
            nextStep: "free room on \(place), or make it larger")
    }

    /// `it puts /a, /b and 3 more files there, and keeps its runs in /var/lib/planner/runs`
    private func uses(_ load: Load) -> String {
        let paths = load.files.sorted { (size(of: $0) ?? 0, $1.path) > (size(of: $1) ?? 0, $0.path) }.map(\.path)
        let more = paths.count - 2
        var words: [String] = []
        if !paths.isEmpty {
            words.append(
                "puts \(paths.prefix(2).joined(separator: ", "))"
                    + (more > 0 ? " and \(more) more \(more == 1 ? "file" : "files")" : "") + " there")
        }
        if load.hasRuns { words.append("keeps its runs in \(runsPlace ?? "their directory")") }
        return "the plan " + words.joined(separator: ", and ")
    }
}

/// Sizes for people.
package enum ByteCount {
    /// `512 KiB`, `1.5 MiB`, `12 GiB`: two digits or more.
    package static func text(kibibytes: Int) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        var value = Double(max(0, kibibytes))
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let tenths = Int(value * 10)
        return (unit == 0 || tenths >= 100 || tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)")
            + " \(units[unit])"
    }
}
