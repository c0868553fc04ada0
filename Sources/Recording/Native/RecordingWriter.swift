package import Hyoshi

/// Makes a recording's octets: the header, then blocks, each complete in itself.
///
/// Nothing is ever changed once it is written.
package struct RecordingWriter: Sendable {
    /// Whether more events than a reader takes have come: they and all later ones are left out.
    package private(set) var isFull = false

    private let game: Game
    private let limits: RecordingLimits
    /// Octets of the payloads so far, before compression.
    private var plainByteCount = 0
    private var stateCount = 0
    private var checksum: UInt32
    private var history = BlockHistory()
    /// The ticks that have been written.
    package private(set) var tickCount: UInt64 = 0

    /// Starts a recording and appends its first octets.
    ///
    /// It never becomes more than a reader of the same limits takes.
    package init(
        header: RecordingHeader, game: Game, limits: RecordingLimits = RecordingLimits(),
        into bytes: inout [UInt8]
    ) {
        self.game = game
        self.limits = limits
        let prefix = RecordingFormat.magic + [RecordingFormat.version]
        bytes.append(contentsOf: prefix)
        var sum = Checksum()
        sum.add(prefix.span)
        checksum = sum.value
        var payload: [UInt8] = []
        header.append(to: &payload)
        append(.header, payload, isDeflated: false, into: &bytes)
    }

    /// Appends what a room has applied.
    package mutating func append(
        _ chunk: RecordedChunk, deflater: inout BlockDeflater, into bytes: inout [UInt8]
    ) {
        var operationsDone = 0
        var ticksDone = 0
        for (operationsBefore, ticksBefore, state) in chunk.states {
            appendEvents(
                chunk.operations[operationsDone..<operationsBefore],
                tickCount: ticksBefore - ticksDone, deflater: &deflater, into: &bytes)
            operationsDone = operationsBefore
            ticksDone = ticksBefore
            var payload: [UInt8] = []
            // A state may be missing: one that does not fit is left out.
            if !isFull, stateCount < limits.statesMax, state.append(to: &payload, game: game),
                fits(payload)
            {
                appendDeflated(.state, payload, deflater: &deflater, into: &bytes)
            }
        }
        appendEvents(
            chunk.operations[operationsDone...], tickCount: chunk.tickCount - ticksDone,
            deflater: &deflater, into: &bytes)
    }

    /// Appends the last block.
    package mutating func finish(_ reason: RecordingEndReason, into bytes: inout [UInt8]) {
        var payload: [UInt8] = [reason.rawValue]
        payload.appendNumber(tickCount)
        append(.end, payload, isDeflated: false, into: &bytes)
    }

    /// Appends a block of any type and payload as it is, for tests of readers.
    package mutating func appendBlock(
        type: UInt8, _ payload: [UInt8], into bytes: inout [UInt8]
    ) {
        append(typeOctet: type, payload, into: &bytes)
    }

    private mutating func appendEvents(
        _ operations: ArraySlice<UInt8>, tickCount: Int, deflater: inout BlockDeflater,
        into bytes: inout [UInt8]
    ) {
        guard !operations.isEmpty, !isFull else { return }
        guard fits(operations) else {
            isFull = true
            return
        }
        self.tickCount &+= UInt64(max(tickCount, 0))
        appendDeflated(.events, Array(operations), deflater: &deflater, into: &bytes)
    }

    private mutating func appendDeflated(
        _ type: BlockType, _ payload: [UInt8], deflater: inout BlockDeflater,
        into bytes: inout [UInt8]
    ) {
        let before = type == .events ? history : BlockHistory()
        let deflated = deflater.compressed(payload, after: before)
        // What does not fit into a length of 24 bits is left out: a state, which may be missing.
        guard (deflated ?? payload).count <= RecordingWriter.payloadByteCountMax else { return }
        append(type, deflated ?? payload, isDeflated: deflated != nil, into: &bytes)
        plainByteCount += payload.count
        if type == .state { stateCount += 1 }
        if type == .events { history.add(payload) } else { history.removeAll() }
    }

    /// Whether a reader takes another payload, and an end after it.
    private func fits(_ payload: some Collection<UInt8>) -> Bool {
        payload.count <= limits.blockByteCountMax
            && plainByteCount + payload.count + RecordingWriter.endByteCountMax
                <= limits.eventsByteCountMax
    }

    /// The most octets of an end's payload.
    private static let endByteCountMax = 16

    private mutating func append(
        _ type: BlockType, _ payload: [UInt8], isDeflated: Bool, into bytes: inout [UInt8]
    ) {
        var octet = type.rawValue | (isDeflated ? RecordingFormat.deflatedFlag : 0)
        if type == .events, payload.count <= RecordingFormat.shortPayloadByteCountMax {
            octet |= RecordingFormat.shortFlag
        }
        append(typeOctet: octet, payload, into: &bytes)
    }

    private mutating func append(
        typeOctet: UInt8, _ payload: [UInt8], into bytes: inout [UInt8]
    ) {
        let isShort = typeOctet & RecordingFormat.shortFlag != 0
        let start = bytes.count
        bytes.append(typeOctet)
        for shift in stride(from: 0, to: isShort ? 8 : 24, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: payload.count &>> shift))
        }
        bytes.append(Checksum.ofHead(bytes.span.extracting(start..<bytes.count)))
        bytes.append(contentsOf: payload)
        var sum = Checksum()
        // Chained, so that no block can be missing, doubled or moved.
        sum.add(checksum)
        sum.add(bytes.span.extracting(start..<bytes.count))
        checksum = sum.value
        for shift in stride(from: 0 as UInt32, to: isShort ? 16 : 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: checksum &>> shift))
        }
    }

    static let payloadByteCountMax = 0xFF_FFFF
}
