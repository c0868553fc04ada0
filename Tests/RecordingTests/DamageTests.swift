import Arena
import Hyoshi
import Recording
import RoomCore
import Testing
import TransportInterface

@Suite struct DamageTests {
    private static let small = RecordedScript(
        seed: 3, ticks: 60, checkIntervalTicks: 20, stateIntervalTicks: 40)

    @Test func everyFlippedBitIsNoticed() throws {
        let game = Game(Drifters.self)
        let result = DamageTests.small.run(game)
        let whole = try RecordedRoom(result.bytes)
        #expect(whole.ending == .complete(.closed))
        #expect(whole.summary.states == 1 && whole.summary.checks == 3)
        for position in result.bytes.indices {
            for bit in 0..<8 {
                var bytes = result.bytes
                bytes[position] ^= 1 << UInt8(bit)
                do throws(RecordingError) {
                    let room = try RecordedRoom(bytes)
                    guard case .damaged(let offset) = room.ending else {
                        Issue.record("bit \(bit) of octet \(position): \(room.ending)")
                        continue
                    }
                    // What stands before the damage is as it was.
                    #expect(offset <= position)
                    #expect(room.lastTick <= whole.lastTick)
                } catch {
                    // Within the first octets and the header there is nothing to be read.
                    #expect(position < (result.ends.first ?? 0))
                }
            }
        }
    }

    /// What is written can be read: a recording ends before it is more than a reader takes.
    @Test(arguments: [20, 100, 1_000, 2_000])
    func aRecordingEndsBeforeItIsMoreThanAReaderTakes(byteCountMax: Int) throws {
        let game = Game(Drifters.self)
        var script = RecordedScript(seed: 3)
        let whole = try RecordedRoom(script.run(game).bytes)
        #expect(whole.ending == .complete(.closed) && whole.summary.states == 4)
        script.limits.eventsByteCountMax = byteCountMax
        let result = script.run(game)
        let room = try RecordedRoom(result.bytes, limits: script.limits)
        #expect(room.ending == .complete(.sizeLimit))
        #expect(room.lastTick < whole.lastTick)
        let player = try ReplayPlayer(room: room, game: game, protocolVersion: "hyoshi.v1")
        player.seek(to: room.lastTick)
        guard room.lastTick != .zero else { return }
        #expect(player.instance.stateHash == result.hashes[Int(room.lastTick.rawValue) - 1])
    }

    /// A room with its recorder, for files whose blocks a test puts together itself.
    private static func recordedRoom(
        _ game: Game, _ script: RecordedScript
    ) -> (room: Room, recorder: RoomRecorder) {
        let room = Room(
            name: "lobby", game: game, settings: RoomSettings(), seed: 3,
            now: MonotonicInstant(nanoseconds: 0))
        let recorder = RoomRecorder(header: script.header(game), game: game)
        room.observer = recorder
        return (room, recorder)
    }

    /// Also a block that fills the reader's memory to the last octet is read.
    @Test func blocksOfEveryLengthAreRead() throws {
        let game = Game(Drifters.self)
        var script = RecordedScript()
        script.checkIntervalTicks = 10_000
        script.stateIntervalTicks = 10_000
        var lengths: Set<Int> = []
        for ticks in 1...1_100 where ticks < 300 || (480..<530).contains(ticks) || ticks > 990 {
            let (room, recorder) = Self.recordedRoom(game, script)
            var bytes: [UInt8] = []
            var writer = RecordingWriter(header: script.header(game), game: game, into: &bytes)
            guard var deflater = BlockDeflater() else { continue }
            for _ in 0..<ticks { _ = room.step() }
            lengths.insert(recorder.chunk.operations.count)
            writer.append(recorder.chunk, deflater: &deflater, into: &bytes)
            writer.finish(.closed, into: &bytes)
            let recorded = try RecordedRoom(bytes)
            #expect(recorded.ending == .complete(.closed), "\(ticks) ticks")
            #expect(recorded.lastTick == Tick(UInt32(ticks)))
        }
        #expect(lengths.isSuperset(of: [256, 512, 1_024]))
    }

    @Test func statesBeyondWhatAReaderTakesAreLeftOut() throws {
        let game = Game(Drifters.self)
        var script = RecordedScript(seed: 3)
        script.limits.statesMax = 2
        let few = try RecordedRoom(script.run(game).bytes, limits: script.limits)
        #expect(few.ending == .complete(.closed) && few.summary.states == 2)
        #expect(few.lastTick == Tick(400))
        script.limits = RecordingLimits()
        script.limits.blockByteCountMax = 150
        let none = try RecordedRoom(script.run(game).bytes, limits: script.limits)
        #expect(none.ending == .complete(.closed) && none.summary.states < 4)
        #expect(none.lastTick == Tick(400))
    }

