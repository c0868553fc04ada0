/// The outermost shape of a recording: eight octets, and then blocks (docs/recording.md).
package enum RecordingFormat {
    /// The version of the format that is written; those before it are read, too.
    package static let version: UInt8 = 2
    /// What every recording starts with; the version follows.
    ///
    /// The first octet is no text, so that what was damaged by a transfer as text is noticed at once.
    static let magic: [UInt8] = [0x89, 0x48, 0x59, 0x4F, 0x53, 0x48, 0x49]
    /// Octets of the magic and the version.
    static let prefixByteCount = 8
    /// Octets before a block's payload: type, length (3) and the checksum of these.
    static let blockHeadByteCount = 5
    /// Octets behind a block's payload: its checksum.
    static let blockTailByteCount = 4
    /// Octets before the payload of a short block: type, length (1) and the checksum of these.
    static let shortHeadByteCount = 3
    /// Octets behind the payload of a short block: the lower half of its checksum.
    static let shortTailByteCount = 2
    /// The most octets of a short block's payload.
    static let shortPayloadByteCountMax = 255
    /// In a block's first octet: whether its payload is compressed.
    static let deflatedFlag: UInt8 = 0x80
    /// In a block's first octet: whether it is short, since version 2 and for events alone.
    static let shortFlag: UInt8 = 0x40
    /// The empty stored block that ends every flush; the same each time, so it is not written.
    static let flushEnd: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
    /// The ending of a recording's file name.
    package static let fileExtension = "hyoshi"
}

/// What a block holds.
enum BlockType: UInt8, Sendable {
    /// Of what the recording is; the first block, and only that.
    case header = 1
    /// What the room applied in a number of ticks.
    case events = 2
    /// The whole state after the last tick of the blocks before.
    case state = 3
    /// The recording was ended on purpose; the last block.
    case end = 4
}

/// Why a recording has an end block.
package enum RecordingEndReason: UInt8, Sendable, CaseIterable {
    /// The room was closed, or the server ended.
    case closed = 0
    /// The recording had grown to its limit.
    case sizeLimit = 1
    /// More was to be written than may wait: the disk or the machine was too slow.
    case fellBehind = 2
}

/// How a recording ends.
package enum RecordingEnding: Equatable, Sendable {
    /// With an end block; nothing stands behind it.
    case complete(RecordingEndReason)
    /// In the middle, as after a crash: all blocks before `offset` are whole.
    case torn(offset: Int)
    /// With octets that nobody wrote so: all blocks before `offset` are whole.
    case damaged(offset: Int)
}

/// The bounds of what is read from a recording, which may be anybody's; all finite.
package struct RecordingLimits: Sendable {
    /// Octets of one block after decompression: 32 MiB.
    package var blockByteCountMax = 32 * 1024 * 1024
    /// Octets of all events and states after decompression: 512 MiB, a day or more of a full room.
    package var eventsByteCountMax = 512 * 1024 * 1024
    /// Full states: 65,536, three weeks at one for each half minute.
    package var statesMax = 65_536
    /// Octets of a name or text in the header.
    package var textByteCountMax = 256
    /// Columns of a table.
    package var columnsMax = 1_024
    /// Fields of an input.
    package var inputFieldsMax = 62

    package init() {}
}

/// Why a recording cannot be read, or not played.
package enum RecordingError: Error, Equatable, Sendable {
    /// The file does not start like a recording.
    case notARecording
    /// Its format is of a version that is not read.
    case formatVersion(found: UInt8)
    /// The header is cut off or damaged.
    case headerDamaged
    /// It was made with another version of the protocol.
    case protocolVersion(found: String, expected: String)
    /// It is of another game.
    case game(found: String, expected: String)
    /// It is of another version of the game: the declarations of its entities or inputs differ.
    case declarations(game: String)
    /// A block of it says what no room does.
    case malformed
}

extension RecordingError: CustomStringConvertible {
    /// One sentence for people.
    package var description: String {
        switch self {
        case .notARecording:
            "this is no recording of a room"
        case .formatVersion(let found):
            "the recording is of format \(found), and this program reads formats up to "
                + "\(RecordingFormat.version)"
        case .headerDamaged:
            "the header is damaged or cut off"
        case .protocolVersion(let found, let expected):
            "the recording was made with protocol \"\(found)\", and this program has "
                + "\"\(expected)\""
        case .game(let found, let expected):
            "the recording is of the game \"\(found)\", not of \"\(expected)\""
        case .declarations(let game):
            "the recording is of another version of \"\(game)\": its entities or inputs are "
                + "declared differently"
        case .malformed:
            "a block says what no room does"
        }
    }
}
