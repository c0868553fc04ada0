import NetworkModel
import TransportInterface

/// One of the two peers of a connection through the proxy.
enum ChaosSide: Int, CaseIterable, Sendable {
    case client = 0
    case target = 1

    var other: ChaosSide { self == .client ? .target : .client }
}

/// What the sockets of a connection through the proxy are to do.
enum ChaosAction: Equatable {
    /// Open the connection to the target.
    case connect
    /// Write the piece to a side.
    case send(ChaosSide)
    /// End the sending direction of a side's socket (FIN).
    case endSending(ChaosSide)
    /// Close both sockets, those of `resets` with RST; there is nothing more to do.
    case finish(resets: [ChaosSide])
}

/// One connection through the proxy, decided without sockets and without a clock.
///
/// What happens to it is told by one method for each event; what is to be done is asked with
/// ``next(now:piece:)`` until there is nothing, at the latest at ``nextDue``.
struct ChaosLink {
    private enum Phase {
        /// The client's first sign is on its way to the target.
        case travelling
        /// The target is being connected to.
        case opening
        case open
        case over
    }

    /// From 1.
    let number: Int
    private var phase = Phase.travelling
    private let start: MonotonicInstant
    /// When the first sign is at the target, and when the answer is back at the client.
    private let opensAt: MonotonicInstant
    private let answeredAt: MonotonicInstant
    /// What is on its way to each side, by ``ChaosSide``.
    private var towards: [ChaosDirection]
    private(set) var ending: ChaosEnding?
    private var endsAt = MonotonicInstant.distantFuture
    private var resets: [ChaosSide] = []

    /// A client has connected.
    init(number: Int, profile: NetworkProfile, seed: UInt64, now: MonotonicInstant) {
        self.number = number
        start = now
        towards = [true, false].map { towardsClient in
            let seed = NetworkPipe.seed(
                ofRun: seed, connection: number - 1, towardsClient: towardsClient)
            return ChaosDirection(profile: profile, seed: seed)
        }
        // A handshake takes a way there and a way back, as any write does.
        opensAt = now.advanced(byNanoseconds: towards[ChaosSide.target.rawValue].wayNanoseconds())
        answeredAt = opensAt.advanced(
            byNanoseconds: towards[ChaosSide.client.rawValue].wayNanoseconds())
    }

    /// When ``next(now:piece:)`` will have something, if nothing happens before.
    var nextDue: MonotonicInstant {
        switch phase {
        case .over: .distantFuture
        case .travelling: min(opensAt, endsAt)
        case .opening: endsAt
        case .open: min(endsAt, towards[0].nextDue, towards[1].nextDue)
        }
    }

    /// When reading from the client begins; a wake-up is due then.
    var readsClientFrom: MonotonicInstant { answeredAt }

    /// How many bytes may be read from a side's socket now; 0 is back-pressure, or the end.
    func readByteCount(from side: ChaosSide, now: MonotonicInstant) -> Int {
        guard phase == .open, ending == nil else { return 0 }
        // Before the answer is back a client has nothing to write.
        guard side == .target || answeredAt <= now else { return 0 }
        return towards[side.other.rawValue].readByteCount
    }

    // MARK: What happens

    /// The target has accepted.
    mutating func connected() {
        if phase == .opening { phase = .open }
    }

    /// The target does not answer: the client hears of it when an answer would have been back.
    mutating func connectFailed(now: MonotonicInstant) {
        guard phase == .opening, ending == nil else { return }
        finish(.unreachable, resets: [.client], at: max(now, answeredAt))
    }

    /// A side has written.
    mutating func received(
        from side: ChaosSide, _ bytes: Span<UInt8>, now: MonotonicInstant
    ) {
        guard phase == .open, ending == nil, bytes.count > 0 else { return }
        if towards[side.other.rawValue].write(bytes, now: now) {
            finish(.drawnReset, resets: [.client, .target], at: now)
        }
    }

    /// A side has ended its direction (FIN); the other one stays open.
    mutating func ended(_ side: ChaosSide, now: MonotonicInstant) {
        guard phase == .open, ending == nil else { return }
        towards[side.other.rawValue].end(now: now)
    }

    /// A side's connection is broken (RST): the other one will hear of it.
    mutating func broken(_ side: ChaosSide, now: MonotonicInstant) {
        guard phase == .open, ending == nil else { return }
        towards[side.other.rawValue].breakOff(now: now)
        towards[side.rawValue].abandon()
    }

    /// A side's socket has not taken all of the piece.
    mutating func blocked(_ side: ChaosSide) {
        towards[side.rawValue].isBlocked = true
    }

    /// A side's socket has taken the rest of it.
    mutating func writable(_ side: ChaosSide) {
        towards[side.rawValue].isBlocked = false
    }

    /// The proxy stops.
    mutating func stop(now: MonotonicInstant) {
        if ending == nil { finish(.stopped, resets: [], at: now) }
        endsAt = now
    }

    private mutating func finish(
        _ ending: ChaosEnding, resets: [ChaosSide], at instant: MonotonicInstant
    ) {
        self.ending = ending
        self.resets = resets
        endsAt = instant
    }

    // MARK: What is to be done

    /// Takes the next thing to do; `piece` holds the bytes of ``ChaosAction/send(_:)``.
    mutating func next(now: MonotonicInstant, piece: inout [UInt8]) -> ChaosAction? {
        guard phase != .over else { return nil }
        if endsAt <= now {
            phase = .over
            return .finish(resets: resets)
        }
        if phase == .travelling, opensAt <= now {
            phase = .opening
            return .connect
        }
        guard phase == .open, ending == nil else { return nil }
        for side in ChaosSide.allCases {
            switch towards[side.rawValue].next(now: now, piece: &piece) {
            case nil: continue
            case .send: return .send(side)
            case .end:
                if towards[side.other.rawValue].isOver { finish(.ended, resets: [], at: now) }
                return .endSending(side)
            case .reset:
                let ending = side == .target ? ChaosEnding.clientReset : .targetReset
                finish(ending, resets: [side], at: now)
                return next(now: now, piece: &piece)
            }
        }
        return nil
    }

    /// What it came to so far.
    func account(client: String, now: MonotonicInstant) -> ChaosAccount {
        ChaosAccount(
            number: number, client: client,
            seconds: Double(now.nanoseconds(since: start)) / 1e9,
            toTarget: towards[ChaosSide.target.rawValue].account,
            toClient: towards[ChaosSide.client.rawValue].account, ending: ending ?? .stopped)
    }
}
