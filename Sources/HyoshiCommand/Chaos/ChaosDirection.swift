import Hyoshi
import NetworkModel
import TransportInterface

/// One direction of a connection through the proxy: a way of the network model, and what its
/// reader's socket can take.
///
/// Memory: the way's buffer (`buffer`, 256 KiB unless set), at most doubled while it is moved.
struct ChaosDirection {
    /// What the reader's socket is to do.
    enum Step: Equatable {
        /// Write the piece.
        case send
        /// End the sending direction: the other peer has ended its own.
        case end
        /// Reset: the other peer's connection has broken.
        case reset
    }

    /// Bytes of one read at most: each read is one write of the network model.
    static let readByteCountMax = 16 * 1024
    /// Time between two pieces, so that a reader that waits sees them one by one.
    static let pieceGapNanoseconds: UInt64 = 100_000

    private(set) var pipe: NetworkPipe
    /// Whether the writer has ended this direction.
    private(set) var hasEnded = false
    /// Whether the reader has been told so.
    private(set) var isOver = false
    /// Whether the reader's socket takes nothing at the moment.
    var isBlocked = false
    private(set) var account = ChaosDirectionAccount()
    private let bufferByteCount: Int
    private let pieceByteCountMax: Int
    /// Where pieces are cut is drawn from a sequence of its own: when it happens depends on the
    /// reader, and must not shift the draws of the writes.
    private var cuts: DeterministicRandom
    /// Bytes that have come to the end of the way and are not handed over.
    private var dueByteCount = 0
    private var nextPiece = MonotonicInstant(nanoseconds: 0)
    private var isFull = false

    init(profile: NetworkProfile, seed: UInt64) {
        var whole = profile
        whole.pieceByteCountMax = 0
        pipe = NetworkPipe(profile: whole, seed: seed)
        bufferByteCount = max(profile.bufferByteCount, 1)
        pieceByteCountMax = profile.pieceByteCountMax
        cuts = DeterministicRandom(seed: ~seed)
    }

    /// When there is something to do again; never while the reader is blocked.
    var nextDue: MonotonicInstant {
        guard !isBlocked, !isOver else { return .distantFuture }
        return dueByteCount > 0 ? nextPiece : pipe.nextDue
    }

    /// How many bytes may be read from the writer now; 0 while the way is full.
    ///
    /// Reading goes on once there is room for a whole read: trickling into a full way would make
    /// many small writes, each with its own chance to be lost.
    var readByteCount: Int {
        guard !hasEnded else { return 0 }
        let room = bufferByteCount - pipe.byteCount
        let least = min(Self.readByteCountMax, max(bufferByteCount / 2, 1))
        return room >= least ? min(room, Self.readByteCountMax) : 0
    }

    /// One way's time, for the handshake.
    mutating func wayNanoseconds() -> UInt64 {
        pipe.wayNanoseconds()
    }

    /// The writer has written: true where the connection breaks instead.
    mutating func write(_ bytes: Span<UInt8>, now: MonotonicInstant) -> Bool {
        account.byteCount += bytes.count
        account.writeCount += 1
        let all = ByteRange(start: 0, count: bytes.count)
        let isBroken = pipe.write(bytes, .empty, all, now: now)
        account.stallCount = pipe.stallCount
        let wasFull = isFull
        isFull = readByteCount == 0
        if isFull && !wasFull { account.fullCount += 1 }
        return isBroken
    }

    /// The writer has ended its direction.
    mutating func end(now: MonotonicInstant) {
        guard !hasEnded else { return }
        hasEnded = true
        pipe.end(now: now)
        account.stallCount = pipe.stallCount
    }

    /// The writer's connection has broken: the reader will hear of it, after what a way takes.
    mutating func breakOff(now: MonotonicInstant) {
        hasEnded = true
        isOver = false
        isBlocked = false
        dueByteCount = 0
        pipe.reset(now: now)
    }

    /// Nobody reads any more: what is on its way is forgotten.
    mutating func abandon() {
        hasEnded = true
        isOver = true
        dueByteCount = 0
        pipe.removeAll()
    }

    /// Takes the next thing that is due; `piece` holds the bytes of ``Step/send``.
    mutating func next(now: MonotonicInstant, piece: inout [UInt8]) -> Step? {
        guard !isBlocked, !isOver else { return nil }
        if dueByteCount == 0 {
            switch pipe.takeDue(now: now) {
            case nil: return nil
            case .bytes(let count): dueByteCount = count
            case .end:
                isOver = true
                return .end
            case .reset:
                isOver = true
                return .reset
            }
        }
        guard nextPiece <= now else { return nil }
        var count = min(dueByteCount, Self.readByteCountMax)
        if pieceByteCountMax > 0 {
            let most = min(dueByteCount, pieceByteCountMax)
            count = Int(cuts.number(in: 1...Int32(clamping: most)))
            nextPiece = now.advanced(byNanoseconds: Self.pieceGapNanoseconds)
        }
        piece.removeAll(keepingCapacity: true)
        pipe.deliver(count) { bytes in
            for position in bytes.indices { piece.append(bytes[position]) }
        }
        dueByteCount -= count
        isFull = readByteCount == 0
        account.pieceCount += 1
        return .send
    }
}
