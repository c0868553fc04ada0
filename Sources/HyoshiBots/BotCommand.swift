import ArgumentParser
import Foundation
public import Hyoshi

/// A ready-made command line for bots: matches without sockets, and rooms over real ones.
///
/// ```swift
/// import HyoshiBots
/// import MyGame
///
/// BotCommand.main(games: [game], policies: [climber])
/// ```
///
/// A program that is a `GameProgram` has it as its command `bots`. `--help` says what it can do,
/// docs/bots.md says it with examples.
public enum BotCommand {
    /// Runs what a command line asks for, and ends the program with an exit code.
    ///
    /// 0 done, 1 a requirement missed or a file not written, 2 no connection or no playable match,
    /// 64 a wrong option, 130 after Ctrl-C in a series of matches.
    /// - Parameters:
    ///   - games: What can be played; the first one unless `--game` names another.
    ///   - policies: How; for each game the first one that knows it unless `--policy` names another.
    ///   - name: How the command is called, for its help.
    ///   - arguments: The command line without the program's name; nil for the program's own.
    public static func main(
        games: [Game], policies: [BotPolicy], name: String = "bots", arguments: [String]? = nil
    ) -> Never {
        BotCatalog(commandName: name, games: games, policies: policies).whileCurrent {
            BotOptions.main(arguments ?? Array(CommandLine.arguments.dropFirst()))
        }
        exit(0)
    }
}
