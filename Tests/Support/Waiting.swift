/// Waits until `condition` holds, looking every few milliseconds.
///
/// - Returns: whether it held within `limit`.
package func eventually(within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async throws
    -> Bool
{
    let clock = ContinuousClock()
    let end = clock.now + limit
    while clock.now < end {
        if try await condition() { return true }
        try await clock.sleep(for: .milliseconds(10))
    }
    return false
}
