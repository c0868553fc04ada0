import WebSocketProtocol

/// A claim about a decoder that an input has disproved.
package struct InvariantBroken: Error, CustomStringConvertible {
    /// What should have held.
    package let description: String

    init(_ description: String) { self.description = description }
}

/// The decoders that take bytes from strangers, by wire or as files; each has a file with its invariant.
///
/// The raw value names the target's folders under Fuzz/Corpus and Fuzz/FailCases.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case requestHead = "request-head"
    case handshakeResponse = "handshake-response"
    case webSocketServer = "websocket-server"
    case webSocketClient = "websocket-client"
    case inflate
    case messagePack = "messagepack"
    case clientMessage = "client-message"
    case serverMessage = "server-message"
    case serverCore = "server-core"
    case recording

    /// Gives the input to the decoder; throws where its invariant does not hold.
    package func run(_ input: [UInt8]) throws(InvariantBroken) {
        switch self {
        case .requestHead: try RequestHeadTarget.run(input)
        case .handshakeResponse: try HandshakeResponseTarget.run(input)
        case .webSocketServer: try WebSocketTarget.run(input, role: .server)
        case .webSocketClient: try WebSocketTarget.run(input, role: .client)
        case .inflate: try InflateTarget.run(input)
        case .messagePack: try MessagePackTarget.run(input)
        case .clientMessage: try ClientMessageTarget.run(input)
        case .serverMessage: try ServerMessageTarget.run(input)
        case .serverCore: try ServerCoreTarget.run(input)
        case .recording: try RecordingTarget.run(input)
        }
    }
}

/// Fails the target unless the condition holds.
func require(_ condition: Bool, _ claim: @autoclosure () -> String) throws(InvariantBroken) {
    guard condition else { throw InvariantBroken(claim()) }
}

/// Cuts an input as its first bytes say: a reader for choices, then the rest.
struct InputReader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }

    /// The next byte, 0 at the end.
    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        position += 1
        return bytes[position - 1]
    }

    /// The next bytes, fewer at the end.
    mutating func take(_ count: Int) -> [UInt8] {
        let end = min(bytes.count, position + max(count, 0))
        let taken = Array(bytes[min(position, end)..<end])
        position = end
        return taken
    }

    /// All that is left.
    mutating func rest() -> [UInt8] { take(bytes.count) }
}
