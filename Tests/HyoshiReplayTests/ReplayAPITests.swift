import Foundation
import GameProtocol
import Hyoshi
import HyoshiReplay
import Recording
import RoomCore
import Testing
import TransportInterface

/// What a game's author can do with a recording.
@Suite struct ReplayAPITests {
    private static let game = Game(Runners.self)

    /// A room in which two runners come and run, the second one for a while only.
    ///
    /// - Parameter senselessAt: The last tick, for a full state after it whose octets are as they
    ///   were written, and make no sense to the game.
    private func record<Rules: Simulation>(
        _ rules: Rules.Type, ticks: Int = 200, senselessAt: Int? = nil,
        reason: RecordingEndReason = .closed
    ) -> [UInt8] {
        let game = Game(rules)
        var header = RecordingHeader(game: game, protocolVersion: ProtocolVersion.subprotocol)
        header.room = "track"
        header.seed = 9
        header.checkIntervalTicks = 10
        header.stateIntervalTicks = 50
        let room = Room(
            name: "track", game: game, settings: RoomSettings(), seed: 9,
            now: MonotonicInstant(nanoseconds: 0))
        header.rewindTicksMax = room.rewindTicksMax
        let recorder = RoomRecorder(header: header, game: game)
        room.observer = recorder
        var bytes: [UInt8] = []
        var writer = RecordingWriter(header: header, game: game, into: &bytes)
        guard var deflater = BlockDeflater() else { return [] }
        var chunk = RecordedChunk()
        for tick in 1...ticks {
            if tick == 5 { _ = room.join() }
            if tick == 20 { _ = room.join() }
            if tick == 120, let second = SeatIndex(1) { room.leave(second) }
            for seat in room.seats {
                let values = [Int32(tick % 7)]
                room.receiveInput(
                    from: seat, sequence: UInt16(tick), newest: Tick(UInt32(tick)),
                    commandCount: 1, values: values.span, viewDelayTicks: 3)
            }
            _ = room.step()
            recorder.exchange(&chunk)
            writer.append(chunk, deflater: &deflater, into: &bytes)
            if tick == senselessAt {
                let head = [UInt8(tick), UInt8(room.seats.bits), 0, 0, 0, 0, 0, 0, 0]
                writer.appendBlock(type: 3, head + [0xFF], into: &bytes)
            }
        }
        writer.finish(reason, into: &bytes)
        return bytes
    }

