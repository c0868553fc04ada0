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
    /// Whether a game has the entities and inputs that the policy was made for, and each that it
    /// draws from.
    package func plays(_ schema: Schema) -> Bool {
        guard schema.kinds.count == kinds.count, schema.inputFields.count == inputFields.count
        else { return false }
        for (own, kind) in zip(kinds, schema.kinds) {
            guard own.name.description == kind.name, own.fields.count == kind.fields.count,
                zip(own.fields, kind.fields).allSatisfy({ FieldSchema($0) == $1 })
            else { return false }
        }
        return zip(inputFields, schema.inputFields).allSatisfy { FieldSchema($0) == $1 }
            && drawn.allSatisfy { $0.plays(schema) }
    }

    /// What is wrong with the name of one of these or of one that they draw from; nil for nothing.
    ///
    /// Names are words of command lines and cells of tables.
    package static func nameFault(_ policies: [BotPolicy]) -> String? {
        for policy in policies {
            let isName = policy.name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard isName, !policy.name.isEmpty else {
                return "'\(policy.name)' is no policy's name: letters of A-Z a-z, digits and '-'"
            }
            if let fault = nameFault(policy.drawn) { return fault }
        }
        return nil
    }
}
