/// What a message is (RFC 6455 §5.6).
package enum MessageKind: Sendable, Equatable {
    /// UTF-8 text.
    case text
    /// Any bytes.
    case binary

    /// The opcode of the message's first frame.
    package var opcode: Opcode {
        switch self {
        case .text: .text
        case .binary: .binary
        }
    }
}

/// What happened on a connection; the payload stands beside it.
package enum WebSocketEvent: Equatable, Sendable {
    /// A complete message; text is valid UTF-8. Payload: the message.
    case message(MessageKind)
    /// A ping, whose answer the endpoint keeps until the next flush. Payload: its data.
    case ping
    /// A pong, asked for or not. Payload: its data.
    case pong
    /// The peer closes; nothing more comes. Payload: its reason, valid UTF-8.
    case closeReceived(code: UInt16?)
    /// The peer broke the rules; nothing more comes, and the endpoint closes. No payload.
    case failed(ProtocolViolation)
}
