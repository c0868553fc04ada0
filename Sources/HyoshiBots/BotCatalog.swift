package import Hyoshi
import SimulatorKit

/// What a program's bots can play, and how.
package struct BotCatalog: Sendable {
    /// The command's name.
    var commandName: String
    /// What people type to run it.
    var fullName: String
    /// The games, the one to take unless another is named first.
    var games: [Game]
    /// The policies, for each game the one to take unless another is named first.
    var policies: [BotPolicy]

    /// The catalogue of the program that parses its command line.
    @TaskLocal static var current = BotCatalog(commandName: "bots", games: [], policies: [])

    /// A catalogue of games and policies.
    package init(
        commandName: String, fullName: String? = nil, games: [Game], policies: [BotPolicy]
    ) {
        self.commandName = commandName
        self.fullName = fullName ?? commandName
        self.games = games
        self.policies = policies
    }

    /// Parses and runs a command line with this catalogue.
    package func whileCurrent(_ body: () -> Void) {
        BotCatalog.$current.withValue(self, operation: body)
    }

    /// A game by its name; the first one where none is named.
    func game(named name: String?) -> Game? {
        guard let name else { return games.first }
        return games.first { $0.name == name }
    }

    /// What `--policy` and `--against` can name, for people.
    var policyNames: String {
        (policies.map(\.name) + ["presser"]).joined(separator: ", ")
    }

    /// The choice of a name, or nil.
    func choice(_ name: String) -> BotChoice? {
        if name == "presser" { return .presser }
        return policies.first { $0.name == name }.map { .policy($0) }
    }

    /// What bots play by where nothing is named.
    var defaultChoice: BotChoice { .fitting(policies) }
}
