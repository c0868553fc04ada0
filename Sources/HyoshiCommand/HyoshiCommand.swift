import Arena
import ArgumentParser
import Hyoshi
import HyoshiProgram
import HyoshiServer
import Tag

/// The `hyoshi` program: a server of rooms, and the tools to measure and to test with.
@main
struct HyoshiCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hyoshi",
        abstract: "Rooms at a steady beat: serve a game, measure the beat, test WebSockets.",
        discussion: """
            Six commands cover a first evening:

              hyoshi serve    rooms of a game at 60 ticks a second, and its page
              hyoshi replay   a recorded room made again, tick by tick, and compared
              hyoshi new      a package with a game of your own, of forty lines
              hyoshi jitter   how late this machine wakes a thread that asked for 60 Hz
              hyoshi chaos    a faulty network between any client and any server
              hyoshi echo     a WebSocket echo server for conformance and load tests

            Every command explains itself with --help, and ends cleanly on Ctrl-C.
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand<BuiltInGames>.self, ReplayCommand<BuiltInGames>.self, NewCommand.self,
            JitterCommand.self,
            ChaosCommand.self, EchoCommand.self, ConformanceClientCommand.self,
        ])
}

/// The games that are compiled into `hyoshi`.
enum BuiltInGames: GameCatalogue {
    static let programName = "hyoshi"
    static let games = [arena, arenaLarge, tag]
    static let gamesOffered = [arena]
    static func configure(_ configuration: inout ServerConfiguration) {}
}
