import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import Replication
import TransportInterface
import WebSocketProtocol

/// One client of a run, on a host and with a clock of its own: it plays with production code, and
/// everything that it sees is checked.
final class Player: LoopDriver {
    let effects = EffectBatch()
    let index: Int
    let plan: FaultPlan.Player
    let watch: Watch
    let log: ServerLog
    let game: Game
    /// What it predicts by.
    private let rules: Game
    private let scratch = ClientSessionScratch()
    private let address: SocketAddress
    private let deflate: DeflateOffer?
    let siteFaults: SiteFaults
    /// A planted bug: after a restart an event counts as come that has not.
    var losesEvents = false
    let isAmongHostiles: Bool

    var clock: LocalClock
    var session: ClientSession
    var connection = Player.noConnection
    /// Whether it is in the game: before it comes and after it has left it is not.
    var isInGame = false
    /// How many times it has been started.
    private(set) var incarnation = 0
    private var stalledUntil: MonotonicInstant?
    private var random: DeterministicRandom
    private let entropy: Entropy

    var input: InputSource
    var nextInput = MonotonicInstant(nanoseconds: 0)
    var nextEvent = MonotonicInstant.distantFuture
    /// Decodes what the session decodes, message by message, to be looked at.
    var decoder: ServerMessageDecoder
    /// What there is to be checked about the present connection, and about the present seat.
    var sight = ConnectionSight()
    var mail: Mail
    var things = ShownThings()
    /// When a welcome was in force last, and the name under which the seat was taken.
    var seatSeenAt: MonotonicInstant?
    var seatName = ""
    /// Whether the seat was lost by what was done to it: a kick, a new server.
    var isSeatForfeit = false
    /// When the present attempt to connect began.
    var attemptStartedAt: MonotonicInstant?
    /// Since when its connection is being closed; nil where it is not.
    private(set) var closesSince: MonotonicInstant?
    /// When the session ended for good.
    var endedAt: MonotonicInstant?
    /// Asked for the name of a link at the server.
    var serverConnection: (ConnectionID) -> ConnectionID? = { _ in nil }
    /// Asked whether a room had no seat left at some time since an instant.
    var wasFull: (Int, Bool, MonotonicInstant) -> Bool = { _, _, _ in false }
    /// Asked whether the held seat that was taken under a name was freed.
    var wasReleased: (String) -> Bool = { _ in false }
    /// Told of each new connection.
    var onConnected: (ConnectionID) -> Void = { _ in }
    var wakeups = WakeupCount()

    static let noConnection = ConnectionID(slot: -1, generation: 0)

    /// Random bits that a session asks for.
    private final class Entropy {
        var random: DeterministicRandom
        init(seed: UInt64) { random = DeterministicRandom(seed: seed) }
    }

    init(
        index: Int, plan: FaultPlan, watch: Watch, log: ServerLog, address: SocketAddress,
        now: MonotonicInstant, siteFaults: SiteFaults, plant: Plant?
    ) throws(ClientRequestError) {
        self.siteFaults = siteFaults
        isAmongHostiles = !plan.hostiles.isEmpty
        self.index = index
        self.plan = plan.players[index]
        self.watch = watch
        self.log = log
        self.address = address
        game = plan.game
        rules = plant == .otherRules ? Game(SlantedArena.self) : plan.game
        var draw = Draw(seed: plan.seed, name: "player \(index)")
        random = DeterministicRandom(seed: draw.bits())
        entropy = Entropy(seed: draw.bits())
        input = InputSource(seed: draw.bits(), isIdle: self.plan.isIdle)
        clock = LocalClock(
            start: now, driftPartsPerMillion: self.plan.driftPartsPerMillion,
            offsetNanoseconds: draw.milliseconds(1_000...100_000_000))
        let bits = draw.one(of: [9, 11, 12, 15])
        deflate =
            self.plan.compresses
            ? DeflateOffer(serverMaxWindowBits: bits, clientMaxWindowBits: bits) : nil
        decoder = ServerMessageDecoder(historySlots: self.plan.historySlots)
        mail = Mail(sender: index, incarnation: 0)
        session = try Self.makeSession(
            index: index, incarnation: 0, plan: self.plan, game: rules, deflate: deflate,
            resumption: nil, start: clock.local(now), seed: 0, scratch: scratch,
            entropy: entropy, faults: siteFaults.sites)
    }

