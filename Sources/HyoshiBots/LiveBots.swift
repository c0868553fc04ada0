public import Hyoshi
import NetworkTransport
import SimulatorKit

/// Bots in the rooms of a server, over real sockets.
///
/// ```swift
/// var bots = LiveBots(url: "ws://127.0.0.1:8080", policies: [climber])
/// bots.botsPerRoom = 16
/// print(try bots.play(seconds: 10))
/// ```
public struct LiveBots: Sendable {
    /// Rooms to play in, 1 to 10,000.
    public var rooms = 1
    /// Bots in each, 1 to 64.
    public var botsPerRoom = 8
    /// The room's name; with several rooms what their names begin with.
    public var roomName = "lobby"
    /// The game to open rooms with; nil for the server's only one.
    public var game: String?
    /// Decisions of a bot a second, 1 to 240.
    public var decisionsPerSecond = 60
    /// The seed of the bots' own random numbers.
    ///
    /// What they see depends on the network, too.
    public var seed: UInt64 = 7

    private let url: String
    private let policies: [BotPolicy]

    /// Eight bots in the room `lobby`.
    ///
    /// - Parameters:
    ///   - url: `ws://host:port` with a numeric IPv4 host or `localhost`.
    ///   - policies: What the bots play by, in turn; without any they press at random.
    public init(url: String, policies: [BotPolicy]) {
        self.url = url
        self.policies = policies
    }

    /// Joins, plays for some seconds, leaves, and reports how evenly the snapshots came.
    ///
    /// Waits for all of it. In a terminal a line shows what happens.
    public func play(seconds: Double) throws(LiveBotsError) -> String {
        guard seconds.isFinite, seconds > 0, (1...10_000).contains(rooms),
            (1...SeatIndex.limit).contains(botsPerRoom), (1...240).contains(decisionsPerSecond)
        else {
            throw LiveBotsError(
                description: "seconds must be above 0, rooms 1 to 10000, botsPerRoom 1 to 64, "
                    + "decisionsPerSecond 1 to 240")
        }
        if let fault = BotPolicy.nameFault(policies) { throw LiveBotsError(description: fault) }
        let server: ServerURL
        do throws(URLError) {
            server = try ServerURL(url, scheme: "ws", defaultPort: 8080)
        } catch {
            throw LiveBotsError(description: "url: \(error)")
        }
        var settings = BotSettings(server: server)
        settings.rooms = rooms
        settings.botsPerRoom = botsPerRoom
        settings.roomName = roomName
        settings.roomNameIsWhole = rooms == 1
        settings.game = game
        settings.inputRate = decisionsPerSecond
        settings.seed = seed
        settings.choices = policies.isEmpty ? [.presser] : policies.map { .policy($0) }
        guard BotSettings.isRoomName(settings.room(ofBot: settings.bots - 1)),
            game.map(BotSettings.isRoomName) ?? true
        else {
            throw LiveBotsError(
                description: "names of rooms and games are 1 to 48 of A-Z a-z 0-9 . _ -")
        }
        do throws(RunError) {
            let run = BotRun(settings: settings, threads: 1, seconds: seconds, admin: nil)
            return ReportTable(try run.run()).text
        } catch {
            throw LiveBotsError(description: error.description)
        }
    }
}

/// Why bots could not play.
public struct LiveBotsError: Error, CustomStringConvertible {
    /// For people.
    public let description: String
}