    /// A full state that makes no sense to the game is no place to start from, and nothing more.
    @Test func aSeekGoesByStatesThatMakeSense() throws {
        let game = Game(Drifters.self)
        let script = RecordedScript(seed: 3, stateIntervalTicks: 1_000)
        let (room, recorder) = Self.recordedRoom(game, script)
        var bytes: [UInt8] = []
        var writer = RecordingWriter(header: script.header(game), game: game, into: &bytes)
        var chunk = RecordedChunk()
        var hashes: [UInt64] = [0]
        for tick in 1...100 {
            if tick == 5 { _ = room.join() }
            _ = room.step()
            hashes.append(room.stateHash)
            guard tick % 20 == 0 else { continue }
            recorder.exchange(&chunk)
            writer.appendBlock(type: 2, chunk.operations, into: &bytes)
            // Its tick and its seats are right: no reader knows more without the game.
            writer.appendBlock(
                type: 3, [UInt8(tick), 1, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], into: &bytes)
        }
        let recorded = try RecordedRoom(bytes)
        #expect(recorded.ending == .torn(offset: bytes.count) && recorded.summary.states == 5)
        let player = try ReplayPlayer(room: recorded, game: game, protocolVersion: "hyoshi.v1")
        for tick in [99, 41, 40, 100, 7, 100, 61] {
            player.seek(to: Tick(UInt32(tick)))
            #expect(player.tick == Tick(UInt32(tick)))
            #expect(player.instance.stateHash == hashes[tick])
        }
        // What nobody can compare is not the same.
        player.seek(to: Tick(30))
        let verifier = ReplayVerifier(player)
        while verifier.run(ticksMax: 64) {}
        #expect(verifier.difference == nil && verifier.ticksCompared == 70)
        #expect(verifier.damagedStateTick == Tick(40))
    }

    /// Two full states of one tick could say different things: the second one ends the reading.
    @Test func aTickHasOneFullState() throws {
        let game = Game(Drifters.self)
        let script = RecordedScript(seed: 3, stateIntervalTicks: 1_000)
        let (room, recorder) = Self.recordedRoom(game, script)
        var bytes: [UInt8] = []
        var writer = RecordingWriter(header: script.header(game), game: game, into: &bytes)
        var chunk = RecordedChunk()
        for _ in 1...20 { _ = room.step() }
        recorder.exchange(&chunk)
        writer.appendBlock(type: 2, chunk.operations, into: &bytes)
        let state: [UInt8] = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF]
        writer.appendBlock(type: 3, state, into: &bytes)
        let first = bytes.count
        writer.appendBlock(type: 3, state, into: &bytes)
        let recorded = try RecordedRoom(bytes)
        #expect(recorded.summary.states == 1 && recorded.lastTick == Tick(20))
        #expect(recorded.ending == .damaged(offset: first))
    }

    @Test func aRecordingIsReadUpToWhereItIsTorn() throws {
        let game = Game(Drifters.self)
        let result = DamageTests.small.run(game, ends: false)
        for count in 0...result.bytes.count {
            let bytes = Array(result.bytes[..<count])
            let whole = result.ends.lastIndex { $0 <= count }
            guard let whole else {
                #expect(throws: RecordingError.self) { try RecordedRoom(bytes) }
                continue
            }
            let room = try RecordedRoom(bytes)
            // A state's block may stand between two of these ends.
            guard case .torn(let offset) = room.ending else {
                Issue.record("\(count) octets: \(room.ending)")
                continue
            }
            #expect(offset >= result.ends[whole] && offset <= count)
            #expect(Int(room.lastTick.rawValue) >= result.ticksAtEnds[whole])
            #expect(room.byteCount == offset)
            let player = try ReplayPlayer(
                room: room, game: game, protocolVersion: "hyoshi.v1")
            player.seek(to: room.lastTick)
            guard room.lastTick != .zero else { continue }
            #expect(player.instance.stateHash == result.hashes[Int(room.lastTick.rawValue) - 1])
        }
    }

    @Test func blocksThatAreMissingDoubledOrMovedAreNoticed() throws {
        let result = DamageTests.small.run(Game(Drifters.self))
        let first = result.bytes[result.ends[0]..<result.ends[1]]
        let second = result.bytes[result.ends[1]..<result.ends[2]]
        let head = result.bytes[..<result.ends[0]]
        let tail = result.bytes[result.ends[2]...]
        for bytes in [
            head + second + tail, head + first + first + second + tail,
            head + second + first + tail,
        ] {
            let room = try RecordedRoom(Array(bytes))
            guard case .damaged = room.ending else {
                Issue.record("not noticed: \(room.ending)")
                continue
            }
        }
        let more = try RecordedRoom(result.bytes + [0])
        guard case .damaged = more.ending else {
            Issue.record("octets behind the end: \(more.ending)")
            return
        }
    }

    @Test func randomOctetsNeverTrap() throws {
        let result = DamageTests.small.run(Game(Drifters.self))
        var random = DeterministicRandom(seed: 8)
        var limits = RecordingLimits()
        limits.blockByteCountMax = 4096
        for _ in 0..<2_000 {
            var bytes = result.bytes
            for _ in 0..<random.number(in: 1...20) {
                let position = Int(random.number(in: 0...Int32(bytes.count - 1)))
                bytes[position] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? RecordedRoom(bytes, limits: limits)
        }
    }

    @Test func memoryIsWithinTheLimits() throws {
        let result = RecordedScript(seed: 3, ticks: 200).run(arena)
        var limits = RecordingLimits()
        limits.eventsByteCountMax = 2_000
        let room = try RecordedRoom(result.bytes, limits: limits)
        guard case .damaged = room.ending else {
            Issue.record("not noticed: \(room.ending)")
            return
        }
        #expect(room.lastTick > .zero && room.lastTick < Tick(200))
    }
}