    @Test func theTicksAreMadeAgainWithTheGamesOwnTypes() throws {
        let replay = try Replay(record(Runners.self))
        let world = try replay.play(Runners.self)
        #expect(world.tick == .zero && world.lastTick == Tick(200))
        #expect(world.isAsRecorded == nil)
        var counts: [Int] = []
        var ways: [Int32] = []
        while world.step() {
            #expect(world.isAsRecorded == true)
            counts.append(world.rules.runners.count)
            ways.append(world.rules.runners.indices.reduce(0) { $0 + world.rules.runners[$1].way })
            let speed = world.input(of: .first).speed
            #expect(speed == (world.tick >= Tick(5) ? Int32(world.tick.rawValue % 7) : 2))
        }
        #expect(counts[3] == 0 && counts[4] == 1 && counts[19] == 2 && counts[119] == 1)
        #expect(counts.count == 200)
        // Back, through a full state, and to the same place again.
        world.seek(to: Tick(117))
        #expect(world.tick == Tick(117) && world.seats.count == 2)
        #expect(
            world.rules.runners.indices.reduce(0) { $0 + world.rules.runners[$1].way } == ways[116])
        world.seek(to: Tick(.max))
        #expect(world.tick == Tick(200) && !world.step())
    }

    @Test func todaysRulesAreHeldToIt() throws {
        let replay = try Replay(record(Runners.self))
        var compared: [Int] = []
        let verdict = try replay.verify(ReplayAPITests.game) { compared.append($0) }
        #expect(verdict.isSame && verdict.ticksCompared == 200)
        #expect(verdict.description == "the same: 200 ticks\n")
        let later = try replay.verify(ReplayAPITests.game, from: Tick(60))
        #expect(later.isSame && later.ticksCompared == 140)
        // The same declarations, but whoever runs is faster.
        let changed = try Replay(record(FastRunners.self)).verify(ReplayAPITests.game)
        let tick = try #require(changed.firstDifference)
        #expect((5...7).contains(tick.rawValue))
        #expect(changed.fields == ["runner.way"])
        #expect(changed.values.first?.hasPrefix("runner.way of ") == true)
        #expect(changed.description.hasPrefix("DIFFERS at tick \(tick.rawValue)\n"))
    }

    @Test func aFullStateThatMakesNoSenseIsDamage() throws {
        let verdict = try Replay(record(Runners.self, ticks: 60, senselessAt: 60))
            .verify(ReplayAPITests.game)
        #expect(!verdict.isSame && verdict.damagedState == Tick(60))
        #expect(verdict.firstDifference == nil && verdict.ticksCompared == 60)
        #expect(
            verdict.description
                == "DAMAGED: the full state at tick 60 makes no sense; beside it 60 ticks are the "
                + "same\n")
        #expect(verdict.json(seconds: 1).contains(#""isSame":false,"damagedStateTick":60}"#))
        let changed = try Replay(record(FastRunners.self, ticks: 60, senselessAt: 60))
            .verify(ReplayAPITests.game)
        #expect(changed.firstDifference != nil)
        #expect(!changed.isSame && changed.fields == ["runner.way"])
    }

    @Test func whatItIsIsTold() throws {
        var bytes = record(Runners.self)
        let info = try Replay(bytes).info
        #expect(info.room == "track" && info.game == "runners" && info.ending == .complete)
        #expect(info.lastTick == Tick(200) && info.joins == 2 && info.leaves == 1)
        #expect(info.seatsMost == 2 && info.byteCount == bytes.count)
        #expect((info.playerMinutes * 3_600).rounded() == Double(196 + 100))
        var lines = ""
        try Replay(bytes).writeJSON(from: Tick(119)) { lines += $0 }
        #expect(lines.contains(#"{"tick":120,"left":[1]"#))
        #expect(!lines.contains(#""tick":118"#))
        // What holds at the first tick that is told is told with it.
        #expect(lines.contains(#"{"tick":119,"joined":[0, 1],"inputs":{"0":[0],"1":[0]},"#))
        #expect(lines.contains(#""viewDelays":{"0":3,"1":3}}"#))
        bytes.removeLast(3)
        #expect(try Replay(bytes).info.ending == .torn)
        bytes[bytes.count - 1] ^= 1
        bytes[bytes.count / 2] ^= 1
        let damaged = try Replay(bytes).info
        #expect(damaged.ending == .damaged && damaged.byteCount < bytes.count / 2)
    }

    @Test func whyItEndedIsTold() throws {
        for (reason, ending, word) in [
            (.closed, .complete, "complete"), (.sizeLimit, .atLimit, "size-limit"),
            (.fellBehind, .fellBehind, "fell-behind"),
        ] as [(RecordingEndReason, ReplayInfo.Ending, String)] {
            let replay = try Replay(record(Runners.self, ticks: 30, reason: reason))
            #expect(replay.info.ending == ending)
            #expect(replay.json.contains("\"ending\":\"\(word)\""))
        }
        let replay = try Replay(record(Runners.self, ticks: 30, reason: .fellBehind))
        #expect(replay.description.contains("more was to be written than may wait\n"))
    }

    @Test func aFileIsReadToItsEndPieceByPiece() throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("hyoshi-replay-\(UUID().uuidString).hyoshi").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        // Twice and a half what is read at once: its end is in the last piece.
        let bytes = record(Runners.self)
        let long = bytes + Array(repeating: 0, count: 5 << 19)
        for content in [bytes, long, Array(bytes.dropLast(2)), Array(bytes.prefix(0))] {
            try Data(content).write(to: URL(fileURLWithPath: path))
            func facts(_ make: () throws -> Replay) -> String {
                do {
                    let info = try make().info
                    return "\(info.ending) at \(info.byteCount), tick \(info.lastTick.rawValue)"
                } catch {
                    return "\(error)".replacing(path + ": ", with: "")
                }
            }
            #expect(facts { try Replay(contentsOf: path) } == facts { try Replay(content) })
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let replay = try Replay(record(Runners.self))
        #expect {
            try Replay(contentsOf: "/nowhere/at.all")
        } throws: { error in
            (error as? ReplayError)?.code == .unreadable
        }
        for attempt in [
            { _ = try Replay([1, 2, 3]) }, { _ = try replay.verify(Game(Walkers.self)) },
            { _ = try replay.play(Walkers.self) },
            { _ = try replay.play(Walkers.self, as: ReplayAPITests.game) },
        ] {
            #expect {
                try attempt()
            } throws: { error in
                (error as? ReplayError)?.code == .refused
            }
        }
    }
}

/// Runners go as far in a tick as they are told to.
private struct Runners: Simulation {
    struct Input: Fields {
        var speed: Int32 = 2
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("speed", &speed, .number(0...9))
        }
    }

    struct Runner: Entity {
        static var kindName: StaticString { "runner" }
        var way: Int32 = 0
        var seat = SeatIndex.first
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("way", &way, .coordinate(0...9_999, wraps: true))
            visitor.field("seat", &seat)
        }
    }

    static var name: StaticString { "runners" }
    static var seatsMax: Int { 8 }
    var runners = Entities<Runner>(capacity: 8)

    init(random: inout DeterministicRandom) {}

    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        runners.insert(Runner(way: random.number(in: 0...99), seat: seat))
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        runners.removeAll { $0.seat == seat }
    }

    mutating func step(_ context: inout StepContext<Input>) {
        for each in runners.indices {
            let speed = context.input(of: runners[each].seat).speed
            runners[each].way = (runners[each].way + speed) % 10_000
        }
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&runners)
    }
}

/// Runners whose rules were changed, but not their declarations.
private struct FastRunners: Simulation {
    var runners: Runners
    static var name: StaticString { Runners.name }
    static var seatsMax: Int { Runners.seatsMax }

    init(random: inout DeterministicRandom) { runners = Runners(random: &random) }

    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        runners.seatJoined(seat, at: tick, random: &random)
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        runners.seatLeft(seat, at: tick, random: &random)
    }

    mutating func step(_ context: inout StepContext<Runners.Input>) {
        runners.step(&context)
        for each in runners.runners.indices { runners.runners[each].way += 1 }
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        runners.entities(&visitor)
    }
}

/// Another game.
private struct Walkers: Simulation {
    typealias Input = Runners.Input
    static var name: StaticString { "walkers" }
    static var seatsMax: Int { 8 }
    var walkers = Entities<Runners.Runner>(capacity: 8)
    init(random: inout DeterministicRandom) {}
    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}
    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}
    mutating func step(_ context: inout StepContext<Input>) {}
    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&walkers)
    }
}
