import ClientCore
import Hyoshi
import WebSocketProtocol

/// What checks of a whole run look at; no program needs it.
extension ClientSession {
    /// Bytes that wait to be taken by ``takeOutput(into:)``.
    package var waitingByteCount: Int { output.count }

    /// Where the sequence stands from which the waits are drawn.
    package var randomState: UInt64 { random.state }
}
