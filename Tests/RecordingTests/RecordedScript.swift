import Arena
import Hyoshi
import Recording
import RoomCore
import TransportInterface

/// A room of a game whose players come, play, see late, and go as a seed says, and its recording.
struct RecordedScript {
    var seed: UInt64 = 1
    var ticks = 400
    var seatsMax = 8
    var checkIntervalTicks = 30
    var stateIntervalTicks = 100
    /// Ticks from one chunk to the next.
    var chunkTicks = 5
    var limits = RecordingLimits()

    struct Result {
        var bytes: [UInt8] = []
        /// The hash of the state after each tick.
        var hashes: [UInt64] = []
        /// Where each block ends.
        var ends: [Int] = []
        /// The last tick of the blocks up to each of ``ends``.
        var ticksAtEnds: [Int] = []
    }

    func header(_ game: Game) -> RecordingHeader {
        var header = RecordingHeader(game: game, protocolVersion: "hyoshi.v1")
        header.room = "lobby"
        header.build = "test"
        header.seed = seed
        header.seatsMax = seatsMax
        header.rewindTicksMax = 12
        header.checkIntervalTicks = checkIntervalTicks
        header.stateIntervalTicks = stateIntervalTicks
        return header
    }

    func run(_ game: Game, ends: Bool = true) -> Result {
        var result = Result()
        var settings = RoomSettings()
        settings.seatsMax = seatsMax
        settings.seatHoldSeconds = 1
        let room = Room(
            name: "lobby", game: game, settings: settings, seed: seed,
            now: MonotonicInstant(nanoseconds: 0))
        let recorder = RoomRecorder(header: header(game), game: game)
        room.observer = recorder
        var writer = RecordingWriter(
            header: header(game), game: game, limits: limits, into: &result.bytes)
        guard var deflater = BlockDeflater() else { return result }
        result.ends.append(result.bytes.count)
        result.ticksAtEnds.append(0)
        var random = DeterministicRandom(seed: seed &+ 77)
        var chunk = RecordedChunk()
        for tick in 1...ticks {
            players(room, tick: tick, &random)
            _ = room.step()
            result.hashes.append(room.stateHash)
            if tick % chunkTicks == 0 || tick == ticks {
                recorder.exchange(&chunk)
                writer.append(chunk, deflater: &deflater, into: &result.bytes)
                result.ends.append(result.bytes.count)
                result.ticksAtEnds.append(tick)
            }
        }
        if ends { writer.finish(writer.isFull ? .sizeLimit : .closed, into: &result.bytes) }
        return result
    }

    /// What the players do before a tick.
    private func players(_ room: Room, tick: Int, _ random: inout DeterministicRandom) {
        if random.oneIn(20) { _ = room.join() }
        for seat in room.seats {
            if random.oneIn(400) {
                room.leave(seat)
            } else if random.oneIn(500) {
                room.hold(seat)
            } else if random.oneIn(4) {
                var values = [random.number(in: 0...15), random.number(in: 0...1)]
                if room.game.inputFields.count == 1 { values.removeLast() }
                room.receiveInput(
                    from: seat, sequence: UInt16(truncatingIfNeeded: tick),
                    newest: Tick(UInt32(tick) + UInt32(random.number(in: 0...3))), commandCount: 1,
                    values: values.span,
                    viewDelayTicks: UInt8(truncatingIfNeeded: random.number(in: 4...8)))
            }
        }
    }
}

/// The arena, but a ship's thrust is another from some tick on: a change of the rules.
struct ChangedArena: Simulation {
    var arena: Arena

    static var name: StaticString { Arena.name }
    static var seatsMax: Int { Arena.seatsMax }

    init(random: inout DeterministicRandom) { arena = Arena(random: &random) }

    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        arena.seatJoined(seat, at: tick, random: &random)
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        arena.seatLeft(seat, at: tick, random: &random)
    }

    mutating func step(_ context: inout StepContext<Arena.Input>) {
        arena.step(&context)
        guard context.tick.rawValue >= 250, arena.ships.count > 0 else { return }
        arena.ships[0].score += 1
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        arena.entities(&visitor)
    }
}

/// A world whose numbers are sent less exactly than they are, and whose rules draw and look back.
struct Drifters: Simulation {
    struct Input: Fields {
        var push: Int32 = 3

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("push", &push, .number(-100...100))
        }
    }

    struct Drifter: Entity {
        static var kindName: StaticString { "drifter" }
        var x: Int32 = 0
        var owner = SeatIndex.first

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("x", &x, .coordinate(0...9_999, step: 64, wraps: true))
            visitor.field("owner", &owner)
        }
    }

    static var name: StaticString { "drifters" }
    static var seatsMax: Int { 8 }

    var drifters = Entities<Drifter>(capacity: 8)

    init(random: inout DeterministicRandom) {}

    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        var drifter = Drifter()
        drifter.x = random.number(in: 0...9_999)
        drifter.owner = seat
        drifters.insert(drifter)
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        drifters.removeAll { $0.owner == seat }
    }

    mutating func step(_ context: inout StepContext<Input>) {
        for position in drifters.indices {
            let owner = drifters[position].owner
            let id = drifters.id(at: position)
            var x = drifters[position].x + context.input(of: owner).push
            x += context.random.number(in: 0...5)
            if let seen = context.past(Drifter.self, kind: 0, id: id, seenBy: owner) {
                x += seen.x / 64 % 7
            }
            drifters[position].x = ((x % 10_000) + 10_000) % 10_000
        }
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&drifters)
    }
}
