package import MessagePack

/// The version of the protocol, and what names it in the handshake.
package enum ProtocolVersion {
    /// The version that a hello and a welcome carry.
    package static let current: UInt32 = 1
    /// The WebSocket subprotocol (RFC 6455 §1.9) of that version.
    package static let subprotocol = "hyoshi.v1"
}

/// The bounds of messages; docs/protocol.md states the same numbers.
package struct ProtocolLimits: Sendable {
    /// Bytes of a name in UTF-8.
    package var nameBytesMax = 96
    /// Unicode scalar values of a name.
    package var nameCharactersMax = 24
    /// Bytes of an event's payload.
    package var payloadBytesMax = 512
    /// Commands in an input message.
    package var commandsMax = 8
    /// Seats in a roster, and one more than the greatest seat number.
    package var seatsMax = 64
    /// Bytes of the names of a room and a game in a welcome.
    package var roomNameBytesMax = 64
    /// What a message from a client may ask of the reader; the longest input has 134 values.
    package var reading = MessagePackLimits(depthMax: 4, elementsMax: 256, mapPairsMax: 16)

    /// The limits that docs/protocol.md states.
    package init() {}
}
