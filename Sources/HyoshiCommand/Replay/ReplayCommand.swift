import ArgumentParser
import Foundation
import GameProtocol
import Hyoshi
import NetworkTransport
import Recording
import TransportInterface

/// `hyoshi replay`: what is in a recording, and whether today's rules still make the same of it.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Look into a recording of a room, or make all of its ticks again and compare.",
        discussion: """
            `hyoshi serve --record DIR` records every room, a file each. A recording holds what the \
            rules were given: seed, joins, leaves and inputs. So a program with the same rules \
            makes every tick again, bit for bit.

              hyoshi replay FILE             what it is: room, game, length, size (--info)
              hyoshi replay FILE --verify    make every tick again; name the first that differs
              hyoshi replay FILE --to-json   every event and input, a JSON object a line

            A difference means that the rules have changed since, or do not depend on their \
            declared state alone. It is named by the first tick, the kinds and fields that differ \
            at the next check, and the values that differ from the next full state.

            What was cut off in a crash is read up to there. A recording of another format, \
            protocol, game, or version of the game's declarations is refused.

            Exit codes: 0 all is well, 1 a tick differs, 64 a wrong option, 65 damaged or refused, \
            66 the file cannot be read.
            """)

    @Argument(help: "The recording.", completion: .file())
    var file: String

    @Flag(help: "Make every tick again and compare.")
    var verify = false

    @Flag(help: "Say what it is; without another flag this is done.")
    var info = false

    @Flag(help: "Print every event and input, a JSON object a line.")
    var toJson = false

    @Flag(help: "Answer as a JSON object, with --info or --verify.")
    var json = false

    @Option(help: "The tick to start at.")
    var from: UInt32 = 0

    func validate() throws {
        guard [verify, info, toJson].count(where: { $0 }) <= 1 else {
            throw ValidationError("--verify, --info and --to-json: one at a time.")
        }
    }

    func run() throws {
        try CommandFailure.reported {
            let room = try RecordedRoom(contentsOf: file)
            if toJson {
                RecordingLines(room).write(from: Tick(from)) { Terminal.write($0) }
            } else if verify {
                try verify(room)
            } else {
                let report = RecordingReport(room)
                Terminal.write(json ? report.json : report.text)
            }
            if case .damaged(let offset) = room.ending {
                throw CommandFailure(
                    .dataError, "the recording is damaged from octet \(offset) on")
            }
        }
    }

    private func verify(_ room: RecordedRoom) throws {
        let name = room.header.game
        guard let game = ServeCommand.games[name] else {
            let known = ServeCommand.games.keys.sorted().joined(separator: ", ")
            throw CommandFailure(
                .dataError,
                "the recording is of the game \"\(name)\", which this program does not have; it "
                    + "has: \(known)")
        }
        let player: ReplayPlayer
        do {
            player = try ReplayPlayer(
                room: room, game: game, protocolVersion: ProtocolVersion.subprotocol)
        } catch {
            throw CommandFailure(.dataError, error.description)
        }
        let started = MonotonicClock.now()
        player.seek(to: Tick(from))
        let first = player.tick
        let verifier = ReplayVerifier(player)
        var progress = ReplayProgress(ticks: room.lastTick.distance(from: first), now: started)
        while verifier.run(ticksMax: 4_096) {
            progress.show(done: player.tick.distance(from: first), now: MonotonicClock.now())
        }
        progress.end()
        let report = VerificationReport(
            verifier, first: first,
            seconds: Double(MonotonicClock.now().nanoseconds(since: started)) / 1e9)
        Terminal.write(json ? report.json : report.text)
        if verifier.difference != nil { throw ExitCode(1) }
    }
}

extension RecordedRoom {
    /// The most octets of a file that is read.
    private static let fileByteCountMax: UInt64 = 1 << 31

    /// Reads a file.
    init(contentsOf path: String) throws {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure(.noInput, "cannot read \"\(path)\"")
        }
        defer { try? file.close() }
        guard let size = try? file.seekToEnd(), (try? file.seek(toOffset: 0)) != nil else {
            throw CommandFailure(.noInput, "cannot read \"\(path)\"")
        }
        guard size <= RecordedRoom.fileByteCountMax else {
            throw CommandFailure(.dataError, "\"\(path)\" has more than 2 GiB")
        }
        guard let content = try? file.read(upToCount: Int(size)) ?? Data() else {
            throw CommandFailure(.noInput, "cannot read \"\(path)\"")
        }
        do {
            try self.init([UInt8](content))
        } catch {
            throw CommandFailure(.dataError, "\(path): \(error.description)")
        }
    }
}
