import GameProtocol
package import TransportInterface
package import WebSocketProtocol

/// Why a connection came to its end, or to nothing.
package enum ConnectionTrouble: Sendable, Equatable {
    /// The transport has not reached the server.
    case notReached
    /// The server answered with another status than 101, such as 404 or 503.
    case refused(statusCode: Int)
    /// The answer opens no WebSocket, or not one of this protocol.
    case notHyoshi
    /// The WebSocket or the welcome did not come in time.
    case tooSlow
    /// The connection ended without a Close.
    case lost
    /// Nothing was heard for too long.
    case silent
    /// The server closed with a code, 1005 where it gave none, and a reason for people.
    case closed(code: UInt16, reason: String)
    /// The server broke the rules; it was told this code.
    case violation(CloseCode)
    /// This side left.
    case left

    /// The close code under which the end is counted; nil where no WebSocket was open.
    package var closeCode: UInt16? {
        switch self {
        case .notReached, .refused, .notHyoshi: nil
        case .tooSlow, .lost, .silent: 1006
        case .closed(let code, _): code
        case .violation(let code): code.rawValue
        case .left: 1000
        }
    }

    /// What it means for the next attempt (docs/protocol.md, 9 and 11).
    ///
    /// - Parameter asksForSeat: Whether the hello carried a token.
    package func judgement(asksForSeat: Bool) -> ReconnectJudgement {
        switch self {
        case .notReached, .tooSlow, .lost, .silent: .again
        case .left, .notHyoshi, .violation: .never
        case .refused(let status):
            // The server or what stands before it is overloaded or being replaced.
            status == 408 || status == 429 || status >= 500 ? .again : .never
        case .closed(let code, _):
            switch ProtocolCloseCode(rawValue: code) {
            case .goingAway, .tryAgainLater, .silent: .again
            case .tokenRefused: asksForSeat ? .asNewcomer : .never
            case .left, .webSocketError, .textMessage, .malformedMessage, .policy, .tooBig,
                .notAllowedNow, .kicked, .noSuchRoom, .takenOver, .roomClosed,
                .versionNotSupported:
                .never
            // 1005 and what a proxy says of its own accord, such as 1012 or 1014.
            case nil: code == 1005 || (1011...1014).contains(code) ? .again : .never
            }
        }
    }
}

extension ConnectionTrouble: CustomStringConvertible {
    /// What has happened, for people.
    package var description: String {
        switch self {
        case .notReached: "the server cannot be reached"
        case .refused(let status): "the server answered \(status)"
        case .notHyoshi: "the server's answer opens no WebSocket of this protocol"
        case .tooSlow: "the server took too long to answer"
        case .lost: "the connection was lost"
        case .silent: "the server has fallen silent"
        case .closed(let code, let reason):
            reason.isEmpty ? "closed with \(code)" : "closed with \(code): \(reason)"
        case .violation(let code): "the server sent what is not allowed (\(code.rawValue))"
        case .left: "left"
        }
    }
}

/// Whether a client connects again by itself.
package enum ReconnectJudgement: Sendable, Equatable {
    /// Yes, with the token of the seat where there is one.
    case again
    /// Yes, but the seat is gone; there is no reason to wait for longer than the first time.
    case asNewcomer
    /// No.
    case never
}

/// The end of a connection, or of an attempt at one, and what follows from it.
package struct ConnectionEnd: Sendable, Equatable {
    /// Why it ended.
    package let trouble: ConnectionTrouble
    /// Whether a WebSocket had been open.
    package let wasOpen: Bool
    /// When the next attempt is made, or nil where there will be none.
    package let retryAt: MonotonicInstant?

    package init(trouble: ConnectionTrouble, wasOpen: Bool, retryAt: MonotonicInstant?) {
        self.trouble = trouble
        self.wasOpen = wasOpen
        self.retryAt = retryAt
    }
}
