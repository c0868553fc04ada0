import Arena
import ArgumentParser
import Foundation
import Hyoshi
import HyoshiServer
import Logging
import NetworkTransport
import Tag

/// `hyoshi serve`: hosts rooms until SIGTERM or SIGINT.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Host rooms: the WebSocket and the page on one port, metrics on another.",
        discussion: """
            A room is opened by the first player who joins ws://HOST:PORT/rooms/NAME, ticks at the
            tick rate whatever the players do, and closes some time after the last one has left.
            Open http://HOST:PORT/ in a browser to play the arena.

            The admin port serves /metrics (Prometheus), /beat and /rooms (JSON), /health/live and
            /health/ready. It has no authentication and listens on loopback unless told otherwise.

            Each option can also be set by an environment variable: --tick-rate is
            HYOSHI_TICK_RATE, and so on. An option on the command line goes first.

            Ctrl-C or SIGTERM ends the server: players are told (close 1001), and the exit code is 0.

            Exit codes: 0 ended as asked, 64 a wrong option, 69 a port could not be opened.
            """)

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
            "Games to offer, comma-separated: \(Self.games.keys.sorted().joined(separator: ", ")). (default: arena)"
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
    @Flag(help: "Do not serve the page.")
    var noPage = false

    /// The games that are compiled in.
    static let games = [arena.name: arena, arenaLarge.name: arenaLarge, tag.name: tag]

    func run() throws {
        StopSignals.claim()
        var logger = Logger(label: "hyoshi") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .info
        let configuration = try makeConfiguration()
        _ = try? ProcessSettings.raiseDescriptorLimit()
        let server: HyoshiServer
        do {
            server = try HyoshiServer.start(configuration)
        } catch {
            let setting = error.setting
            let line =
                "error: --\(setting) (\(EnvironmentSetting.variable(setting))): \(error.message)\n"
            FileHandle.standardError.write(Data(line.utf8))
            throw ExitCode(error.code == .transport ? 69 : 64)
        }
        announce(server, configuration)
        let signal = StopSignals.wait()
        logger.info("stopping", metadata: ["signal": "\(signal)"])
        server.stop()
    }

    private func announce(_ server: HyoshiServer, _ configuration: ServerConfiguration) {
        let host = configuration.host == "0.0.0.0" ? "127.0.0.1" : configuration.host
        print("hyoshi is listening on ws://\(host):\(server.port)/rooms/<room>")
        if configuration.servesPage { print("play:    http://\(host):\(server.port)/") }
        if let adminPort = server.adminPort {
            print("metrics: http://\(configuration.adminHost):\(adminPort)/")
        }
        fflush(nil)
    }

    private func makeConfiguration() throws -> ServerConfiguration {
        let names = try text(game, "game") ?? arena.name
        let chosen = try names.split(separator: ",").map { name in
            guard let game = Self.games[String(name)] else {
                let known = Self.games.keys.sorted().joined(separator: ", ")
                throw ValidationError("--game: there is no game \"\(name)\"; there is: \(known)")
            }
            return game
        }
        var configuration = ServerConfiguration(games: chosen)
        configuration.port = try number(port, "port") ?? configuration.port
        configuration.host = try text(host, "host") ?? configuration.host
        configuration.adminPort = try number(adminPort, "admin-port") ?? configuration.adminPort
        configuration.adminHost = try text(adminHost, "admin-host") ?? configuration.adminHost
        configuration.loops = try number(loops, "loops") ?? configuration.loops
        configuration.seatsMax = try number(seats, "seats") ?? configuration.seatsMax
        configuration.tickRate = try number(tickRate, "tick-rate") ?? configuration.tickRate
        configuration.connectionsMax =
            try number(maxConnections, "max-connections") ?? configuration.connectionsMax
        configuration.connectionsPerAddressMax =
            try number(maxConnectionsPerAddress, "max-connections-per-address")
            ?? configuration.connectionsPerAddressMax
        configuration.roomsMax = try number(maxRooms, "max-rooms") ?? configuration.roomsMax
        configuration.emptyRoomSeconds =
            try number(emptyRoomSeconds, "empty-room-seconds") ?? configuration.emptyRoomSeconds
        configuration.seatHoldSeconds =
            try number(seatHoldSeconds, "seat-hold-seconds") ?? configuration.seatHoldSeconds
        configuration.realTimePriority = try number(fifo, "fifo")
        configuration.seed = try number(seed, "seed")
        configuration.permanentRooms = list(try text(rooms, "rooms"))
        configuration.allowedOrigins = list(try text(allowOrigin, "allow-origin"))
        configuration.processors = try list(try text(pin, "pin")).map { text in
            guard let processor = Int(text) else {
                throw ValidationError("--pin: \"\(text)\" is no processor number; write 0,1")
            }
            return processor
        }
        configuration.compresses = try EnvironmentSetting.flag(compress, "compress")
        configuration.opensRoomsOnJoin =
            try !EnvironmentSetting.flag(onlyListedRooms, "only-listed-rooms")
        configuration.modulesDirectory = try text(web, "web")
        configuration.servesPage = try !EnvironmentSetting.flag(noPage, "no-page")
        return configuration
    }

    private func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private func text(_ option: String?, _ name: String) throws -> String? {
        option ?? EnvironmentSetting.value(name)
    }

    private func number<Number: FixedWidthInteger>(
        _ option: Number?, _ name: String
    ) throws -> Number? {
        try option ?? EnvironmentSetting.number(name)
    }
}

/// Settings from the environment: `--tick-rate` is `HYOSHI_TICK_RATE`.
enum EnvironmentSetting {
    /// The variable of an option.
    static func variable(_ option: String) -> String {
        "HYOSHI_" + option.uppercased().replacingOccurrences(of: "-", with: "_")
    }

    /// The variable's value; nil where it is unset or empty.
    static func value(_ option: String) -> String? {
        guard let value = ProcessInfo.processInfo.environment[variable(option)], !value.isEmpty
        else { return nil }
        return value
    }

    /// The variable's value as a number; an error that names it where it is none.
    static func number<Number: FixedWidthInteger>(_ option: String) throws -> Number? {
        guard let value = value(option) else { return nil }
        guard let number = Number(value) else {
            throw ValidationError(
                "\(variable(option)): \"\(value)\" is no whole number from \(Number.min) to "
                    + "\(Number.max)")
        }
        return number
    }

    /// The flag, or the variable's value as 1 or 0.
    static func flag(_ flag: Bool, _ option: String) throws -> Bool {
        if flag { return true }
        switch value(option)?.lowercased() {
        case nil, "0", "false", "no": return false
        case "1", "true", "yes": return true
        case .some(let other):
            throw ValidationError("\(variable(option)): \"\(other)\" is neither 1 nor 0")
        }
    }
}
