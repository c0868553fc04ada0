package import ArgumentParser
import Foundation
import Hyoshi
import HyoshiReplay
import HyoshiServer
import NetworkTransport
import TransportInterface

/// `replay`: what is in a recording, and whether today's rules still make the same of it.
package struct ReplayCommand<Catalogue: GameCatalogue>: ParsableCommand {
    package static var configuration: CommandConfiguration {
        let program = Catalogue.programName
        return CommandConfiguration(
            commandName: "replay",
            abstract:
                "Look into a recording of a room, or make all of its ticks again and compare.",
            discussion: """
                `\(program) serve --record DIR` records every room, a file each. A recording holds \
                what the rules were given: seed, joins, leaves and inputs. So a program with the \
                same rules makes every tick again, bit for bit.

                  \(program) replay FILE             what it is: room, game, length, size (--info)
                  \(program) replay FILE --verify    make every tick again; name the first that differs
                  \(program) replay FILE --to-json   every event and input, a JSON object a line
                  \(program) replay FILE --serve 8080   play it in a browser, with a time-line

                A difference means that the rules have changed since, or do not depend on their \
                declared state alone. It is named by the first tick, the kinds and fields that \
                differ at the next check, and the values that differ from the next full state.

                What was cut off in a crash is read up to there. A recording of another format, \
                protocol, game, or version of the game's declarations is refused.

                Exit codes: 0 all is well, 1 a tick differs, 64 a wrong option, 65 damaged or \
                refused, 66 the file cannot be read, 69 the port cannot be opened.
                """)
    }

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

    @Option(help: "The tick to start at; with --verify those after it are compared.")
    var from: UInt32 = 0

    @Option(
        help: """
            Serve the page that plays it, to this machine only, on this port until Ctrl-C; 0 \
            chooses a free one.
            """)
    var serve: UInt16?

    @Option(
        help: "With --serve, the directory of the WebAssembly modules. (default: .build/web)",
        completion: .directory)
    var web: String?

    package init() {}

    package func validate() throws {
        guard [verify, info, toJson, serve != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("--verify, --info, --to-json and --serve: one at a time.")
        }
        guard web == nil || serve != nil else {
            throw ValidationError("--web goes with --serve.")
        }
    }

    package func run() throws {
        try CommandFailure.reported {
            do {
                try look(into: Replay(contentsOf: file))
            } catch let error as ReplayError {
                throw CommandFailure(
                    error.code == .unreadable ? .noInput : .dataError, error.message)
            }
        }
    }

    private func look(into replay: Replay) throws {
        guard from == 0 || Tick(from) <= replay.info.lastTick else {
            throw ValidationError(
                "--from: the recording ends at tick \(replay.info.lastTick.rawValue).")
        }
        if toJson {
            replay.writeJSON(from: Tick(from)) { Terminal.write($0) }
        } else if verify {
            try verify(replay)
        } else if let serve {
            try play(replay, port: serve)
        } else {
            Terminal.write(json ? replay.json : replay.description)
        }
        if replay.info.ending == .damaged {
            throw CommandFailure(
                .dataError, "the recording is damaged from octet \(replay.info.byteCount) on")
        }
    }

    private func game(of replay: Replay) throws -> Game {
        let name = replay.info.game
        guard let game = Catalogue.game(named: name) else {
            throw CommandFailure(
                .dataError,
                "the recording is of the game \"\(name)\", which this program does not have; it "
                    + "has: \(Catalogue.gameNames)")
        }
        return game
    }

    /// Serves the page and the file; to this machine only, for a recording may be private.
    private func play(_ replay: Replay, port: UInt16) throws {
        let game = try game(of: replay)
        guard let content = FileManager.default.contents(atPath: file) else {
            throw CommandFailure(.noInput, "cannot read \"\(file)\"")
        }
        guard content.count <= ServerConfiguration.offeredRecordingByteCountMax else {
            throw CommandFailure(
                .dataError, "\"\(file)\" has more than 64 MiB, which is too much for a page")
        }
        var configuration = ServerConfiguration(games: [game])
        Catalogue.configure(&configuration)
        configuration.modulesDirectory = web ?? configuration.modulesDirectory
        configuration.findModules(in: ".build/web")
        let modules = configuration.modulesDirectory ?? ".build/web"
        // One module may hold a game under several names, such as `arena-large`.
        let family = game.name.split(separator: "-").first.map(String.init) ?? game.name
        let names = [game.name, family].map { "\($0)-replay.wasm" }
        guard
            names.contains(where: { FileManager.default.fileExists(atPath: "\(modules)/\($0)") })
        else {
            throw CommandFailure(
                .noInput,
                "there is no \(names[0]) in \"\(modules)\"; `make web` or the package's web.sh "
                    + "builds it, and --web says where it is")
        }
        configuration.offersOnly([UInt8](content))
        configuration.host = "127.0.0.1"
        configuration.port = port
        StopSignals.claim()
        let server: HyoshiServer
        do {
            server = try HyoshiServer.start(configuration)
        } catch {
            throw CommandFailure(
                error.code == .transport ? .unavailable : .noInput, error.description)
        }
        let path = "replay?file=\(ServerConfiguration.offeredRecordingPath)"
        let tick = from > 0 ? "&tick=\(from)" : ""
        Terminal.write("play: http://127.0.0.1:\(server.port)/\(path)\(tick)\n")
        _ = StopSignals.wait()
        server.stop()
    }

    private func verify(_ replay: Replay) throws {
        let game = try game(of: replay)
        let started = MonotonicClock.now()
        var progress = ReplayProgress(
            ticks: replay.info.lastTick.distance(from: Tick(from)), now: started)
        let verdict = try replay.verify(game, from: Tick(from)) { done in
            progress.show(done: done, now: MonotonicClock.now())
        }
        progress.end()
        let seconds = Double(MonotonicClock.now().nanoseconds(since: started)) / 1e9
        Terminal.write(json ? verdict.json(seconds: seconds) : verdict.text(seconds: seconds))
        if verdict.firstDifference != nil { throw ExitCode(1) }
        if let tick = verdict.damagedState {
            throw CommandFailure(
                .dataError, "the recording's full state at tick \(tick.rawValue) makes no sense")
        }
    }
}
