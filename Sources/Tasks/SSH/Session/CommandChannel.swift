internal import CLibSSH2
internal import Glibc

/// A remote command in progress: its channel, and what it has said so far. Confined to its session's actor.
final class CommandChannel {
    let channel: OpaquePointer
    let request: ExecutionRequest
    private var marker: SessionMarker?
    private var standardOutput: OutputTail
    private var standardError: OutputTail
    /// The request is on its way, or a part of it.
    var isRequested = false
    /// The server has agreed to run it.
    var isStarted = false
    /// The part of the input that is being sent.
    private var input: [UInt8]
    /// Gives the next part; nil after the last one.
    private(set) var reader: UploadReader?
    /// Position in `input`; nil once the end of everything was sent.
    var inputSent: Int? = 0

    /// - Parameter marker: what announces the process id; nil for a command that does not.
    init(channel: OpaquePointer, request: ExecutionRequest, marker: SessionMarker?) {
        self.channel = channel
        self.request = request
        self.marker = marker
        input = request.standardInput
        reader = request.reader
        standardOutput = OutputTail(limit: request.outputLimit)
        standardError = OutputTail(limit: request.outputLimit)
    }

    var processID: Int? { marker?.processID }
    /// `$SHELL` over there, if it was told.
    var shell: String? { marker?.shell }
    var isAwaitingProcessID: Bool { marker?.isSearching ?? false }

    /// libssh2's read of one stream, the bytes of which are handed on: their number, or an error.
    ///
    /// - Parameter buffer: room for the time of the call.
    func read(_ stream: SSHOutputStream, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let number: Int32 = stream == .standardOutput ? 0 : SSH_EXTENDED_DATA_STDERR
        let count = libssh2_channel_read_ex(
            channel, number, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
        guard count > 0 else { return count }
        var bytes = Array(buffer[..<count])
        if stream == .standardOutput { bytes = marker?.filter(bytes) ?? bytes }
        deliver(bytes, stream)
        return count
    }

    /// Whether the next part of the input is to be read.
    var wantsInput: Bool { reader != nil && inputSent.map { $0 >= input.count } ?? false }

    /// The next part of the input; none: there is no more.
    func supply(_ block: [UInt8]) {
        if block.isEmpty { reader = nil }
        input = block
        inputSent = 0
    }

    /// Sends the end of an input that is empty. Only to be called where a packet is sure to be taken.
    func endEmptyInput() {
        guard reader == nil, inputSent != nil, input.isEmpty else { return }
        if libssh2_channel_send_eof(channel) == 0 { inputSent = nil }
    }

    /// How much is written before the output is looked at again.
    private static let inputShare = 512 * 1024

    /// Sends some of the input, or its end; libssh2 makes a packet of at most 32 KB of each write. The input must stay where it is
    /// meanwhile.
    ///
    /// - Returns: what libssh2 says: EAGAIN if nothing went, or if a packet went in part, which the same call must continue.
    func writeInput(_ handle: SessionHandle) -> Int {
        guard let start = inputSent else { return 0 }
        guard start < input.count else {
            let code = Int(libssh2_channel_send_eof(channel))
            if code != Int(LIBSSH2_ERROR_EAGAIN) { inputSent = nil }
            return code
        }
        return input.withUnsafeBytes { raw in
            let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            var position = start
            while position < raw.count, position - start < Self.inputShare {
                let code = libssh2_channel_write_ex(channel, 0, base?.advanced(by: position), raw.count - position)
                if code == Int(LIBSSH2_ERROR_EAGAIN) {
                    inputSent = position
                    return handle.wantsToSend || position == start ? code : position - start
                }
                guard code >= 0 else {
                    // A far side that takes no more input is not an error: `head` is allowed to stop reading.
                    inputSent = nil
                    return code
                }
                position += code
            }
            inputSent = position
            return position - start
        }
    }

    /// To be read after the far side has closed the channel.
    func result() -> SSHExecution {
        if let held = marker?.finish() { deliver(held, .standardOutput) }
        let output = standardOutput.finish()
        let errors = standardError.finish()
        return SSHExecution(
            standardOutput: output.kept, standardError: errors.kept, droppedOutput: output.dropped,
            droppedError: errors.dropped, termination: termination())
    }

    private func termination() -> SSHExecution.Termination {
        var signal: UnsafeMutablePointer<CChar>?
        libssh2_channel_get_exit_signal(channel, &signal, nil, nil, nil, nil, nil)
        guard let signal else { return .exited(Int(libssh2_channel_get_exit_status(channel))) }
        defer { Glibc.free(signal) }
        return .signalled(String(cString: signal))
    }

    private func deliver(_ bytes: [UInt8], _ stream: SSHOutputStream) {
        guard !bytes.isEmpty else { return }
        switch stream {
        case .standardOutput: standardOutput.append(bytes)
        case .standardError: standardError.append(bytes)
        }
        request.onOutput?(stream, bytes)
    }
}
