import Arena
import ArenaBots
import ServerCore
import SimulatorKit

extension VirtualMatch {
    /// Arena rooms on a clean network; what makes the way long are the bots' own delay lines.
    convenience init(_ settings: BotSettings, entropySeed: UInt64 = 3) throws {
        try self.init(
            server: ServerSettings(games: [arena]), bots: settings, seed: entropySeed)
    }

    static func settings(bots: Int = 8, rooms: Int = 1) throws -> BotSettings {
        var settings = BotSettings(
            server: try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 8080))
        settings.botsPerRoom = bots
        settings.rooms = rooms
        settings.choices = [.fitting(ArenaPolicies.all)]
        return settings
    }
}
