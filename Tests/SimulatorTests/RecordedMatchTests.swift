import Arena
import ArenaBots
import GameProtocol
import Hyoshi
import HyoshiServer
import Recording
import RoomCore
import ServerCore
import SimulatorKit
import Testing
import TransportInterface

@testable import HyoshiBots

#if os(Linux)
    import Foundation

    /// Matches of bots, recorded and made again.
    @Suite(.serialized) struct RecordedMatchTests {
        /// A folder of its own that is gone with the test.
        private final class Folder {
            let path: String

            init() throws {
                let url = FileManager.default.temporaryDirectory
                    .appendingPathComponent("hyoshi-recordings-\(UUID().uuidString)")
                path = url.path
            }

            deinit { try? FileManager.default.removeItem(atPath: path) }

            func recordings() throws -> [RecordedRoom] {
                try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { name in
                    let content = try #require(
                        FileManager.default.contents(atPath: path + "/" + name))
                    return try RecordedRoom([UInt8](content))
                }
            }
        }

        private func verified(_ room: RecordedRoom) throws -> ReplayVerifier {
            let player = try ReplayPlayer(
                room: room, game: arena, protocolVersion: ProtocolVersion.subprotocol)
            let verifier = ReplayVerifier(player)
            while verifier.run(ticksMax: 1_000) {}
            return verifier
        }

        @Test(arguments: [0, 60] as [UInt64])
        func aMatchInVirtualTimeIsMadeAgainExactly(latencyMilliseconds: UInt64) throws {
            var settings = try VirtualMatch.settings(bots: 16)
            settings.latencyNanoseconds = latencyMilliseconds * 1_000_000
            settings.jitterNanoseconds = latencyMilliseconds * 300_000
            let match = try VirtualMatch(settings)
            let recording = VirtualRecording(of: match)
            match.run(seconds: 4)
            match.network.breakLink(2)
            match.run(seconds: 3)
            recording.end()
            let room = try RecordedRoom(recording.bytes)
            #expect(room.ending == .complete(.closed))
            #expect(room.lastTick == match.room?.tick)
            #expect(room.summary.seatsMost == 16)
            let verifier = try verified(room)
            #expect(verifier.difference == nil)
            #expect(verifier.player.instance.stateHash == match.room?.stateHash)
            #expect(verifier.player.seats == match.room?.seats)
            // Blocks are as short as a server's; jitter moves view delays.
            let minutes = Double(room.summary.seatTicks) / 3600
            let bytesPerMinute = Double(recording.bytes.count) / minutes
            #expect(bytesPerMinute < (latencyMilliseconds == 0 ? 2_100 : 4_000))
        }

        @Test func botsDoAgainWhatWasRecorded() throws {
            func record(_ inputs: RecordedInputs?) throws -> RecordedRoom {
                var settings = try VirtualMatch.settings(bots: 4)
                settings.recordedInputs = inputs
                let match = try VirtualMatch(settings)
                let recording = VirtualRecording(of: match)
                match.run(seconds: 4)
                recording.end()
                return try RecordedRoom(recording.bytes)
            }
            let first = try record(nil)
            let inputs = try RecordedInputs(first)
            #expect(inputs.seats.count == 4 && inputs.game == "arena")
            let second = try record(inputs)
            let players = try [first, second].map {
                try ReplayPlayer(
                    room: $0, game: arena, protocolVersion: ProtocolVersion.subprotocol)
            }
            // Once all have joined, each seat wants the same at the same tick.
            var changes = 0
            for tick in 60...220 {
                let before = players[0].inputs
                for player in players { player.seek(to: Tick(UInt32(tick))) }
                #expect(players[0].inputs == players[1].inputs)
                if players[0].inputs != before { changes += 1 }
            }
            #expect(changes > 10)
        }

        /// Four octets of a file make a row of 252: the rows are bounded, whatever the file says.
        @Test func aFileWhoseInputsAreMoreThanIsKeptIsRefused() throws {
            var header = RecordingHeader(game: arena, protocolVersion: ProtocolVersion.subprotocol)
            header.seatsMax = 1
            header.gameSeatsMax = 1
            header.neutralInput = Array(repeating: 0, count: 62)
            var bytes: [UInt8] = []
            var writer = RecordingWriter(header: header, game: arena, into: &bytes)
            // Seat 0 is taken; then at each of 1,000 ticks its first field is one more.
            var operations: [UInt8] = [128, 0]
            for _ in 0..<1_000 { operations += [64, 2, 1, 0] }
            writer.appendBlock(type: 2, operations, into: &bytes)
            let room = try RecordedRoom(bytes)
            #expect(room.lastTick == Tick(1_000))
            #expect(try RecordedInputs(room, byteCountMax: 252_000).seats.count == 1)
            let error = #expect(throws: RecordedInputsError.self) {
                try RecordedInputs(room, byteCountMax: 251_999)
            }
            let description = try #require(error).description
            #expect(description.contains("up to tick 1000 ") && description.contains("251,999"))
            // The limit that holds for files: far above what is played, far below what is told.
            let ticks = RecordingLimits().eventsByteCountMax / 4
            #expect(RecordedInputs.byteCountMax < ticks * 252 / 100)
        }

        @Test func aMatchOverRealSocketsIsMadeAgainExactly() throws {
            let folder = try Folder()
            var configuration = ServerConfiguration(games: [arena])
            configuration.host = "127.0.0.1"
            configuration.port = 0
            configuration.adminPort = nil
            configuration.recordingDirectory = folder.path
            let server = try HyoshiServer.start(configuration)
            var settings = BotSettings(
                server: try ServerURL("ws://127.0.0.1:\(server.port)", scheme: "ws", defaultPort: 1)
            )
            settings.rooms = 2
            settings.botsPerRoom = 4
            settings.choices = [.fitting(ArenaPolicies.all)]
            let report = try BotRun(settings: settings, threads: 1, seconds: 2, admin: nil).run()
            #expect(report.joined == 8)
            server.stop()
            let rooms = try folder.recordings()
            #expect(rooms.map(\.header.room) == ["bots-1", "bots-2"])
            for room in rooms {
                #expect(room.ending == .complete(.closed))
                // How many ticks there are is up to the machine.
                #expect(room.lastTick > .zero)
                #expect(room.summary.joins == 4 && room.summary.inputChanges > 0)
                #expect(try verified(room).difference == nil)
            }
        }

        @Test func aRecordingEndsAtItsLimitAndTheRoomGoesOn() throws {
            let folder = try Folder()
            var configuration = ServerConfiguration(games: [arena])
            configuration.host = "127.0.0.1"
            configuration.port = 0
            configuration.adminPort = nil
            configuration.recordingDirectory = folder.path
            configuration.recordingByteCountMax = 4096
            configuration.recordingCheckTicks = 1
            let server = try HyoshiServer.start(configuration)
            var settings = BotSettings(
                server: try ServerURL("ws://127.0.0.1:\(server.port)", scheme: "ws", defaultPort: 1)
            )
            settings.botsPerRoom = 4
            settings.choices = [.fitting(ArenaPolicies.all)]
            // How long it takes is up to the machine.
            var limited: RecordedRoom?
            for _ in 0..<60 where limited == nil {
                let run = BotRun(settings: settings, threads: 1, seconds: 1, admin: nil)
                let report = try run.run()
                #expect(report.measurements.closes == 0 && report.joined == 4)
                limited = try folder.recordings().first {
                    $0.ending == .complete(.sizeLimit)
                }
            }
            let atLimit = try #require(limited)
            #expect(atLimit.byteCount > 3_000)
            // The room goes on, and no more is written.
            let run = BotRun(settings: settings, threads: 1, seconds: 0.5, admin: nil)
            #expect(try run.run().joined == 4)
            server.stop()
            let room = try #require(try folder.recordings().first)
            #expect(room.ending == .complete(.sizeLimit) && room.byteCount == atLimit.byteCount)
            #expect(try verified(room).difference == nil)
        }
    }
#endif
