import Glibc
import HyoshiProgram
import Synchronization
import WebSocketProtocol

/// Writes down what went over the wire after each handshake, with the cuts between the pieces.
///
/// The file is a run of transcripts, each one written when its connection ends:
///
///     connection 7 server plain
///     in 17
///     <17 bytes>
///     out 11
///     <11 bytes>
///     end
///
/// `connection` is followed by the number of the connection in the order of opening, our role, and
/// whether compression was agreed on (`plain` or `deflate`); `in` is one read, `out` is one write.
/// Every line, and every run of bytes, ends with a line feed.
final class TranscriptRecorder: Sendable {
    private struct State: Sendable {
        var descriptor: Int32
        var connectionCount = 0
    }

    private let state: Mutex<State>

    /// Creates the file, or empties it.
    init(path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .cannotCreate,
                "--record-transcripts \(path): \(String(cString: strerror(errno)))")
        }
        state = Mutex(State(descriptor: descriptor))
    }

    deinit {
        state.withLock { _ = close($0.descriptor) }
    }

    /// Starts the transcript of a connection.
    func begin() -> TranscriptRecording {
        let number = state.withLock { state in
            state.connectionCount += 1
            return state.connectionCount
        }
        return TranscriptRecording(number: number, recorder: self)
    }

    /// Appends whole transcripts, so that those of several loops do not mix.
    fileprivate func write(_ bytes: [UInt8]) {
        state.withLock { state in
            bytes.withUnsafeBytes { buffer in
                var written = 0
                while written < buffer.count {
                    let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                    let count = Glibc.write(state.descriptor, rest.baseAddress, rest.count)
                    guard count > 0 else { return }
                    written += count
                }
            }
        }
    }
}

/// The transcript of one connection; it is in memory until the connection ends.
final class TranscriptRecording {
    private let number: Int
    private let recorder: TranscriptRecorder
    private var bytes: [UInt8] = []
    /// Bytes of the next writes that belong to the handshake.
    private var skippedByteCount = 0
    private var isOpen = false

    /// A transcript larger than this is not kept: 4 MiB.
    private static let byteCountMax = 4 * 1024 * 1024

    fileprivate init(number: Int, recorder: TranscriptRecorder) {
        self.number = number
        self.recorder = recorder
    }

    /// The handshake is complete.
    func open(_ role: Role, isCompressed: Bool) {
        isOpen = true
        append(
            "connection \(number) \(role == .server ? "server" : "client") "
                + "\(isCompressed ? "deflate" : "plain")\n")
    }

    /// The next bytes that go out are still the handshake's.
    func skip(_ byteCount: Int) {
        skippedByteCount = byteCount
    }

    /// One read.
    func received(_ piece: Span<UInt8>) {
        append(piece, named: "in")
    }

    /// One write.
    func sent(_ piece: Span<UInt8>) {
        let skipped = min(skippedByteCount, piece.count)
        skippedByteCount -= skipped
        append(piece.extracting(droppingFirst: skipped), named: "out")
    }

    /// The connection has ended.
    func finish() {
        guard isOpen else { return }
        isOpen = false
        append("end\n")
        recorder.write(bytes)
        bytes = []
    }

    private func append(_ piece: Span<UInt8>, named name: String) {
        guard isOpen, !piece.isEmpty else { return }
        guard bytes.count + piece.count <= Self.byteCountMax else {
            isOpen = false
            bytes = []
            return
        }
        append("\(name) \(piece.count)\n")
        piece.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        append("\n")
    }

    private func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