    private static func makeSession(
        index: Int, incarnation: Int, plan: FaultPlan.Player, game: Game, deflate: DeflateOffer?,
        resumption: SeatResumption?, start: MonotonicInstant, seed: UInt64,
        scratch: ClientSessionScratch, entropy: Entropy, faults: FaultSites
    ) throws(ClientRequestError) -> ClientSession {
        var settings = ClientSessionSettings(
            host: "127.0.0.1:8080", target: "/rooms/room\(plan.room)?game=\(game.name)")
        settings.name = "player \(index).\(incarnation)"
        settings.role = plan.isSpectator ? .spectate : .play
        settings.game = plan.predicts ? game : nil
        settings.isShown = plan.predicts
        settings.historySlots = plan.historySlots
        settings.deflate = deflate
        settings.resumption = resumption
        settings.faults = faults
        return try ClientSession(settings, start: start, seed: seed, scratch: scratch) {
            UInt32(truncatingIfNeeded: entropy.random.next())
        }
    }

    /// What the last draws of this client were.
    var randomState: UInt64 {
        random.state ^ entropy.random.state &* 3 ^ input.randomState &* 5
            ^ session.randomState &* 7
    }

    /// The name that it plays under.
    var name: String { "player \(index).\(incarnation)" }

    // MARK: What is done to it

    /// Comes into the game, as a newcomer or with a seat from before.
    func enter(now: MonotonicInstant, resumption: SeatResumption? = nil) {
        if connection != Self.noConnection {
            effects.effects.append(.close(connection, .immediately))
            connection = Self.noConnection
        }
        incarnation += 1
        let local = clock.local(now)
        guard
            let session = try? Self.makeSession(
                index: index, incarnation: incarnation, plan: plan, game: rules, deflate: deflate,
                resumption: resumption, start: local, seed: random.next(), scratch: scratch,
                entropy: entropy, faults: siteFaults.sites)
        else { return watch.report(.endings, "a session cannot be made") }
        self.session = session
        decoder = ServerMessageDecoder(historySlots: plan.historySlots)
        mail = Mail(
            sender: index, incarnation: incarnation, former: resumption == nil ? nil : mail)
        sight = ConnectionSight()
        things = ShownThings()
        if resumption == nil { seatSeenAt = nil }
        isInGame = true
        endedAt = nil
        attemptStartedAt = nil
    }

    /// Starts the program anew: the connection ends without a word.
    func restart(withToken: Bool, now: MonotonicInstant) {
        guard isInGame else { return }
        var resumption = withToken ? session.room.resumption : nil
        if losesEvents { resumption?.receivedEventID += 1 }
        watch.sites.add(
            Site.client(
                resumption == nil ? "restarted with nothing" : "restarted with a token"))
        enter(now: now, resumption: resumption)
        // It may have something to say before it is welcomed.
        if resumption != nil, plan.eventsPerMinute > 0 {
            sendEvent(toAll: true, clock.local(now))
        }
    }

    /// Leaves for good.
    func leave(now: MonotonicInstant) {
        guard isInGame else { return }
        isInGame = false
        seatSeenAt = nil
        switch session.leave(now: clock.local(now)) {
        case .none, .connect, .closeAfterFlush: break
        case .drop:
            guard connection != Self.noConnection else { break }
            effects.effects.append(.close(connection, .immediately))
        }
        watch.sites.add(Site.client("left"))
    }

    func stall(until instant: MonotonicInstant?) { stalledUntil = instant }

    var isStalled: Bool { stalledUntil != nil }

    // MARK: LoopDriver

    var nextDeadline: MonotonicInstant {
        if let stalledUntil { return stalledUntil }
        guard !wakeups.isSpinning else { return .distantFuture }
        var next = session.nextDeadline
        if session.isReady { next = min(next, nextInput) }
        if session.phase == .playing { next = min(next, nextEvent) }
        return clock.network(next)
    }

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {}

