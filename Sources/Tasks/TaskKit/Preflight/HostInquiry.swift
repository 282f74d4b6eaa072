package import Model

/// All that one host is asked before a plan is run.
package struct HostInquiry: Sendable {
    package let path: ItemPath
    package let connection: HostConnection
    package let questions: [HostQuestion]
    /// The task of the plan that makes the host, before anything is done on it: until then nobody misses it.
    package let madeBy: PlanTask?

    package init(_ path: ItemPath, _ connection: HostConnection, questions: [HostQuestion], madeBy: PlanTask? = nil) {
        self.path = path
        self.connection = connection
        self.questions = questions
        self.madeBy = madeBy
    }

    /// How long all answers may take together: they come side by side.
    package var limit: Duration { questions.map(\.limit).max() ?? .seconds(30) }

    /// Whether the host is one that the plan has yet to make.
    package func isAbsent(_ reply: HostReply) -> Bool {
        guard madeBy != nil, case .failed(let failure) = reply else { return false }
        return failure.outcome == .unreachable
    }

    /// What the reply means.
    package func findings(in reply: HostReply) -> [PreflightFinding] {
        let found: [PreflightFinding] =
            switch reply {
            case .failed(let failure): isAbsent(reply) ? [] : [finding(for: failure)]
            case .answered(let answers): zip(questions, answers).flatMap { findings($0, $1) }
            }
        return found.map { finding in
            var finding = finding
            finding.host = path
            return finding
        }
    }

    private func finding(for failure: TaskFailure) -> PreflightFinding {
        let isUnreachable = failure.outcome == .unreachable
        let address = "\(connection.user)@\(connection.address):\(connection.port)"
        // Hosts behind one broken switch say the same, but for their names.
        let place = "\(connection.hostname) (\(address)): "
        let isOwn = failure.message.hasPrefix(place)
        let message = isOwn ? failure.message.dropFirst(place.count) : failure.message[...]
        return PreflightFinding(
            .blocker, isUnreachable ? PreflightFinding.unreachable : "no-answer", about: connection.hostname,
            found: message.split(separator: "\n").joined(separator: "; "),
            rule: "every host that the plan works on can be reached and answers" + (isOwn ? ", this one at \(address)" : ""),
            nextStep: failure.nextStep ?? "look at its power, its network and its sshd")
    }

    private func findings(_ question: HostQuestion, _ answer: HostAnswer) -> [PreflightFinding] {
        guard let status = answer.status else {
            return [
                PreflightFinding(
                    .blocker, "no-answer", about: connection.hostname,
                    found: "it did not answer '\(question.script.name)' within \(limit.text)",
                    rule: "what cannot be asked is not known to be right",
                    nextStep: "look at its load and its disks; the last it said was: \(answer.lastLine)")
            ]
        }
        let found = question.judge(answer)
        guard found.isEmpty, status != 0 else { return found }
        return [
            PreflightFinding(
                .warning, "not-asked", about: connection.hostname,
                found: "'\(question.script.name)' ended with exit status \(status): \(answer.lastLine)",
                rule: "what cannot be asked is not known to be right", nextStep: "look at the host")
        ]
    }
}

/// What came back from a host.
package enum HostReply: Hashable, Sendable {
    /// One answer for each question.
    case answered([HostAnswer])
    case failed(TaskFailure)
}
