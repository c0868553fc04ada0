/// What a handshake agreed on for permessage-deflate (RFC 7692 §7.1).
///
/// A window of 8 bits is never promised for a compressor of ours: zlib cannot produce raw deflate
/// with one. A peer may promise it for its own compressor.
package struct DeflateParameters: Sendable, Equatable {
    /// The server forgets its window after each message (RFC 7692 §7.1.1.1).
    package var serverNoContextTakeover: Bool
    /// The client forgets its window after each message (RFC 7692 §7.1.1.2).
    package var clientNoContextTakeover: Bool
    /// Base-2 logarithm of the server's window, 8 to 15 (RFC 7692 §7.1.2.1).
    package var serverMaxWindowBits: Int
    /// Base-2 logarithm of the client's window, 8 to 15 (RFC 7692 §7.1.2.2).
    package var clientMaxWindowBits: Int

    /// Makes an agreement; the defaults are those of RFC 7692 where a parameter is absent.
    package init(
        serverNoContextTakeover: Bool = false,
        clientNoContextTakeover: Bool = false,
        serverMaxWindowBits: Int = 15,
        clientMaxWindowBits: Int = 15
    ) {
        self.serverNoContextTakeover = serverNoContextTakeover
        self.clientNoContextTakeover = clientNoContextTakeover
        self.serverMaxWindowBits = serverMaxWindowBits
        self.clientMaxWindowBits = clientMaxWindowBits
    }
}
