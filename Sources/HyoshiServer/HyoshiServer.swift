public import Hyoshi
import NetworkTransport
import RoomCore
import ServerCore
import TransportInterface
import WebSocketProtocol

/// A running server: its event loops, its public port and its admin port.
///
/// Safe to use from any thread; nothing here is on the tick path.
public final class HyoshiServer: Sendable {
    /// The public port that was opened.
    public let port: UInt16
    /// The admin port that was opened, or nil.
    public let adminPort: UInt16?

    private let serving: LoopGroup
    private let admin: LoopGroup?
    private let links: AdminLinks
    private let environments: LoopEnvironments
    private let recordings: Recordings?

    /// Checks the configuration, opens the ports and starts the loops.
    ///
    /// - Throws: ``ServerError`` that names the setting at fault.
    public static func start(_ configuration: ServerConfiguration) throws(ServerError)
        -> HyoshiServer
    {
        try configuration.validate()
        var recordings: Recordings?
        if let directory = configuration.recordingDirectory {
            recordings = try Recordings(configuration, directory: directory)
        }
        do {
            return try start(configuration, recordings: recordings)
        } catch {
            recordings?.stop()
            throw error
        }
    }

    private static func start(
        _ configuration: ServerConfiguration, recordings: Recordings?
    ) throws(ServerError) -> HyoshiServer {
        var modules = WebModules()
        if let directory = configuration.modulesDirectory {
            modules = try WebModules(directory: directory)
        }
        let page = WebPage(
            isServed: configuration.servesPage, game: configuration.games.first?.name ?? "",
            modules: modules, recording: configuration.offeredRecording)
        let environments = LoopEnvironments()
        let links = AdminLinks()
        let settings = try serverSettings(configuration)
        for name in settings.permanentRooms where !ServerCore.isRoomName(name) {
            throw ServerError(
                code: .setting, setting: "rooms",
                message: "\"\(name)\" is no room name; use 1 to 48 of A-Z a-z 0-9 . _ -")
        }
        let shared = SharedState(configuration, recordings: recordings)
        // Made here so that a game that cannot be served is an error now and not on a thread.
        do {
            _ = try ServerCore(
                settings: ServerSettings(games: configuration.games),
                environment: LoopEnvironment(
                    shared: shared, page: page, seed: 0, logger: configuration.logger))
        } catch {
            throw ServerError(
                code: .setting, setting: "game", message: "cannot be replicated: \(error)")
        }
        let serving = try open("port", servingOptions(configuration)) { loop in
            let environment = LoopEnvironment(
                shared: shared, page: page, seed: configuration.seed,
                logger: configuration.logger)
            environments.set(environment, loop: loop)
            var settings = settings
            settings.loopIndex = loop
            settings.permanentRooms = settings.permanentRooms.enumerated()
                .filter { $0.offset % configuration.loops == loop }.map(\.element)
            guard let core = try? ServerCore(settings: settings, environment: environment) else {
                preconditionFailure("the games were checked before the loops were started")
            }
            return core
        }
        var admin: LoopGroup?
        if let adminPort = configuration.adminPort {
            var options = LoopGroupOptions()
            options.listen = ListenAddress(host: configuration.adminHost, port: adminPort)
            options.wakePolicy = .onArrival
            options.threadName = "hyoshi-admin"
            options.limits.connectionsMax = 128
            do {
                admin = try open("admin-port", options) { _ in
                    AdminDriver(
                        links: links, shared: shared, environments: environments,
                        tickRate: configuration.tickRate, hosts: configuration.adminHosts)
                }
            } catch {
                serving.shutDown()
                serving.waitUntilStopped()
                throw error
            }
        }
        links.connect(serving: serving, admin: admin)
        return HyoshiServer(
            serving: serving, admin: admin, links: links, environments: environments,
            recordings: recordings)
    }

    private init(
        serving: LoopGroup, admin: LoopGroup?, links: AdminLinks, environments: LoopEnvironments,
        recordings: Recordings?
    ) {
        self.environments = environments
        self.recordings = recordings
        self.serving = serving
        self.admin = admin
        self.links = links
        port = serving.port
        adminPort = admin?.port
    }

