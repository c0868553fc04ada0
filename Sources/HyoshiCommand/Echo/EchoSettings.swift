import WebSocketProtocol

/// How an echoing connection behaves, and its bounds beyond those of the WebSocket layer.
struct EchoSettings: Sendable {
    /// What the WebSocket layer accepts: 32 MiB messages of up to 70,000 fragments.
    var webSocket = WebSocketLimits.conformance
    /// Whether permessage-deflate is agreed on.
    var compresses = true
    /// Bytes of echoes that may wait for a peer that does not read; 64 MiB.
    ///
    /// Costs as much memory at worst for each connection, and again as much in the transport.
    /// Beyond it the connection is closed with 1013.
    var queueByteCountMax = 64 * 1024 * 1024
    /// How long a handshake may take, in nanoseconds; 5 s.
    var handshakeNanoseconds: UInt64 = 5_000_000_000
    /// How long a peer may leave what waits for it unread, in nanoseconds; 60 s.
    ///
    /// Beyond it the connection is closed with 1013.
    var blockedNanoseconds: UInt64 = 60_000_000_000

    /// What is agreed on in handshakes: windows are kept unless the client asks otherwise, so that
    /// every variant of RFC 7692 §7.1 can be met.
    var handshake: HandshakePolicy {
        HandshakePolicy(
            deflate: DeflatePolicy(
                isEnabled: compresses, serverNoContextTakeover: false,
                clientNoContextTakeover: false))
    }
}
