import ArgumentParser
public import Hyoshi
import HyoshiBots
public import HyoshiServer

/// A whole program for games: it serves them, lets bots play them, and looks into their recordings.
///
///     @main struct Program: GameProgram {
///         static let games = [game]
///         static let policies = [climber]
///     }
///
/// Without a command it serves; `serve` and `replay` have the options, messages and exit codes of
/// `hyoshi serve` and `hyoshi replay`, `bots` those of `Simulator`. `--help` explains each.
public protocol GameProgram {
    /// The games; a room that names none gets the first. There must be one.
    static var games: [Game] { get }

    /// How bots play them, for each game the policy to take unless another is named first; where
    /// there is none, bots press at random.
    static var policies: [BotPolicy] { get }

    /// Changes the settings that the environment and the command line change in turn.
    static func configure(_ configuration: inout ServerConfiguration)
}

extension GameProgram {
    /// None.
    public static var policies: [BotPolicy] { [] }

    /// Leaves the settings as they are.
    public static func configure(_ configuration: inout ServerConfiguration) {}

    /// Runs the program and ends it.
    public static func main() {
        let name = GameProgramCatalogue<Self>.programName
        let bots = BotCatalog(
            commandName: "bots", fullName: "\(name) bots", games: games, policies: policies)
        bots.whileCurrent { ProgramCommand<GameProgramCatalogue<Self>>.main() }
    }
}

/// What the commands of a program must know of it.
package protocol GameCatalogue {
    /// What people type to run it.
    static var programName: String { get }
    /// The games by which recordings are verified, and that can be served.
    static var games: [Game] { get }
    /// The games that are served where none are named.
    static var gamesOffered: [Game] { get }
    /// The settings before the environment and the command line.
    static func configure(_ configuration: inout ServerConfiguration)
}

extension GameCatalogue {
    /// The games' names, for people.
    static var gameNames: String { games.map(\.name).joined(separator: ", ") }

    /// A game by its name.
    static func game(named name: String) -> Game? { games.first { $0.name == name } }
}

/// A user's program as the commands know it.
enum GameProgramCatalogue<Program: GameProgram>: GameCatalogue {
    static var programName: String {
        let path = CommandLine.arguments.first ?? "game"
        return path.split(separator: "/").last.map(String.init) ?? path
    }
    static var games: [Game] { Program.games }
    static var gamesOffered: [Game] { Program.games }
    static func configure(_ configuration: inout ServerConfiguration) {
        Program.configure(&configuration)
        // What `web.sh` of a package made by `hyoshi new` has built.
        configuration.findModules(in: ".build/web")
    }
}

/// The commands of a user's program.
struct ProgramCommand<Catalogue: GameCatalogue>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Catalogue.programName,
            abstract: "Serve \(Catalogue.gameNames), let bots play, and look into recordings.",
            discussion: """
                Without a command it serves; every command explains itself with --help.
                """,
            subcommands: [
                ServeCommand<Catalogue>.self, BotOptions.self, ReplayCommand<Catalogue>.self,
            ],
            defaultSubcommand: ServeCommand<Catalogue>.self)
    }
}
