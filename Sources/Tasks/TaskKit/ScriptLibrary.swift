/// A POSIX sh script that runs on hosts: a file under the `Resources/` of the target that needs it. Its first argument is a verb:
///
/// - `check`: exit 0 when it is true already, 3 when it is not (what is missing on standard output), anything else is a failure;
/// - `verify`: only where the question after the apply is another one than before it; answers like `check`;
/// - `apply`: makes it true; exit 0, or a failure with the reason on standard error.
package struct Script: Hashable, Sendable {
    /// Names the script in plans: `libvirt/domain`.
    package let name: String
    package let text: String
    /// SHA-256 of the text, in hexadecimal: a plan names the very text that it was made with.
    package let digest: String

    package init(name: String, content: [UInt8]) {
        self.name = name
        self.text = String(decoding: content, as: UTF8.self)
        self.digest = Digest.hexadecimal(of: content)
    }
}

/// All scripts that this version of Planner knows, by name. Built once by the composition root.
package struct ScriptLibrary: Sendable {
    private var scripts: [String: Script] = [:]

    package init(_ scripts: [Script]) {
        for script in scripts { self.scripts[script.name] = script }
    }

    /// The script that a plan means.
    ///
    /// - Throws: ``TaskFailure`` when this version has another text under that name, or none.
    package func script(named name: String, digest: String) throws(TaskFailure) -> Script {
        guard let script = scripts[name], script.digest == digest else {
            throw TaskFailure(
                .failed, "the plan was made with another version of the script '\(name)'",
                nextStep: "planner create_plan makes a plan for this version")
        }
        return script
    }
}
