import Arena
import ArenaBots
import Hyoshi
import NetworkModel
import ServerCore
import SimulatorKit

/// A match of the arena: bots, and one player at a display, on ways that behave alike.
struct DisplayMatch {
    let match: VirtualMatch
    let display: DisplayClient

    /// Puts them together; nobody has joined yet.
    ///
    /// - Parameter game: What the player at the display predicts with; nil where it does not predict.
    init(
        bots: Int, profile: NetworkProfile, seed: UInt64, game: Game? = arena
    ) throws {
        let url = try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 8080)
        var settings = BotSettings(server: url)
        settings.botsPerRoom = bots
        settings.choices = [.fitting(ArenaPolicies.all)]
        settings.seed = seed
        settings.roomName = "display"
        settings.roomNameIsWhole = true
        match = try VirtualMatch(
            server: ServerSettings(games: [arena]), bots: settings, profile: profile, seed: seed)
        display = try DisplayClient(
            server: url, room: "display", game: game, start: match.now, seed: seed &+ 3,
            keys: FeelCase.randomKeys(seed: seed &+ 5))
        match.network.add(display, profile: profile)
    }
}
