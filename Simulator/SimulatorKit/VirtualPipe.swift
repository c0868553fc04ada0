import Hyoshi
import TransportInterface

/// One direction of a virtual connection: bytes on their way, in their order.
///
/// Memory grows to what is on its way at once, and is kept until the connection ends.
struct VirtualPipe {
    /// What a driver hears of an arrival.
    enum Arrival: Equatable {
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
    var profile: NetworkProfile
    /// Whether its reader does not read: nothing is delivered meanwhile.
    var isHeld = false
    /// Whether what is written vanishes, as on a broken way that nobody has noticed.
    var isCut = false
    /// Whether the sender has been told that its bytes wait.
    var isSenderBlocked = false
    /// Whether an event for the first segment is planned.
    var isPlanned = false
    /// Bytes written and not delivered.
    private(set) var byteCount = 0

    private var random: DeterministicRandom
    private var segments: [Segment] = []
    private var firstSegment = 0
    private var bytes: [UInt8] = []
    private var firstByte = 0
    private var lastDue = MonotonicInstant(nanoseconds: 0)
    private var sentUntil = MonotonicInstant(nanoseconds: 0)

    /// The shortest way, so that time goes on between a question and its answer.
    static let wayNanosecondsMin: UInt64 = 1_000

    init(profile: NetworkProfile, seed: UInt64) {
        self.profile = profile
        random = DeterministicRandom(seed: seed)
    }

    /// When the next segment arrives; never where none is on its way.
    var nextDue: MonotonicInstant {
        firstSegment < segments.count && !isHeld ? segments[firstSegment].due : .distantFuture
    }

    /// Bytes that are more than the way holds: they wait at the sender.
    var waitingByteCount: Int { max(byteCount - profile.bufferByteCount, 0) }

    /// Sends two ranges of a batch's bytes on their way as one write.
    ///
    /// - Returns: Whether the connection breaks instead.
    mutating func write(
        _ batch: Span<UInt8>, _ head: ByteRange, _ body: ByteRange, now: MonotonicInstant
    ) -> Bool {
        let count = head.count + body.count
        guard count > 0, !isCut else { return false }
        if profile.resetsPerMillion > 0, isDrawn(profile.resetsPerMillion) { return true }
        for position in head.start..<(head.start + head.count) { bytes.append(batch[position]) }
        for position in body.start..<(body.start + body.count) { bytes.append(batch[position]) }
        byteCount += count
        append(.bytes(count), byteCount: UInt64(count), now: now)
        return false
    }

    /// Sends the end of this direction on its way, behind all that was written.
    mutating func end(now: MonotonicInstant) {
        guard !isCut else { return }
        append(.end, byteCount: 0, now: now)
    }

    /// Sends a reset on its way and forgets what has not arrived.
    mutating func reset(now: MonotonicInstant) {
        guard !isCut else { return }
        removeAll()
        append(.reset, byteCount: 0, now: now)
    }

    /// Takes the next arrival that is due, bytes as many as are due together.
    mutating func takeDue(now: MonotonicInstant) -> Arrival? {
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
    mutating func deliver(_ count: Int, to read: (Span<UInt8>) -> Void) {
        var rest = count
        while rest > 0 {
            var piece = rest
            if profile.pieceByteCountMax > 0 {
                let most = Int32(clamping: min(rest, profile.pieceByteCountMax))
                piece = Int(random.number(in: 1...most))
            }
            read(bytes.span.extracting(firstByte..<firstByte + piece))
            firstByte += piece
            rest -= piece
        }
        byteCount -= count
        compact()
    }

    /// Forgets what is on its way; keeps the memory.
    mutating func removeAll() {
        segments.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        firstSegment = 0
        firstByte = 0
        byteCount = 0
    }

    /// One way's time, drawn anew for each write.
    mutating func wayNanoseconds() -> UInt64 {
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
        }
        lastDue = max(lastDue, due)
        segments.append(Segment(due: lastDue, arrival: arrival))
    }

    private mutating func isDrawn(_ perMillion: UInt64) -> Bool {
        random.next() % 1_000_000 < perMillion
    }

    /// Moves what is left to the front once more has been taken than is left.
    private mutating func compact() {
        if firstByte * 2 >= bytes.count {
            bytes.removeSubrange(..<firstByte)
            firstByte = 0
        }
        if firstSegment * 2 >= segments.count {
            segments.removeSubrange(..<firstSegment)
            firstSegment = 0
        }
    }
}
