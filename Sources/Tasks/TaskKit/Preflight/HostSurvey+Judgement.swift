import Model

/// What the answer of a host means.
extension HostSurvey {
    /// How far clocks may be apart, in seconds.
    private static let clockLimit = 5.0

    func judge(_ answer: HostAnswer) -> [PreflightFinding] {
        let room = HostRoom(self, answer)
        return room.findings + missingPrograms(answer) + missingFiles(answer) + silentURLs(answer, room) + clock(answer)
            + state(answer)
    }

    func finding(
        _ severity: PreflightFinding.Severity, _ kind: String, found: String, rule: String, nextStep: String
    ) -> PreflightFinding {
        PreflightFinding(severity, kind, about: work.hostname, found: found, rule: rule, nextStep: nextStep)
    }

    // MARK: Programs and files

    private func missingPrograms(_ answer: HostAnswer) -> [PreflightFinding] {
        answer.facts("missing", count: 1).compactMap { facts -> PreflightFinding? in
            let names = facts[0].split(separator: " ").map(String.init)
            guard let use = programs[names] else { return nil }
            return finding(
                .blocker, "missing-program", found: "there is no \(names.joined(separator: " and no "))",
                rule: "\(words(for: use)) \(use.count == 1 ? "needs" : "need") \(names.count == 1 ? "it" : "one of them")",
                nextStep: "install \(names.joined(separator: " or ")) there, in the PATH of a login without a terminal"
            ).unless(work.preparation(before: use.phase))
        }
    }

    /// `'copy image x to svc-1' and 3 more tasks`
    private func words(for use: Use) -> String {
        let more = use.count - 1
        return "'\(use.task.summary)'" + (more > 0 ? " and \(more) more \(more == 1 ? "task" : "tasks")" : "")
    }

    private func missingFiles(_ answer: HostAnswer) -> [PreflightFinding] {
        answer.facts("file", count: 2).compactMap { words -> PreflightFinding? in
            guard words[1] == "-", let use = files[words[0]] else { return nil }
            return finding(
                .blocker, "missing-file", found: "there is no \(words[0])", rule: "'\(use.task.summary)' reads it",
                nextStep: "put it there, or let a step do it that comes before"
            ).unless(work.preparation(before: use.phase))
        }
    }

    private func silentURLs(_ answer: HostAnswer, _ room: HostRoom) -> [PreflightFinding] {
        answer.facts("url", count: 3).compactMap { words -> PreflightFinding? in
            let (url, status, reason) = (words[0], words[1], words.count > 3 ? words[3] : "")
            guard let use = urls[url], isMissed(url, isSilent: status == "-", room) else { return nil }
            let found: String
            switch Int(status) {
            case nil: found = "\(url) does not answer: \(reason)"
            // Some servers give the file and not its head.
            case 405?, 501?: return nil
            case let code? where code >= 400: found = "\(url) answers with HTTP status \(code)"
            case .some: return nil
            }
            return finding(
                .warning, "url", found: found, rule: "'\(use.task.summary)' loads it from there",
                nextStep: "look at the URL and at its server; fine if the plan itself brings it there before")
        }
    }

    /// Whether something has still to be loaded from the URL that nobody else can give.
    private func isMissed(_ url: String, isSilent: Bool, _ room: HostRoom) -> Bool {
        written.values.contains { file in
            guard case .url(url, let source) = file.size, !room.isThere(file) else { return false }
            guard isSilent, let source else { return true }
            return sourceSizes[source] == nil
        }
    }

    // MARK: The host itself

    /// What is certain of the difference, whatever time the question and the answer took on their way. The host knows whole seconds only.
    private func clock(_ answer: HostAnswer) -> [PreflightFinding] {
        guard let line = answer.lines.first(where: { $0.text.hasPrefix("clock\t") }),
            let there = Int(line.text.dropFirst("clock\t".count)).map(Double.init)
        else { return [] }
        let ahead = there - line.time
        let behind = answer.askedAt - (there + 1)
        let difference = max(ahead, behind)
        guard difference >= HostSurvey.clockLimit else { return [] }
        return [
            finding(
                .warning, "clock",
                found:
                    "its clock is \(Int(min(difference, 1e12))) s \(ahead > behind ? "ahead of" : "behind") the one of this machine",
                rule: "they are less than \(Int(HostSurvey.clockLimit)) s apart",
                nextStep: "synchronize the host, or this machine (chronyc tracking)")
        ]
    }

    private func state(_ answer: HostAnswer) -> [PreflightFinding] {
        var findings: [PreflightFinding] = []
        if answer.facts.contains(["root", "ro"]) {
            findings.append(
                finding(
                    .warning, "read-only-root", found: "its root file system is mounted read-only",
                    rule: "most hosts have it so only after a fault of their disk", nextStep: "look at dmesg there"))
        }
        if answer.facts.contains(["reboot", "pending"]) {
            findings.append(
                finding(
                    .warning, "reboot-pending", found: "an upgrade of its packages waits for a reboot",
                    rule: "a host that is changed should be in the state that it will boot into",
                    nextStep: "reboot it before, or know that its next boot brings more than the plan"))
        }
        return findings
    }
}
