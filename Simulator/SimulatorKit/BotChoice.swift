import Hyoshi
package import Replication

/// Which policy a bot plays by, chosen by name.
package enum BotChoice: Sendable, Equatable {
    /// A pilot of a level drawn from the bot's own seed; a presser where the game is not the arena.
    case mixed
    /// A pilot of this level; knows the arena's rules only.
    case pilot(PilotSkill)
    /// Presses at random, whatever the game.
    case presser

    /// All that can be named.
    package static let all: [BotChoice] =
        [.mixed] + PilotSkill.allCases.map { .pilot($0) } + [.presser]

    /// The choice of a name, or nil.
    package init?(_ name: String) {
        guard let choice = BotChoice.all.first(where: { $0.name == name }) else { return nil }
        self = choice
    }

    /// The name, as the command line says it.
    package var name: String {
        switch self {
        case .mixed: "mixed"
        case .pilot(let skill): skill.name
        case .presser: "presser"
        }
    }

    /// The names, for people.
    package static var names: String { all.map(\.name).joined(separator: ", ") }
}

extension PilotSkill {
    /// The name, as the command line and the tables say it.
    package var name: String {
        switch self {
        case .novice: "novice"
        case .regular: "regular"
        case .ace: "ace"
        }
    }
}

extension Pilot {
    /// The pilot of a choice; nil where the game is not one that it knows.
    package init?(_ choice: BotChoice, schema: Schema, seed: UInt64) {
        switch choice {
        case .mixed:
            self.init(schema: schema, seed: seed)
        case .pilot(let skill):
            let random = DeterministicRandom(seed: seed)
            guard let pilot = ArenaPilot(schema: schema, skill: skill, random: random) else {
                return nil
            }
            self.init(pilot)
        case .presser:
            self.init(RandomPresser(inputFields: schema.inputFields, seed: seed))
        }
    }
}
