/// Walks over a recording's blocks as they lie in the file: their frames and checksums.
///
/// It decompresses nothing, so it needs no zlib. Whatever the octets are, it neither traps nor
/// takes memory.
struct RecordingFrames {
    /// What was recorded.
    let header: RecordingHeader
    /// The file.
    let bytes: [UInt8]
    /// Where the next block starts.
    private(set) var position: Int
    private var checksum: UInt32

    /// A block as it lies in the file.
    struct StoredBlock {
        var type: BlockType
        var isDeflated: Bool
        /// Where its payload lies.
        var payload: Range<Int>

        /// Where it starts.
        var start: Int { payload.lowerBound - RecordingFormat.blockHeadByteCount }
        /// Behind its last octet.
        var end: Int { payload.upperBound + RecordingFormat.blockTailByteCount }
    }

    /// What stands next.
    enum Frame {
        case block(StoredBlock)
        /// Nothing, or a block that is cut off.
        case incomplete
        /// Octets that nobody wrote so.
        case damaged
    }

    /// Reads the header.
    init(_ bytes: [UInt8], limits: RecordingLimits) throws(RecordingError) {
        guard bytes.count >= RecordingFormat.prefixByteCount,
            Array(bytes[..<(RecordingFormat.prefixByteCount - 1)]) == RecordingFormat.magic
        else { throw .notARecording }
        let version = bytes[RecordingFormat.prefixByteCount - 1]
        guard version == RecordingFormat.version else { throw .formatVersion(found: version) }
        var sum = Checksum()
        sum.add(bytes.span.extracting(0..<RecordingFormat.prefixByteCount))
        guard
            case .block(let block) = RecordingFrames.frame(
                in: bytes, at: RecordingFormat.prefixByteCount, after: sum.value),
            block.type == .header, !block.isDeflated,
            let header = try? RecordingHeader(Array(bytes[block.payload]), limits: limits)
        else { throw .headerDamaged }
        self.bytes = bytes
        self.header = header
        position = block.end
        checksum = RecordingFrames.stored(in: bytes, at: block.payload.upperBound)
    }

    /// The next block, which is not passed.
    var next: Frame { RecordingFrames.frame(in: bytes, at: position, after: checksum) }

    /// Goes on behind a block.
    mutating func pass(_ block: StoredBlock) {
        position = block.end
        checksum = RecordingFrames.stored(in: bytes, at: block.payload.upperBound)
    }

    private static func frame(in bytes: [UInt8], at start: Int, after previous: UInt32) -> Frame {
        let headCount = RecordingFormat.blockHeadByteCount
        guard bytes.count - start >= headCount else { return .incomplete }
        let count =
            Int(bytes[start + 1]) | Int(bytes[start + 2]) << 8 | Int(bytes[start + 3]) << 16
        guard bytes[start + 4] == Checksum.ofHead(bytes[start], count),
            let type = BlockType(rawValue: bytes[start] & 0x7F)
        else { return .damaged }
        let payload = (start + headCount)..<(start + headCount + count)
        guard bytes.count - payload.upperBound >= RecordingFormat.blockTailByteCount else {
            return .incomplete
        }
        var sum = Checksum()
        sum.add(previous)
        sum.add(bytes.span.extracting(start..<payload.upperBound))
        guard sum.value == stored(in: bytes, at: payload.upperBound) else { return .damaged }
        return .block(
            StoredBlock(type: type, isDeflated: bytes[start] & 0x80 != 0, payload: payload))
    }

    private static func stored(in bytes: [UInt8], at position: Int) -> UInt32 {
        var number: UInt32 = 0
        for offset in 0..<4 {
            number |= UInt32(bytes[position + offset]) &<< UInt32(8 * offset)
        }
        return number
    }
}
