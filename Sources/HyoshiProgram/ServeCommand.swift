package import ArgumentParser
import Foundation
import Hyoshi
import HyoshiServer
import Logging
import NetworkTransport

/// `serve`: hosts rooms until SIGTERM or SIGINT.
package struct ServeCommand<Catalogue: GameCatalogue>: ParsableCommand {
    package static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "serve",
            abstract: "Host rooms: the WebSocket and the page on one port, metrics on another.",
            discussion: """
                A room is opened by the first player who joins ws://HOST:PORT/rooms/NAME, ticks at the
                tick rate whatever the players do, and closes some time after the last one has left.
                Open http://HOST:PORT/ in a browser to play.

                The admin port serves /metrics (Prometheus), /beat and /rooms (JSON), /health/live and
                /health/ready. It has no authentication and listens on loopback unless told otherwise.

                Each option can also be set by an environment variable: --tick-rate is
                HYOSHI_TICK_RATE, and so on. An option on the command line goes first.

                Ctrl-C or SIGTERM ends the server: players are told (close 1001), and the exit code is 0.

                Exit codes: 0 ended as asked, 64 a wrong option, 69 a port could not be opened.
                """)
    }

    @Option(help: "Port for players and the page; 0 chooses a free one. (default: 8080)")
    var port: UInt16?
    @Option(help: "Address for players and the page. (default: 0.0.0.0)")
    var host: String?
    @Option(help: "Port for metrics and health; 0 chooses a free one. (default: 9090)")
    var adminPort: UInt16?
    @Option(help: "Address for metrics and health. (default: 127.0.0.1)")
    var adminHost: String?
    @Option(help: "Event loops, a thread each; a room lives on one. (default: 1)")
    var loops: Int?
    @Option(
        help:
            "Games to offer, comma-separated: \(Catalogue.gameNames). (default: \(Self.defaultNames))"
    )
    var game: String?
    @Option(help: "Seats in a room, 1 to 64. (default: the game's own)")
    var seats: Int?
    @Option(help: "Ticks a second, 1 to 240. (default: 60)")
    var tickRate: Int?
    @Option(help: "Connections in all. (default: 4096)")
    var maxConnections: Int?
    @Option(help: "Connections from one address; loopback is not counted. (default: 64)")
    var maxConnectionsPerAddress: Int?
    @Option(help: "Rooms in all. (default: 4096)")
    var maxRooms: Int?
    @Option(help: "Rooms that are open from the start and stay, comma-separated.")
    var rooms: String?
    @Option(
        help: "Milliseconds for which games may look back at what a player saw. (default: 200)")
    var rewindMilliseconds: Int?
    @Option(
        help: ArgumentHelp(
            "What deltas are cut against: acknowledged or last-written. (default: acknowledged)",
            discussion: "The newest snapshot that the client has acknowledged, or the last sent."))
    var baseline: String?
    @Option(
        help: ArgumentHelp(
            "Bytes of snapshots a second for each seat; 0 for no limit. (default: see below)",
            discussion: """
                32000 for games that show a seat a part of the world, no limit for others. What does \
                not fit waits, the nearest and most important first in line; best with --baseline \
                last-written.
                """))
    var seatBytesPerSecond: Int?
    @Option(help: "Seconds for which a room without members is kept. (default: 30)")
    var emptyRoomSeconds: Int?
    @Option(help: "Seconds for which a seat is held for a lost player. (default: 20)")
    var seatHoldSeconds: Int?
    @Option(
        help:
            "Pages of other hosts that may connect, comma-separated origins, or *. (default: none)")
    var allowOrigin: String?
    @Option(help: "Processors to pin the loops to, comma-separated, such as 0,1.")
    var pin: String?
    @Option(help: "Priority 1 to 99 under SCHED_FIFO; needs a privilege.")
    var fifo: Int32?
    @Option(help: "Seed of every room, for repeatable runs. (default: a new one per room)")
    var seed: UInt64?
    @Flag(help: "Compress snapshots for those who offer permessage-deflate.")
    var compress = false
    @Flag(help: "Refuse joins of rooms that are not open (see --rooms).")
    var onlyListedRooms = false
    @Option(
        help: "Directory of the games' WebAssembly modules, which the page loads. (default: none)",
        completion: .directory)
    var web: String?
    @Option(
        help: """
            Directory in which every room is recorded, for `replay`; it is made where it is missing. (default: none)
            """,
        completion: .directory)
    var record: String?
    @Option(help: "Bytes at which a recording ends. (default: 1073741824)")
    var recordBytesMax: Int?
    @Option(help: "Bytes of all recordings in the directory. (default: 17179869184)")
    var recordTotalBytesMax: Int?
    @Option(
        help: ArgumentHelp(
            "Where they would be more: stop or delete-oldest. (default: stop)",
            discussion: "stop: recordings end and none begin. Rooms play on in either case."))
    var recordWhenFull: String?
    @Option(help: "Ticks between the checks of a recording. (default: 60)")
    var recordCheckTicks: Int?
    @Flag(help: "Do not serve the page.")
    var noPage = false

    private static var defaultNames: String {
        Catalogue.gamesOffered.map(\.name).joined(separator: ",")
    }

    package init() {}

    package func run() throws {
        StopSignals.claim()
        var logger = Logger(label: "hyoshi") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .info
        var configuration: ServerConfiguration
        let server: HyoshiServer
        do throws(ServerError) {
            configuration = try makeConfiguration()
            configuration.logger = logger
            _ = try? ProcessSettings.raiseDescriptorLimit()
            server = try HyoshiServer.start(configuration)
        } catch {
            let variable = EnvironmentSettings.variable(error.setting)
            let line = "error: --\(error.setting) (\(variable)): \(error.message)\n"
            FileHandle.standardError.write(Data(line.utf8))
            throw ExitCode(error.code == .transport ? 69 : 64)
        }
        print(server.addresses(configuration))
        fflush(nil)
        let signal = StopSignals.wait()
        logger.info("stopping", metadata: ["signal": "\(signal)"])
        server.stop()
    }

    /// The defaults, then what the environment says, then what the command line does.
    private func makeConfiguration() throws(ServerError) -> ServerConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let names = game ?? EnvironmentSettings(environment).text("game") ?? Self.defaultNames
        var chosen: [Game] = []
        for name in EnvironmentSettings.list(of: names) {
            guard let game = Catalogue.game(named: name) else {
                throw ServerError(
                    code: .setting, setting: "game",
                    message: "there is no game \"\(name)\"; there is: \(Catalogue.gameNames)")
            }
            chosen.append(game)
        }
        var configuration = ServerConfiguration(games: chosen)
        Catalogue.configure(&configuration)
        try configuration.read(environment: environment)
        configuration.port = port ?? configuration.port
        configuration.host = host ?? configuration.host
        configuration.adminPort = adminPort ?? configuration.adminPort
        configuration.adminHost = adminHost ?? configuration.adminHost
        configuration.loops = loops ?? configuration.loops
        configuration.seatsMax = seats ?? configuration.seatsMax
        configuration.tickRate = tickRate ?? configuration.tickRate
        configuration.connectionsMax = maxConnections ?? configuration.connectionsMax
        configuration.connectionsPerAddressMax =
            maxConnectionsPerAddress ?? configuration.connectionsPerAddressMax
        configuration.roomsMax = maxRooms ?? configuration.roomsMax
        configuration.emptyRoomSeconds = emptyRoomSeconds ?? configuration.emptyRoomSeconds
        configuration.seatHoldSeconds = seatHoldSeconds ?? configuration.seatHoldSeconds
        configuration.rewindMilliseconds =
            rewindMilliseconds ?? configuration.rewindMilliseconds
        configuration.seatBytesPerSecondMax =
            seatBytesPerSecond ?? configuration.seatBytesPerSecondMax
        if let baseline { try configuration.cutDeltas(against: baseline) }
        configuration.realTimePriority = fifo ?? configuration.realTimePriority
        configuration.seed = seed ?? configuration.seed
        configuration.modulesDirectory = web ?? configuration.modulesDirectory
        configuration.recordingDirectory = record ?? configuration.recordingDirectory
        configuration.recordingByteCountMax = recordBytesMax ?? configuration.recordingByteCountMax
        configuration.recordingCheckTicks = recordCheckTicks ?? configuration.recordingCheckTicks
        configuration.recordingTotalByteCountMax =
            recordTotalBytesMax ?? configuration.recordingTotalByteCountMax
        if let recordWhenFull { try configuration.boundRecordings(by: recordWhenFull) }
        if let rooms { configuration.permanentRooms = EnvironmentSettings.list(of: rooms) }
        if let allowOrigin {
            configuration.allowedOrigins = EnvironmentSettings.list(of: allowOrigin)
        }
        if let pin { try configuration.pin(to: pin) }
        if compress { configuration.compresses = true }
        if onlyListedRooms { configuration.opensRoomsOnJoin = false }
        if noPage { configuration.servesPage = false }
        return configuration
    }
}
