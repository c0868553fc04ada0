import Arena
import Foundation
import Hyoshi
import Recording
import Testing

/// Recordings that were written once: a change of the format or of what it means shows here.
@Suite struct FixtureTests {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Fixtures")

    /// One of a former version of the format: it was written then, and is never written anew.
    private func kept(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: FixtureTests.folder.appendingPathComponent(name)))
    }

    /// To write them anew after a change on purpose: HYOSHI_WRITE_FIXTURES=1.
    ///
    /// Before the version of the format is raised, copies of them become ``kept(_:)`` ones.
    private func fixture(_ name: String, _ make: () -> [UInt8]) throws -> [UInt8] {
        let file = FixtureTests.folder.appendingPathComponent(name)
        if ProcessInfo.processInfo.environment["HYOSHI_WRITE_FIXTURES"] == "1" {
            try Data(make()).write(to: file)
        }
        return [UInt8](try Data(contentsOf: file))
    }

    @Test(arguments: ["drifters-1", "drifters-2"])
    func aRecordingReadsForEver(name: String) throws {
        let game = Game(Drifters.self)
        let script = RecordedScript(
            seed: 3, ticks: 60, checkIntervalTicks: 20, stateIntervalTicks: 40)
        let result = script.run(game)
        let bytes =
            name == "drifters-1"
            ? try kept(name + ".hyoshi") : try fixture(name + ".hyoshi") { result.bytes }
        #expect(bytes[7] == (name == "drifters-1" ? 1 : RecordingFormat.version))
        let room = try RecordedRoom(bytes)
        #expect(room.ending == .complete(.closed))
        #expect(room.header == script.header(game))
        let player = try ReplayPlayer(room: room, game: game, protocolVersion: "hyoshi.v1")
        let verifier = ReplayVerifier(player)
        while verifier.run(ticksMax: 100) {}
        #expect(verifier.difference == nil)
        #expect(player.instance.stateHash == result.hashes[59])
        // Compression may differ from one zlib to another; what it says does not.
        let now = try RecordedRoom(result.bytes)
        #expect(now.summary.inputChanges == room.summary.inputChanges)
        #expect(now.summary.seatTicks == room.summary.seatTicks)
    }

    /// Short blocks are of version 2: in a file that says to be of version 1 they are damage.
    @Test func aVersionIsWhatItsFileSays() throws {
        let result = RecordedScript(seed: 3, ticks: 60).run(Game(Drifters.self))
        for version in [0, 1, 3, 255] as [UInt8] {
            var bytes = result.bytes
            bytes[7] = version
            #expect(throws: RecordingError.self) { try RecordedRoom(bytes) }
        }
        let former = try RecordedRoom(try kept("arena-1.hyoshi"))
        #expect(former.summary.eventsByteCount > 9 * former.summary.eventsBlocks)
        let now = try RecordedRoom(
            RecordedScript(seed: 6, ticks: 80, stateIntervalTicks: 40).run(arena).bytes)
        #expect(now.summary.eventsBlocks == former.summary.eventsBlocks)
        #expect(
            now.summary.eventsByteCount
                <= former.summary.eventsByteCount - 4 * former.summary.eventsBlocks + 16)
    }

    /// The page's tests play it, and compare each tick's hash.
    @Test func theHashesBesideARecordingAreItsOwn() throws {
        let script = RecordedScript(
            seed: 12, ticks: 600, checkIntervalTicks: 60, stateIntervalTicks: 150)
        let result = script.run(arena)
        let bytes = try fixture("arena-2.hyoshi") { result.bytes }
        let lines = try fixture("arena-2.hashes") {
            result.hashes.flatMap { hash in
                let digits = String(hash, radix: 16)
                return Array(
                    (String(repeating: "0", count: 16 - digits.count) + digits + "\n").utf8)
            }
        }
        let hashes = lines.split(separator: 10).map {
            UInt64(String(decoding: $0, as: UTF8.self), radix: 16)
        }
        let player = try ReplayPlayer(
            room: try RecordedRoom(bytes), game: arena, protocolVersion: "hyoshi.v1")
        #expect(player.lastTick == Tick(600) && hashes.count == 600)
        for hash in hashes {
            #expect(player.step())
            #expect(player.instance.stateHash == hash)
        }
    }

    /// The page's tests show where it stops being what was recorded.
    @Test func aRecordingByOtherRulesDiffersAtTheirFirstTick() throws {
        let script = RecordedScript(
            seed: 2, ticks: 400, checkIntervalTicks: 60, stateIntervalTicks: 150)
        let bytes = try fixture("arena-changed.hyoshi") {
            script.run(Game(ChangedArena.self)).bytes
        }
        let player = try ReplayPlayer(
            room: try RecordedRoom(bytes), game: arena, protocolVersion: "hyoshi.v1")
        let verifier = ReplayVerifier(player)
        while verifier.run(ticksMax: 100) {}
        #expect(verifier.difference?.tick == Tick(250))
        #expect(verifier.difference?.checkTick == Tick(300))
    }

    @Test func theArenasRecordingReads() throws {
        let bytes = try kept("arena-1.hyoshi")
        let room = try RecordedRoom(bytes)
        #expect(room.ending == .complete(.closed) && room.lastTick == Tick(80))
        #expect(room.summary.states == 2)
    }
}
