/// The status code of a Close frame (RFC 6455 §7.4).
package struct CloseCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package var rawValue: UInt16

    /// Makes a code of any number; see ``isValidOnWire``.
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// 1000: the purpose of the connection is fulfilled.
    package static let normalClosure = CloseCode(rawValue: 1000)
    /// 1001: the server goes down or the page is left.
    package static let goingAway = CloseCode(rawValue: 1001)
    /// 1002: the peer broke the protocol.
    package static let protocolError = CloseCode(rawValue: 1002)
    /// 1003: a kind of data that is not accepted.
    package static let unsupportedData = CloseCode(rawValue: 1003)
    /// 1007: data that is not what its type says, such as text that is not UTF-8.
    package static let invalidPayload = CloseCode(rawValue: 1007)
    /// 1008: the peer broke a policy of ours.
    package static let policyViolation = CloseCode(rawValue: 1008)
    /// 1009: a message too big to be processed.
    package static let messageTooBig = CloseCode(rawValue: 1009)
    /// 1010: the server did not agree to an extension that the client needs.
    package static let mandatoryExtension = CloseCode(rawValue: 1010)
    /// 1011: a condition that the server did not expect.
    package static let internalError = CloseCode(rawValue: 1011)
    /// 1012: the service restarts (IANA registry).
    package static let serviceRestart = CloseCode(rawValue: 1012)
    /// 1013: try again later (IANA registry).
    package static let tryAgainLater = CloseCode(rawValue: 1013)
    /// 1014: a gateway got an invalid answer (IANA registry).
    package static let badGateway = CloseCode(rawValue: 1014)

    /// Whether the code may stand in a Close frame.
    ///
    /// RFC 6455 §7.4.1: 1004, 1005, 1006 and 1015 never do. §7.4.2: 0-999 are not used, 1000-2999
    /// belong to the protocol and to the IANA registry, 3000-4999 to libraries and applications.
    package var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
