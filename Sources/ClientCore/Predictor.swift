import Hyoshi
import Replication

/// The game's own rules run ahead of the server, with the commands of this seat.
///
/// A snapshot sets the world back to its tick, and the ticks since then are made again with the
/// commands given meanwhile; a further command makes one tick more. All others want nothing as far
/// as this world is concerned. Each tick's table is kept for comparison and for showing. Cost: the
/// rules' step for each tick between the newest snapshot and the newest command, once a snapshot.
final class Predictor {
    /// Ticks that are predicted at most: beyond them the own things stand still.
    static let ticksMax = 48
    /// Tables that are kept: also some before the newest snapshot, to be shown meanwhile.
    static let slots = 64
    /// Ids from here on are of things that the server has not confirmed.
    static let provisionalIDMin: UInt32 = 0x8000_0000
    /// The most things of a kind that have an id of their own in a tick.
    private static let idsPerTick: UInt32 = 256

    /// The tables of the last ticks: predicted ones, and for their ticks the snapshots.
    private(set) var ring: TableRing
    /// The snapshot that the prediction stands on; zero for none.
    private(set) var base = Tick.zero
    /// The newest tick that was made.
    private(set) var newest = Tick.zero
    /// Ticks that were made again.
    private(set) var resimulatedTicks: UInt64 = 0
    /// Whether a snapshot has come that the prediction does not stand on yet.
    private(set) var isOutdated = false

    private let instance: GameInstance
    private let seatsMax: Int
    private let fieldCount: Int
    private var inputs: [Int32] = []
    private var reached = Tick.zero

    /// Makes the world of a room that looks back up to `rewindTicksMax` ticks.
    init(_ game: Game, schema: Schema, rewindTicksMax: Int) {
        instance = game.makeInstance(0)
        instance.isPrediction = true
        instance.past = PastTables(ticksMax: rewindTicksMax, kinds: game.kinds)
        ring = TableRing(slots: Self.slots, schema: schema)
        seatsMax = game.seatsMax
        fieldCount = game.inputFields.count
        for _ in 0..<seatsMax { inputs.append(contentsOf: game.neutralInput) }
    }

    /// The predicted table of a tick; nil where there is none, or only a snapshot's.
    func predicted(_ tick: Tick) -> EntityTable? {
        guard tick > base, tick <= newest else { return nil }
        return ring.place(of: tick).map { ring.tables[$0] }
    }

    /// A snapshot has come; the next advance starts from it.
    func snapshotArrived(_ table: EntityTable) {
        instance.past.record(table)
        isOutdated = true
    }

    /// Forgets everything, as at a welcome.
    func reset() {
        ring.removeAll()
        instance.past.removeAll()
        base = .zero
        newest = .zero
        reached = .zero
        isOutdated = false
    }

    /// Makes the ticks up to `tick`, from the newest snapshot `table` on where that is new.
    func advance(
        to tick: Tick, table: EntityTable, commands: CommandHistory, seat: SeatIndex, seats: SeatSet
    ) {
        if isOutdated {
            isOutdated = false
            instance.restore(from: table)
            ring.record(table)
            base = table.tick
            newest = table.tick
        }
        guard base != .zero else { return }
        var seats = seats
        seats.insert(seat)
        let last = min(tick, base.advanced(by: Self.ticksMax))
        while newest < last {
            step(newest.advanced(by: 1), commands: commands, seat: seat, seats: seats)
        }
    }

    private func step(
        _ tick: Tick, commands: CommandHistory, seat: SeatIndex, seats: SeatSet
    ) {
        let delay = commands.apply(tick, into: &inputs, at: seat.index * fieldCount)
        instance.viewDelays[seat.index] = delay
        // The same numbers whenever the tick is made: what comes of them keeps its place and name.
        var random = DeterministicRandom(seed: UInt64(tick.rawValue))
        instance.randomState = random.next()
        instance.numberNextEntities(from: Self.provisionalID(of: tick))
        instance.step(tick: tick, seats: seats, inputs: inputs)
        instance.extract(into: &ring.tables[ring.take(tick)])
        newest = tick
        if tick <= reached { resimulatedTicks &+= 1 } else { reached = tick }
    }

    /// The id of the first thing that a tick makes.
    ///
    /// Its low 23 bits count the ticks, which comes around after 38 hours at 60 Hz: no provisional
    /// thing lives as long.
    private static func provisionalID(of tick: Tick) -> UInt32 {
        provisionalIDMin | (tick.rawValue & 0x7F_FFFF) &* idsPerTick
    }

    /// Ticks from `tick` to the one that made the thing of a provisional id; negative where that
    /// was earlier.
    static func distance(ofMaker id: UInt32, from tick: Tick) -> Int {
        let difference = (id &- provisionalIDMin) / idsPerTick &- (tick.rawValue & 0x7F_FFFF)
        // The numbers have 23 bits: sign-extended from there.
        return Int(Int32(bitPattern: difference &<< 9) &>> 9)
    }
    /// Ticks between the makers of two provisional ids.
    static func makerDistance(_ first: UInt32, _ second: UInt32) -> UInt32 {
        let difference = first > second ? first - second : second - first
        return difference / idsPerTick
    }
}
