import Arena
import Foundation
import Hyoshi
import Recording
import RoomCore
import Testing
import TransportInterface

@testable import HyoshiServer

/// What rooms have noted, on its way to files.
@Suite struct RecordingsTests {
    /// A room whose loop comes no more to hand over what it notes, as where the disk hangs.
    @Test func aRecordingThatFallsBehindHasAnEndThatSaysSo() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("hyoshi-recordings-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recordings = try Recordings(ServerConfiguration(games: [arena]), directory: folder)
        var settings = RoomSettings()
        settings.tickRate = 1
        let room = Room(
            name: "lobby", game: arena, settings: settings, seed: 1,
            now: MonotonicInstant(nanoseconds: 0))
        let (recorder, lane) = recordings.open(room)
        room.observer = recorder
        for _ in 0..<20 { _ = room.step() }
        while !recorder.chunk.isEmpty { #expect(lane.handOver(recorder)) }
        // A full state every half minute, and four may wait.
        for _ in 0..<150 { _ = room.step() }
        #expect(recorder.hasOverflowed && !lane.handOver(recorder))
        recordings.stop()
        #expect(recordings.counts.failed == 1 && recordings.counts.open == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(files.count == 1)
        let content = try #require(
            FileManager.default.contents(atPath: "\(folder)/\(files.first ?? "")"))
        let recorded = try RecordedRoom([UInt8](content))
        #expect(recorded.ending == .complete(.fellBehind))
        #expect(recorded.lastTick == Tick(20))
    }
}
