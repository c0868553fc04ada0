package import GameProtocol
import MessagePack
import Replication

/// What is said of a message that the core cannot take.
package enum ErrorText {
    /// One sentence without its full stop.
    package static func text(of error: ProtocolError) -> StaticString {
        switch error {
        case .malformed(let error): text(of: error)
        case .elementsMissing: "the message has fewer elements than its type has"
        case .unknownType: "the message has an unknown type"
        case .versionNotSupported: "the version of the protocol is not supported"
        case .nameNotAllowed: "a name is too long or holds characters that are not allowed"
        case .tokenLength: "a token does not have 16 bytes"
        case .valueOutOfRange: "a number is outside its list"
        case .commandCount: "an input does not hold whole commands"
        case .targetMissing: "an event for one seat names none"
        case .tooManyEntries: "a list is longer than allowed"
        case .notWelcomed: "a snapshot came before the welcome"
        case .schema: "the welcome declares what cannot be replicated"
        case .snapshot(let error): text(of: error)
        }
    }

    private static func text(of error: MessagePackError) -> StaticString {
        switch error {
        case .truncated: "the message is cut short"
        case .tooManyElements, .tooManyKeys: "the message has too many elements"
        case .tooDeep: "the message is nested too deeply"
        case .tooLong: "a string in the message is too long"
        case .invalidUTF8: "a string in the message is not UTF-8"
        case .trailingBytes: "bytes follow the message"
        case .integerOutOfRange: "an integer in the message is out of range"
        default: "the message is not MessagePack of the kind that is expected"
        }
    }

    private static func text(of error: SnapshotError) -> StaticString {
        switch error {
        case .missingBaseline: "the snapshot's baseline is gone"
        case .unknownKind, .wrongKindCount, .kindsNotAscending:
            "the snapshot's kinds are not those of the welcome"
        case .tooManyEntities: "the snapshot has more entities than the welcome allows"
        case .unknownRemoval, .unknownEntity, .knownEntity:
            "the snapshot's entities do not fit its baseline"
        case .entityIncomplete, .idNotAscending, .idOutOfRange, .maskOutOfRange, .numberOutOfRange:
            "a number in the snapshot is out of range"
        }
    }
}
