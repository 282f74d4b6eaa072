import Model

extension YAMLDocument {
    /// The documents of some texts, in their order. Texts are independent of each other, so the processors share them.
    static func documents(of sources: [YAMLModelReader.Source]) -> [YAMLDocument] {
        inParallel(sources) { Transferred(YAMLDocument(name: $0.name, text: $0.text)) }.map(\.value)
    }

    /// A document on its way from the worker that made it, which keeps nothing of it. Its nodes are values, but Yams does not say so.
    private struct Transferred: @unchecked Sendable {
        let value: YAMLDocument
        init(_ value: YAMLDocument) { self.value = value }
    }
}
