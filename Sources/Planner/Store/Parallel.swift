internal import Dispatch
internal import Synchronization

/// Transforms every element, on as many threads as there are cores; the results come in the order of the elements.
///
/// - Throws: the error of the first element, in their order, that could not be transformed.
func inParallel<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ transform: @Sendable (Input) throws -> Output
) throws -> [Output] {
    guard inputs.count > 1 else { return try inputs.map(transform) }
    let results = Mutex([Result<Output, any Error>?](repeating: nil, count: inputs.count))
    DispatchQueue.concurrentPerform(iterations: inputs.count) { index in
        let result = Result { try transform(inputs[index]) }
        results.withLock { $0[index] = result }
    }
    return try results.withLock { all in try all.compactMap { try $0?.get() } }
}