    /// Says goodbye to everyone (close 1001) and ends the loops; returns when all have ended.
    public func stop() {
        serving.shutDown()
        serving.waitUntilStopped()
        // The loops' threads have ended: what they owned may be touched.
        for loop in 0..<serving.loopCount { environments[loop]?.closeRecordings() }
        recordings?.stop()
        admin?.shutDown()
        admin?.waitUntilStopped()
    }

    /// Removes the player on a seat and closes the connection with 4403.
    public func kick(room: String, seat: SeatIndex) {
        for loop in 0..<serving.loopCount {
            serving.submit(toLoop: loop) { driver in
                _ = (driver as? ServerCore)?.kick(
                    room: room, seat: seat, now: MonotonicClock.now())
            }
        }
    }

    private static func open(
        _ setting: String, _ options: LoopGroupOptions,
        _ makeDriver: @escaping @Sendable (Int) -> any LoopDriver
    ) throws(ServerError) -> LoopGroup {
        do {
            return try LoopGroup.start(options, makeDriver: makeDriver)
        } catch .notAnAddress(let text) {
            throw ServerError(
                code: .setting, setting: setting == "port" ? "host" : "admin-host",
                message: "\"\(text)\" is no numeric address; write it like 0.0.0.0 or ::")
        } catch .system("pthread_setaffinity_np", _) {
            throw ServerError(
                code: .setting, setting: "pin",
                message: "this machine has not all of the processors \(options.processors)")
        } catch .system("pthread_setschedparam", let errorNumber) {
            let error = TransportError.system(call: "sched_setscheduler", errorNumber: errorNumber)
            throw ServerError(
                code: .transport, setting: "fifo",
                message: "\(error); it needs root, CAP_SYS_NICE or a higher ulimit -r")
        } catch {
            let address = options.listen.map { "\($0.host):\($0.port)" } ?? ""
            throw ServerError(
                code: .transport, setting: setting,
                message: "cannot listen on \(address): \(error)")
        }
    }

    private static func servingOptions(_ configuration: ServerConfiguration) -> LoopGroupOptions {
        var options = LoopGroupOptions()
        options.loopCount = configuration.loops
        options.listen = ListenAddress(host: configuration.host, port: configuration.port)
        // The transport's own bound stands behind the server's, which answers with a reason.
        options.limits.connectionsMax = configuration.connectionsMax + 64
        options.processors = configuration.processors
        options.realTimePriority = configuration.realTimePriority
        return options
    }

    private static func serverSettings(
        _ configuration: ServerConfiguration
    ) throws(ServerError) -> ServerSettings {
        var settings = ServerSettings(games: configuration.games)
        settings.room.tickRate = configuration.tickRate
        settings.room.seatsMax = configuration.seatsMax
        settings.room.seatHoldSeconds = configuration.seatHoldSeconds
        settings.room.emptyRoomSeconds = configuration.emptyRoomSeconds
        settings.room.rewindMilliseconds = configuration.rewindMilliseconds
        settings.room.seatBytesPerSecondMax = configuration.seatBytesPerSecondMax
        switch configuration.baseline {
        case .acknowledged: settings.room.baselinePolicy = .acknowledged
        case .lastWritten: settings.room.baselinePolicy = .lastWritten
        }
        // An input and an acknowledgement for each tick, and as many others as at one tick a second.
        settings.limits.messagesPerSecond = 60 + 2 * configuration.tickRate
        settings.limits.messagesBurst = settings.limits.messagesPerSecond * 4 / 3
        settings.permanentRooms = configuration.permanentRooms
        settings.faults = configuration.faults
        settings.opensRoomsOnJoin = configuration.opensRoomsOnJoin
        let origins = configuration.allowedOrigins
        // A recording may be private; no page of another name may read it.
        if configuration.offeredRecording != nil { settings.handshake.hosts = .thisMachine }
        settings.handshake.origins =
            origins.contains("*") ? .any : .sameHost(orListed: origins)
        if configuration.compresses {
            settings.handshake.deflate = DeflatePolicy(isEnabled: true, serverMaxWindowBits: 15)
        }
        return settings
    }
}
