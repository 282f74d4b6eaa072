import Foundation
import Subprocess
import Synchronization
import TestSupport

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// A pseudo-terminal with a process in it, and what it shows.
final class Terminal: Sendable {
    private let screen: Mutex<TerminalEmulator>
    private let main: Int32
    private let other: Int32

    init(width: Int, height: Int) throws {
        screen = Mutex(TerminalEmulator(width: width, height: height))
        var ends: (main: Int32, other: Int32) = (-1, -1)
        var size = winsize(ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&ends.main, &ends.other, nil, nil, &size) == 0 else { throw TestFailure("no pseudo-terminal can be had") }
        main = ends.main
        other = ends.other
        Thread { [self] in read() }.start()
    }

    deinit {
        close(main)
    }

    var now: TerminalEmulator { screen.withLock { $0 } }

    private func read() {
        var block = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Foundation.read(main, &block, block.count)
            // The last process in it has gone.
            guard count > 0 else { return }
            screen.withLock { $0.feed(Array(block[..<count])) }
        }
    }

    /// Waits until something stands on it, and stops the test when it does not come.
    func shows(_ text: String) async throws {
        guard try await eventually(within: .seconds(30), { now.lines.contains { $0.contains(text) } }) else {
            throw TestFailure("'\(text)' was not shown:\n" + now.lines.joined(separator: "\n"))
        }
    }

    /// Runs a program in it; `body` acts meanwhile.
    func run(
        _ words: [String], environment: [String: String], during body: (pid_t) async throws -> Void
    ) async throws -> Finished.End {
        let changes = Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), Optional($1)) })
        var options = PlatformOptions()
        options.createSession = true
        let end = FileDescriptor(rawValue: other)
        let result = try await Subprocess.run(
            .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())), environment: .inherit.updating(changes),
            platformOptions: options, input: .fileDescriptor(end, closeAfterSpawningProcess: false),
            output: .fileDescriptor(end, closeAfterSpawningProcess: false),
            error: .fileDescriptor(end, closeAfterSpawningProcess: false)
        ) { execution in
            do {
                try await body(execution.processIdentifier.value)
            } catch {
                kill(execution.processIdentifier.value, SIGKILL)
                throw error
            }
        }
        close(other)
        switch result.terminationStatus {
        case .exited(let code): return .exited(Int(code))
        case .signaled(let signal): return .killed(signal: Int(signal))
        }
    }
}
