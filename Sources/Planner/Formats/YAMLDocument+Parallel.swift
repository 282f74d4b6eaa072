internal import Dispatch
internal import Synchronization

extension YAMLDocument {
    /// The documents of some texts, in their order. Texts are independent of each other, so the processors share them.
    static func documents(of sources: [YAMLModelReader.Source]) -> [YAMLDocument] {
        guard sources.count > 1 else { return sources.map { YAMLDocument(name: $0.name, text: $0.text) } }
        // Each worker fills places of its own; the lock makes them visible to the others.
        let documents = Mutex([YAMLDocument?](repeating: nil, count: sources.count))
        DispatchQueue.concurrentPerform(iterations: sources.count) { index in
            let document = Transferred(YAMLDocument(name: sources[index].name, text: sources[index].text))
            documents.withLock { $0[index] = document.value }
        }
        return documents.withLock { $0 }.compactMap { $0 }
    }

    /// A document on its way from the worker that made it, which keeps nothing of it. Its nodes are values, but Yams does not say so.
    private struct Transferred: @unchecked Sendable {
        let value: YAMLDocument
        init(_ value: YAMLDocument) { self.value = value }
    }
}
