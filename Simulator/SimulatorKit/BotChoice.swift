package import Hyoshi
package import Replication

/// What a bot plays by.
package enum BotChoice: Sendable {
    /// Presses at random, whatever the game.
    case presser
    /// A policy; knows one game's entities and inputs.
    case policy(BotPolicy)
    /// The first of these that knows the room's game; a presser where none does.
    case fitting([BotPolicy])
    /// What a program decides.
    case program(any BotProgram)

    /// The name, as the command line says it.
    package var name: String {
        switch self {
        case .presser: "presser"
        case .policy(let policy): policy.name
        case .fitting: "fitting"
        case .program(let program): program.name
        }
    }

    /// The program that decides, where one does.
    package var program: (any BotProgram)? {
        if case .program(let program) = self { program } else { nil }
    }

    /// A bot of this choice; nil where it does not know the game.
    package func makeInstance(schema: Schema, seed: UInt64) -> BotInstance? {
        switch self {
        case .presser:
            return RandomPresser(inputFields: schema.inputFields, seed: seed)
        case .policy(let policy):
            return policy.plays(schema) ? policy.makeInstance(seed) : nil
        case .fitting(let policies):
            guard let policy = policies.first(where: { $0.plays(schema) }) else {
                return RandomPresser(inputFields: schema.inputFields, seed: seed)
            }
            return policy.makeInstance(seed)
        case .program(let program):
            return ProgramBot(program: program)
        }
    }
}

extension BotPolicy {
    /// Whether a game has the entities and inputs that the policy was made for.
    package func plays(_ schema: Schema) -> Bool {
        guard schema.kinds.count == kinds.count, schema.inputFields.count == inputFields.count
        else { return false }
        for (own, kind) in zip(kinds, schema.kinds) {
            guard own.name.description == kind.name, own.fields.count == kind.fields.count,
                zip(own.fields, kind.fields).allSatisfy({ FieldSchema($0) == $1 })
            else { return false }
        }
        return zip(inputFields, schema.inputFields).allSatisfy { FieldSchema($0) == $1 }
    }
}
