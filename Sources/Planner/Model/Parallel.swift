internal import Dispatch
internal import Synchronization

/// Transforms every element, on as many threads as there are cores; the results come in the order of the elements.
///
/// - Throws: the error of the first element, in their order, that could not be transformed.
package func inParallel<Input: Sendable, Output: Sendable, Failure: Error>(
    _ inputs: [Input], _ transform: @Sendable (Input) throws(Failure) -> Output
) throws(Failure) -> [Output] {
    guard inputs.count > 1 else {
        var outputs: [Output] = []
        for input in inputs { outputs.append(try transform(input)) }
        return outputs
    }
    let results = Mutex([Result<Output, Failure>?](repeating: nil, count: inputs.count))
    DispatchQueue.concurrentPerform(iterations: inputs.count) { index in
        let result = Result { () throws(Failure) in try transform(inputs[index]) }
        results.withLock { $0[index] = result }
    }
    var outputs: [Output] = []
    for case let result? in results.withLock({ $0 }) { outputs.append(try result.get()) }
    return outputs
}
