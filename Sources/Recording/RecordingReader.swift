/// How a recording ends.
package enum RecordingEnding: Equatable, Sendable {
    /// With an end block; nothing stands behind it.
    case complete(RecordingEndReason)
    /// In the middle, as after a crash: all blocks before `offset` are whole.
    case torn(offset: Int)
    /// With octets that nobody wrote so: all blocks before `offset` are whole.
    case damaged(offset: Int)
}

/// Takes a recording's octets apart into blocks; whatever the octets are, it neither traps nor takes
/// memory beyond its limits.
struct RecordingReader: ~Copyable {
    /// What was recorded.
    let header: RecordingHeader
    /// How it ends; known once ``next()`` has returned nil.
    private(set) var ending: RecordingEnding?

    private let bytes: [UInt8]
    private let limits: RecordingLimits
    private var inflater: BlockInflater
    private var history = BlockHistory()
    private var checksum: UInt32
    private var position: Int

    /// A block, decompressed.
    struct Block {
        var type: BlockType
        var payload: [UInt8]
        /// Octets of the whole block in the file.
        var storedByteCount: Int
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
            case .block(let type, let isDeflated, let payload) = RecordingReader.frame(
                in: bytes, at: RecordingFormat.prefixByteCount, after: sum.value),
            type == .header, !isDeflated,
            let header = try? RecordingHeader(Array(bytes[payload]), limits: limits)
        else { throw .headerDamaged }
        guard let inflater = BlockInflater() else { throw .malformed }
        self.bytes = bytes
        self.limits = limits
        self.inflater = inflater
        self.header = header
        position = payload.upperBound + RecordingFormat.blockTailByteCount
        checksum = RecordingReader.stored(in: bytes, at: payload.upperBound)
    }

    /// The next block; nil at the end, and then ``ending`` says which.
    mutating func next() -> Block? {
        guard ending == nil else { return nil }
        let start = position
        switch RecordingReader.frame(in: bytes, at: start, after: checksum) {
        case .incomplete:
            ending = .torn(offset: start)
            return nil
        case .damaged:
            ending = .damaged(offset: start)
            return nil
        case .block(let type, let isDeflated, let range):
            do throws(RecordingError) {
                if type == .state { history.removeAll() }
                let payload = try payload(range, isDeflated: isDeflated)
                if type == .events { history.add(payload) }
                pass(range)
                if type == .header { throw .malformed }
                if type == .end { ending = try end(payload) }
                return Block(
                    type: type, payload: payload, storedByteCount: position - start)
            } catch {
                ending = .damaged(offset: start)
                return nil
            }
        }
    }

    /// Calls a block that was read damaged after all: it says what no room does.
    mutating func reject(_ block: Block) {
        ending = .damaged(offset: position - block.storedByteCount)
    }

    private mutating func payload(
        _ range: Range<Int>, isDeflated: Bool
    ) throws(RecordingError) -> [UInt8] {
        guard isDeflated else {
            guard range.count <= limits.blockByteCountMax else { throw .malformed }
            return Array(bytes[range])
        }
        return try inflater.plain(of: bytes[range], after: history, limit: limits.blockByteCountMax)
    }

    private func end(_ payload: [UInt8]) throws(RecordingError) -> RecordingEnding {
        var reader = ByteReader(payload)
        guard let reason = RecordingEndReason(rawValue: try reader.byte()) else {
            throw .malformed
        }
        _ = try reader.number()
        guard reader.isAtEnd, position == bytes.count else { throw .malformed }
        return .complete(reason)
    }

    private mutating func pass(_ payload: Range<Int>) {
        position = payload.upperBound + RecordingFormat.blockTailByteCount
        checksum = RecordingReader.stored(in: bytes, at: payload.upperBound)
    }

    private enum Frame {
        case block(BlockType, isDeflated: Bool, payload: Range<Int>)
        case incomplete
        case damaged
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
        return .block(type, isDeflated: bytes[start] & 0x80 != 0, payload: payload)
    }

    private static func stored(in bytes: [UInt8], at position: Int) -> UInt32 {
        var number: UInt32 = 0
        for offset in 0..<4 {
            number |= UInt32(bytes[position + offset]) &<< UInt32(8 * offset)
        }
        return number
    }
}
