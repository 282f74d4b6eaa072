/// Every kind of action that a stored plan may hold.
package enum TaskKinds {
    /// One line for each kind.
    package static let all: [any TaskAction.Type] = [
        CallbackAction.self,
        CommandAction.self,
        FetchAction.self,
        FileAction.self,
        PlaybookAction.self,
        ScriptAction.self,
        UploadAction.self,
        WaitForCommandAction.self,
        WaitForScriptAction.self,
        WaitForServiceAction.self,
    ]

    private static let byName = Dictionary(all.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })

    package static func type(named name: String) -> (any TaskAction.Type)? { byName[name] }
}
