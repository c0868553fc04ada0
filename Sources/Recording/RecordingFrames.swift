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
    private let version: UInt8
    private var checksum: UInt32

    /// A block as it lies in the file.
    struct StoredBlock {
        var type: BlockType
        var isDeflated: Bool
        /// Where it starts.
        var start: Int
        /// Where its payload lies.
        var payload: Range<Int>
        /// Behind its last octet.
        var end: Int
        /// The checksum of all octets up to its payload's end, which the next block's goes on from.
        var checksum: UInt32
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
        guard (1...RecordingFormat.version).contains(version) else {
            throw .formatVersion(found: version)
        }
        var sum = Checksum()
        sum.add(bytes.span.extracting(0..<RecordingFormat.prefixByteCount))
        guard
            case .block(let block) = RecordingFrames.frame(
                in: bytes, at: RecordingFormat.prefixByteCount, after: sum.value,
                version: version),
            block.type == .header, !block.isDeflated,
            let header = try? RecordingHeader(Array(bytes[block.payload]), limits: limits)
        else { throw .headerDamaged }
        self.bytes = bytes
        self.header = header
        self.version = version
        position = block.end
        checksum = block.checksum
    }

    /// The next block, which is not passed.
    var next: Frame {
        RecordingFrames.frame(in: bytes, at: position, after: checksum, version: version)
    }

    /// Goes on behind a block.
    mutating func pass(_ block: StoredBlock) {
        position = block.end
        checksum = block.checksum
    }

    private static func frame(
        in bytes: [UInt8], at start: Int, after previous: UInt32, version: UInt8
    ) -> Frame {
        guard start < bytes.count else { return .incomplete }
        let isShort = version > 1 && bytes[start] & RecordingFormat.shortFlag != 0
        let headByteCount =
            isShort ? RecordingFormat.shortHeadByteCount : RecordingFormat.blockHeadByteCount
        let tailByteCount =
            isShort ? RecordingFormat.shortTailByteCount : RecordingFormat.blockTailByteCount
        guard bytes.count - start >= headByteCount else { return .incomplete }
        let flags = RecordingFormat.deflatedFlag | (isShort ? RecordingFormat.shortFlag : 0)
        let headEnd = start + headByteCount - 1
        guard bytes[headEnd] == Checksum.ofHead(bytes.span.extracting(start..<headEnd)),
            let type = BlockType(rawValue: bytes[start] & ~flags), !isShort || type == .events
        else { return .damaged }
        let count = Int(stored(in: bytes, (start + 1)..<headEnd))
        let payload = (headEnd + 1)..<(headEnd + 1 + count)
        guard bytes.count - payload.upperBound >= tailByteCount else { return .incomplete }
        var sum = Checksum()
        sum.add(previous)
        sum.add(bytes.span.extracting(start..<payload.upperBound))
        let end = payload.upperBound + tailByteCount
        let found = stored(in: bytes, payload.upperBound..<end)
        guard found == (isShort ? sum.value & 0xFFFF : sum.value) else { return .damaged }
        return .block(
            StoredBlock(
                type: type, isDeflated: bytes[start] & RecordingFormat.deflatedFlag != 0,
                start: start, payload: payload, end: end, checksum: sum.value))
    }

    /// The number in up to four octets, the lowest first.
    private static func stored(in bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
        var number: UInt32 = 0
        for position in range.reversed() { number = number &<< 8 | UInt32(bytes[position]) }
        return number
    }
}
