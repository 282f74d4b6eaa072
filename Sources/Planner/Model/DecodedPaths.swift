internal import Synchronization

/// Lets the paths of one document share what they have in common while it is decoded: those of a task lie close to each other, and a plan has
/// several for each task. A decoder holds it in its `userInfo`.
package final class DecodedPaths: Sendable {
    package static let key = CodingUserInfoKey(rawValue: "paths")

    // A decoder is used by one thread; the lock is for the compiler.
    private let reader = Mutex(ItemPathReader())

    package init() {}

    func path(_ text: String) -> ItemPath? { reader.withLock { $0.path(text) } }

    /// What a decoder is given.
    package var userInfo: [CodingUserInfoKey: any Sendable] { DecodedPaths.key.map { [$0: self] } ?? [:] }
}

extension ItemPath {
    /// As ``init(_:)``, of what the decoder has read before where that lies on the way.
    init?(_ text: String, in decoder: any Decoder) {
        guard let key = DecodedPaths.key, let paths = decoder.userInfo[key] as? DecodedPaths else {
            self.init(text)
            return
        }
        guard let path = paths.path(text) else { return nil }
        self = path
    }
}
