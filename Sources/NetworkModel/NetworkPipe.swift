import Hyoshi
package import TransportInterface

/// One direction of a connection over a faulty way: bytes on their way, in their order.
///
/// It reads no clock and does no I/O: virtual networks and proxies of real sockets both move it.
///
/// Memory grows to what is on its way at once, and is kept until the connection ends.
package struct NetworkPipe {
    /// What a reader hears of an arrival.
    package enum Arrival: Equatable {
        /// This many bytes.
        case bytes(Int)
        /// The sender has ended its direction.
        case end
        /// The connection is broken.
        case reset
    }

    private struct Segment {
        var due: MonotonicInstant
        var arrival: Arrival
    }

    /// How this direction behaves.
    package var profile: NetworkProfile
    /// Whether its reader does not read: nothing is delivered meanwhile.
    package var isHeld = false
    /// Whether what is written vanishes, as on a broken way that nobody has noticed.
    package var isCut = false
    /// Whether the sender has been told that its bytes wait.
    package var isSenderBlocked = false
    /// Whether an event for the first segment is planned.
    package var isPlanned = false
    /// Bytes written and not delivered.
    package private(set) var byteCount = 0
    /// Writes that were lost on the way and came again.
    package private(set) var stallCount = 0

    private var random: DeterministicRandom
    private var segments: [Segment] = []
    private var firstSegment = 0
    private var bytes: [UInt8] = []
    private var firstByte = 0
    private var lastDue = MonotonicInstant(nanoseconds: 0)
    private var sentUntil = MonotonicInstant(nanoseconds: 0)

    /// The shortest way, so that time goes on between a question and its answer.
    package static let wayNanosecondsMin: UInt64 = 1_000

    /// A direction with nothing on its way.
    package init(profile: NetworkProfile, seed: UInt64) {
        self.profile = profile
        random = DeterministicRandom(seed: seed)
    }

    /// The seed of one direction of a connection, by the connection's number from 0: all that
    /// befalls a connection follows from a run's seed and this number.
    package static func seed(
        ofRun seed: UInt64, connection number: Int, towardsClient: Bool
    ) -> UInt64 {
        seed &+ (2 &* UInt64(truncatingIfNeeded: number) &+ (towardsClient ? 0 : 1)) << 20
    }

    /// When the next segment arrives; never where none is on its way.
    package var nextDue: MonotonicInstant {
        firstSegment < segments.count && !isHeld ? segments[firstSegment].due : .distantFuture
    }

    /// Bytes that are more than the way holds: they wait at the sender.
    package var waitingByteCount: Int { max(byteCount - profile.bufferByteCount, 0) }

    /// Sends two ranges of a batch's bytes on their way as one write.
    ///
    /// - Returns: Whether the connection breaks instead.
    package mutating func write(
        _ batch: Span<UInt8>, _ head: ByteRange, _ body: ByteRange, now: MonotonicInstant
    ) -> Bool {
        let count = head.count + body.count
        guard count > 0, !isCut else { return false }
        if profile.resetsPerMillion > 0, isDrawn(profile.resetsPerMillion) { return true }
        for range in [head, body] where range.count > 0 {
            let part = batch.extracting(range.start..<(range.start + range.count))
            Self.append(part, to: &bytes)
        }
        byteCount += count
        append(.bytes(count), byteCount: UInt64(count), now: now)
        return false
    }

    /// Sends the end of this direction on its way, behind all that was written.
    package mutating func end(now: MonotonicInstant) {
        guard !isCut else { return }
        append(.end, byteCount: 0, now: now)
    }

    /// Sends a reset on its way and forgets what has not arrived.
    package mutating func reset(now: MonotonicInstant) {
        guard !isCut else { return }
        removeAll()
        append(.reset, byteCount: 0, now: now)
    }

    /// Lets everything that is on its way arrive by now: the trouble that held it up is over.
    package mutating func hasten(now: MonotonicInstant) {
        for position in segments.indices.dropFirst(firstSegment) {
            segments[position].due = min(segments[position].due, now)
        }
        lastDue = min(lastDue, now)
        sentUntil = min(sentUntil, now)
    }

    /// When an event for the first segment is to come, not before `now`; from then on one is planned.
    ///
    /// Nil where nothing is on its way, or one was planned.
    package mutating func takePlan(now: MonotonicInstant) -> MonotonicInstant? {
        guard !isPlanned, nextDue != .distantFuture else { return nil }
        isPlanned = true
        return max(nextDue, now)
    }

    /// Whether the sender, which had been told that its bytes wait, is to hear that they do no more.
    package mutating func takeUnblocking() -> Bool {
        guard isSenderBlocked, waitingByteCount == 0 else { return false }
        isSenderBlocked = false
        return true
    }

    /// ``waitingByteCount`` for an owner who can change the pipe: it is not copied for that.
    package mutating func countWaitingBytes() -> Int { waitingByteCount }

    /// Takes the next arrival that is due, bytes as many as are due together.
    package mutating func takeDue(now: MonotonicInstant) -> Arrival? {
        guard nextDue <= now else { return nil }
        var sum = 0
        while nextDue <= now, case .bytes(let count) = segments[firstSegment].arrival {
            sum += count
            firstSegment += 1
        }
        if sum > 0 { return .bytes(sum) }
        let arrival = segments[firstSegment].arrival
        firstSegment += 1
        return arrival
    }

    /// Shows the first `count` bytes to a reader, in pieces, and forgets them.
    package mutating func deliver(_ count: Int, to read: (Span<UInt8>) -> Void) {
        var rest = count
        while rest > 0 {
            let piece = pieceByteCount(of: rest)
            read(bytes.span.extracting(firstByte..<firstByte + piece))
            firstByte += piece
            rest -= piece
        }
        byteCount -= count
        compact()
    }

    /// Moves the next piece of the first `count` bytes into `piece`, for a reader that is told of it
    /// when nothing holds the pipe.
    ///
    /// - Returns: How many bytes of the `count` are left.
    package mutating func takePiece(of count: Int, into piece: inout [UInt8]) -> Int {
        piece.removeAll(keepingCapacity: true)
        // What has been forgotten meanwhile does not arrive.
        let here = min(count, bytes.count - firstByte)
        guard here > 0 else { return 0 }
        let taken = pieceByteCount(of: here)
        Self.append(bytes.span.extracting(firstByte..<firstByte + taken), to: &piece)
        firstByte += taken
        byteCount -= taken
        if taken == here { compact() }
        return here - taken
    }

    @inline(__always)
    private static func append(_ part: Span<UInt8>, to bytes: inout [UInt8]) {
        unsafe part.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// How many of `count` bytes a reader is shown at once.
    private mutating func pieceByteCount(of count: Int) -> Int {
        guard profile.pieceByteCountMax > 0 else { return count }
        return Int(random.number(in: 1...Int32(clamping: min(count, profile.pieceByteCountMax))))
    }

    /// Forgets what is on its way; keeps the memory.
    package mutating func removeAll() {
        segments.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        firstSegment = 0
        firstByte = 0
        byteCount = 0
    }

    /// One way's time, drawn anew for each write.
    package mutating func wayNanoseconds() -> UInt64 {
        var way = profile.latencyNanoseconds / 2
        if profile.jitterNanoseconds > 0 {
            let spread = profile.jitterNanoseconds
            way += random.next() % (spread + 1)
            way -= min(spread / 2, way)
        }
        return max(way, Self.wayNanosecondsMin)
    }

    private mutating func append(
        _ arrival: Arrival, byteCount: UInt64, now: MonotonicInstant
    ) {
        sentUntil = max(sentUntil, now)
        if profile.bytesPerSecond > 0 {
            sentUntil = sentUntil.advanced(
                byNanoseconds: byteCount * 1_000_000_000 / profile.bytesPerSecond)
        }
        var due = sentUntil.advanced(byNanoseconds: wayNanoseconds())
        if profile.stallsPerMillion > 0, isDrawn(profile.stallsPerMillion) {
            due = due.advanced(byNanoseconds: profile.stallNanoseconds)
            stallCount += 1
        }
        lastDue = max(lastDue, due)
        segments.append(Segment(due: lastDue, arrival: arrival))
    }

    private mutating func isDrawn(_ perMillion: UInt64) -> Bool {
        random.next() % 1_000_000 < perMillion
    }

    /// Bytes, and segments, that are taken before the first time that others move up.
    private static let takenBytesMax = 2_048
    private static let takenSegmentsMax = 32

    /// Moves what is left to the front once more has been taken than is left, and not for little.
    private mutating func compact() {
        if firstByte > Self.takenBytesMax, firstByte * 2 >= bytes.count {
            bytes.removeSubrange(..<firstByte)
            firstByte = 0
        }
        if firstSegment > Self.takenSegmentsMax, firstSegment * 2 >= segments.count {
            segments.removeSubrange(..<firstSegment)
            firstSegment = 0
        }
    }
}
