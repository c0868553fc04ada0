package import MessagePack
package import Replication

/// Why bytes are not an acceptable message of this protocol; the peer is at fault.
package enum ProtocolError: Error, Equatable, Sendable {
    /// Not MessagePack, not of the kind that stands there, or beyond a bound of the reader.
    case malformed(MessagePackError)
    /// A message with fewer elements than its type has.
    case elementsMissing
    /// A message type that a client does not send.
    case unknownType(UInt32)
    /// A hello of a version other than ours.
    case versionNotSupported(UInt32)
    /// A name that is too long or holds control or bidirectional formatting characters.
    case nameNotAllowed
    /// A token that does not have 16 bytes.
    case tokenLength
    /// A number or word outside its list: a role, scope, seat, state or tick.
    case valueOutOfRange
    /// An input that does not hold 1 to 8 whole commands, or several without a tick.
    case commandCount
    /// An event for one seat without a seat.
    case targetMissing
    /// More entries than the limits allow.
    case tooManyEntries
    /// A snapshot before the welcome.
    case notWelcomed
    /// Declarations that cannot be replicated.
    case schema(SchemaError)
    /// A snapshot that cannot be decoded.
    case snapshot(SnapshotError)

    /// The code with which a server closes the connection.
    package var closeCode: ProtocolCloseCode {
        switch self {
        case .malformed(.tooLong), .malformed(.tooManyElements): .tooBig
        case .nameNotAllowed: .policy
        case .versionNotSupported: .versionNotSupported
        case .malformed, .elementsMissing, .unknownType, .tokenLength, .valueOutOfRange,
            .commandCount, .targetMissing, .tooManyEntries, .notWelcomed, .schema, .snapshot:
            .malformedMessage
        }
    }
}
