import Arena
import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import SimulatorKit
import TransportInterface

/// A player at a display: commands and looks once per refresh, with production code underneath.
final class DisplayClient: LoopDriver {
    /// What was on the screen at a refresh.
    struct Frame {
        var at: MonotonicInstant
        /// The keys that were held: steering and fire.
        var steer: Int32
        /// The tick that own things were shown at.
        var predictedTick: Double
        /// The own ship as shown, in 1/256 unit; nil where there was none.
        var ship: (x: Double, y: Double, heading: Double)?
        /// How far it was shown from where it was predicted then, in 1/256 unit.
        var offset: Double
        /// The tick that others were shown at.
        var remoteTick: Double
        /// Ticks from what was shown of others when the command was given to what it says was seen;
        /// nil where there was no command, or what was seen is too old for lag compensation.
        var judgementError: Double?
    }

    let effects = EffectBatch()
    private(set) var session: ClientSession
    private(set) var frames: [Frame] = []
    /// Whether refreshes are kept.
    var isRecording = false
    private let address: SocketAddress
    private let keys: (Int) -> (steer: Int32, fire: Int32)
    private var connection: ConnectionID?
    private var nextFrame: MonotonicInstant
    private var frameNumber = 0

    /// Nanoseconds from one refresh to the next.
    static let frameNanoseconds: UInt64 = 16_666_667

    /// A player whose keys are a function of the refresh's number.
    init(
        server: ServerURL, room: String, game: Game?, start: MonotonicInstant, seed: UInt64,
        keys: @escaping (Int) -> (steer: Int32, fire: Int32)
    ) throws {
        var settings = ClientSessionSettings(
            host: "\(server.host):\(server.address.port)", target: "/rooms/\(room)")
        settings.name = "Display"
        settings.game = game
        address = server.address
        self.keys = keys
        var random = DeterministicRandom(seed: seed)
        nextFrame = start.advanced(byNanoseconds: random.next() % Self.frameNanoseconds)
        session = try ClientSession(
            settings, start: start, seed: random.next(), scratch: ClientSessionScratch(),
            entropy: { UInt32(truncatingIfNeeded: random.next()) })
    }

    var seat: SeatIndex? { session.room.seat }

    var nextDeadline: MonotonicInstant { min(session.nextDeadline, nextFrame) }

    func statistics(at now: MonotonicInstant) -> ClientStatistics {
        session.room.statistics(at: now)
    }

    // MARK: The loop's events

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {}

    func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        if session.connected(now: now) { self.connection = connection }
    }

    func connectFailed(tag: UInt64, now: MonotonicInstant) {
        _ = session.connectFailed(now: now)
    }

    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        carryOut(session.received(bytes, now: now) { _, _ in })
    }

    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        session.isBlocked = true
    }

    func writable(_ connection: ConnectionID, now: MonotonicInstant) { session.isBlocked = false }

    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        self.connection = nil
        _ = session.closed(now: now)
    }

    func poll(now: MonotonicInstant) {
        carryOut(session.poll(now: now))
        if nextFrame <= now { refresh(now: now) }
        if let connection, session.hasOutput {
            let start = effects.bytes.count
            carryOut(session.takeOutput(into: &effects.bytes))
            let count = effects.bytes.count - start
            effects.effects.append(
                .send(connection, head: ByteRange(start: start, count: count), body: .empty))
        }
    }

    func shutDown(now: MonotonicInstant) {}

    private func carryOut(_ action: ClientSession.TransportAction) {
        switch action {
        case .none: break
        case .connect: effects.effects.append(.connect(address: address, tag: 0))
        case .drop:
            if let connection { effects.effects.append(.close(connection, .immediately)) }
        case .closeAfterFlush:
            if let connection { effects.effects.append(.close(connection, .afterFlush)) }
        }
    }

    // MARK: The display

    private func refresh(now: MonotonicInstant) {
        nextFrame = nextFrame.advanced(byNanoseconds: Self.frameNanoseconds)
        let pressed = keys(frameNumber)
        frameNumber += 1
        guard session.isReady else { return }
        let isCommanded = session.command([pressed.steer, pressed.fire], now: now)
        let error = isCommanded ? judgementError : nil
        session.show(at: now)
        guard isRecording else { return }
        var frame = frame(at: now, steer: pressed.steer)
        frame.judgementError = error
        frames.append(frame)
    }

    private var judgementError: Double? {
        let tick = session.room.commands.newest
        let seen = session.room.shown.remoteTick
        guard let told = session.room.commands.viewDelayTicks(at: tick), seen > 0,
            let rewind = session.room.welcome?.rewindTicksMax
        else { return nil }
        let exact = Double(tick.rawValue) - seen
        return exact > Double(rewind) ? nil : Double(told) - exact
    }

    private func frame(at now: MonotonicInstant, steer: Int32) -> Frame {
        let statistics = session.room.statistics(at: now)
        var frame = Frame(
            at: now, steer: steer, predictedTick: session.room.shown.predictedTick,
            offset: statistics.visibleErrorDistance,
            remoteTick: session.room.shown.remoteTick)
        let view = session.room.shown
        for row in 0..<view.count(ofKind: 0) {
            guard view.kinds[0].flags[row] & ClientView.Flags.own != 0 else { continue }
            frame.ship = (
                view.value(kind: 0, row: row, field: ShipField.x),
                view.value(kind: 0, row: row, field: ShipField.y),
                view.value(kind: 0, row: row, field: ShipField.heading)
            )
        }
        return frame
    }
}

/// Where the arena's declarations put the fields of a ship.
enum ShipField {
    static let heading = position("heading")
    static let x = position("x")
    static let y = position("y")
    static let velocityX = position("velocityX")
    static let velocityY = position("velocityY")
    static let health = position("health")
    static let owner = position("owner")

    private static func position(_ name: String) -> Int {
        arena.kinds[0].fields.firstIndex { "\($0.name)" == name } ?? 0
    }
}