    func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        guard tag == UInt64(incarnation), session.connected(now: clock.local(now)) else {
            effects.effects.append(.close(connection, .immediately))
            return
        }
        self.connection = connection
        sight = ConnectionSight()
        watch.tell("\(name) is connected")
        onConnected(connection)
    }

    func connectFailed(tag: UInt64, now: MonotonicInstant) {
        guard tag == UInt64(incarnation), session.phase == .connecting else { return }
        let end = session.connectFailed(now: clock.local(now))
        ended(end, now: now)
    }

    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        guard connection == self.connection else { return }
        watch.digest(bytes)
        let action = session.received(bytes, now: clock.local(now)) { event, payload in
            observe(event, payload, now: now)
        }
        checkTable()
        checkPrediction()
        if case .drop = action { drop() }
        notePhase(now)
    }

    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        if connection == self.connection { session.isBlocked = true }
    }

    func writable(_ connection: ConnectionID, now: MonotonicInstant) {
        if connection == self.connection { session.isBlocked = false }
    }

    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        watch.tell(
            "\(name): connection \(connection.slot).\(connection.generation) closed, \(reason)")
        guard connection == self.connection else { return }
        self.connection = Self.noConnection
        ended(session.closed(now: clock.local(now)), now: now)
    }

    func poll(now: MonotonicInstant) {
        if let stalledUntil {
            guard now >= stalledUntil else { return }
            self.stalledUntil = nil
        }
        wakeups.count(now: now, of: self)
        let local = clock.local(now)
        if isInGame { play(local) }
        switch session.poll(now: local) {
        case .none, .closeAfterFlush: break
        case .connect:
            guard isInGame else { break }
            attemptStartedAt = now
            watch.tell("\(name) connects")
            effects.effects.append(.connect(address: address, tag: UInt64(incarnation)))
        case .drop: drop()
        }
        flush()
        notePhase(now)
    }

    func shutDown(now: MonotonicInstant) {}

    private func notePhase(_ now: MonotonicInstant) {
        closesSince = session.phase == .closing ? closesSince ?? now : nil
    }

    // MARK: Playing

    private func play(_ local: MonotonicInstant) {
        if session.isReady, nextInput <= local {
            let gap = 1_000_000_000 / UInt64(plan.commandsPerSecond)
            nextInput = nextInput.advanced(byNanoseconds: gap)
            // What was missed is not made up for.
            if nextInput <= local { nextInput = local.advanced(byNanoseconds: gap) }
            input.next()
            _ = session.command(input.command, now: local)
            if plan.predicts {
                session.show(at: local)
                checkShown()
            }
        }
        guard session.phase == .playing, nextEvent <= local, plan.eventsPerMinute > 0 else {
            return
        }
        let mean = 60_000_000_000 / UInt64(plan.eventsPerMinute)
        nextEvent = local.advanced(byNanoseconds: mean / 2 + random.next() % (mean + 1))
        sendEvent(toAll: random.oneIn(2), local)
    }

    /// Sends a numbered event, to the room or to a seat.
    func sendEvent(toAll: Bool, _ local: MonotonicInstant) {
        guard !plan.isSpectator else { return }
        var target: SeatIndex?
        if !toAll, !session.room.roster.isEmpty {
            let count = Int32(clamping: session.room.roster.count)
            target = session.room.roster[Int(random.number(in: 0...(count - 1)))].seat
        }
        let payload = mail.next(to: target)
        if session.sendEvent(payload, to: target, now: local) != nil {
            mail.sent(to: target, watch: watch)
            watch.sites.add(Site.client(target == nil ? "event to all" : "event to a seat"))
        } else {
            watch.sites.add(Site.client("event refused, too many wait"))
        }
    }

    private func flush() {
        guard connection != Self.noConnection, !session.isBlocked || !session.isOpen else { return }
        let start = effects.bytes.count
        let action = session.takeOutput(into: &effects.bytes)
        let count = effects.bytes.count - start
        if count > 0 {
            watch.expect(
                count <= Self.outputByteCountMax, .queues, "\(name) writes \(count) bytes at once")
            watch.digest(effects.bytes, from: start)
            effects.effects.append(
                .send(connection, head: ByteRange(start: start, count: count), body: .empty))
        }
        if case .closeAfterFlush = action {
            effects.effects.append(.close(connection, .afterFlush))
        }
    }

    /// All events that may wait, twice, and what else a wake-up may bring.
    private static let outputByteCountMax = 2 * 32 * 640 + 16 * 1024

    private func drop() {
        watch.tell("\(name) drops its connection \(connection.slot).\(connection.generation)")
        guard connection != Self.noConnection else { return }
        effects.effects.append(.close(connection, .immediately))
    }
}

/// Whether somebody is woken over and over at the same time.
struct WakeupCount {
    private var millisecond: UInt64 = 0
    private var count = 0
    private(set) var isSpinning = false

    mutating func count(now: MonotonicInstant, of player: Player) {
        if now.nanoseconds / 1_000_000 != millisecond {
            millisecond = now.nanoseconds / 1_000_000
            count = 0
        }
        count += 1
        if count > 300, !isSpinning {
            isSpinning = true
            player.watch.report(
                .wakeups,
                "\(player.name) was woken 300 times within a millisecond, in phase "
                    + "\(player.session.phase)")
        }
    }
}
