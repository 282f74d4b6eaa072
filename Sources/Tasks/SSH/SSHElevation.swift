/// As whom a command runs, if not as the user who logged in: through sudo, which must allow `/bin/sh` for that.
package struct SSHElevation: Sendable, Hashable {
    package var user: String
    /// Given to sudo over its standard input if it asks; nil: sudo must not ask (NOPASSWD).
    package var password: [UInt8]?

    package init(user: String = "root", password: [UInt8]? = nil) {
        self.user = user
        self.password = password
    }

    /// What comes before the command's own input.
    func preamble(token: String) -> [UInt8] {
        (password.map { $0 + [UInt8(ascii: "\n")] } ?? []) + Array("\(token)\n".utf8)
    }

    /// Why sudo did not let the command in, by what it said.
    func refusal(_ said: String, status: SSHExecution.Termination, at endpoint: SSHEndpoint) -> SSHError {
        let text = said.split(whereSeparator: \.isNewline).joined(separator: "; ")
        let rules: [(String, String, String)] = [
            (
                "incorrect password", "sudo does not take the password of \(endpoint.user)",
                "set become_password right: planner crypt set NAME"
            ),
            (
                "password is required", "sudo wants the password of \(endpoint.user)",
                "give become_password in the model, or NOPASSWD in the host's sudoers"
            ),
            (
                "no password was provided", "sudo does not take the password of \(endpoint.user)",
                "set become_password right: planner crypt set NAME"
            ),
            ("unknown user", "there is no user \(user) here", "correct become_user in the model"),
            (
                "sudoers", "\(endpoint.user) may not use sudo here",
                "allow it in the host's sudoers: \(endpoint.user) ALL=(ALL) ALL"
            ),
            (
                "not allowed", "\(endpoint.user) may not run /bin/sh as \(user)",
                "allow it in the host's sudoers: \(endpoint.user) ALL=(\(user)) ALL"
            ),
            ("not found", "there is no sudo here", "install sudo on the host, or log in as \(user)"),
        ]
        let rule = rules.first { text.contains($0.0) }
        let told = text.isEmpty ? "\(status)" : text
        return SSHError(
            .elevation, endpoint: endpoint, message: "\(rule?.1 ?? "sudo did not run the command"): \(told)",
            nextStep: rule?.2 ?? "try on the host: sudo -u \(user) /bin/sh")
    }
}
