/// A player made of code: from what it sees to what it wants.
///
/// ```swift
/// struct Climber: Bot {
///     func decide(_ view: BotView<MyGame>, random: inout DeterministicRandom) -> MyGame.Input {
///         var input = MyGame.Input()
///         guard let own = view.own(MyGame.Player.self)?.value else { return input }
///         input.keys = own.x < 512 ? 2 : 1
///         return input
///     }
/// }
/// public let climber = BotPolicy("climber") { Climber() }
/// ```
///
/// The same type plays in virtual time and over real sockets, so it does no I/O and reads no clock;
/// what it draws comes from the generator that it is handed. Then the same seed plays the same match
/// on every machine. One value plays one seat: what it remembers is its own, from when it takes the
/// seat until it loses it.
public protocol Bot<Rules>: SendableMetatype {
    /// The game that it plays.
    associatedtype Rules: Simulation

    /// Decides what the player wants at the view's ``BotView/commandTick``.
    ///
    /// Called up to 60 times a second. The input holds until the next decision. What is out of a
    /// field's range is clamped to it.
    mutating func decide(
        _ view: BotView<Rules>, random: inout DeterministicRandom
    ) -> Rules.Input
}

/// A way to play a game, by its name: what programs that run bots are given.
///
/// Make it where the bot is, `public let climber = BotPolicy("climber") { Climber() }`, so that the
/// compiler specialises it there.
public struct BotPolicy: Sendable {
    /// The name on command lines and in tables: letters, digits and `-`.
    ///
    /// Programs that run bots refuse any other.
    public let name: String
    /// The kinds of entities of the game that it plays, in the order of their declaration.
    public let kinds: [KindDescription]
    /// The fields of that game's input.
    public let inputFields: [FieldDescription]
    /// Makes a player; from one seed it decides the same every time.
    public let makeInstance: @Sendable (_ seed: UInt64) -> BotInstance
    /// What it draws from, where it does.
    package let drawn: [BotPolicy]

    /// A policy whose bots are made by a closure.
    ///
    /// - Parameter makeBot: Called for each seat that a bot takes.
    @inlinable
    public init<Player: Bot>(
        _ name: StaticString, _ makeBot: @escaping @Sendable () -> Player
    ) {
        // A world before its first tick says what the game declares, as `Game` does.
        let game = Game(Player.Rules.self)
        let kinds = game.kinds
        let inputCount = game.inputFields.count
        let name = name.withUTF8Buffer { unsafe String(decoding: $0, as: UTF8.self) }
        self.init(name: name, kinds: kinds, inputFields: game.inputFields) { seed in
            let mind = BotMind(player: makeBot(), random: DeterministicRandom(seed: seed))
            let seen = kinds.map { SeenKind($0) }
            // A closure, and not a method of a generic class: that would be compiled for any bot.
            return CodedBotInstance(name: name) { table, seat, commandTick, input in
                let view = BotView<Player.Rules>(
                    table: table, seat: seat, commandTick: commandTick, kinds: seen)
                let wanted = mind.decide(view)
                guard input.count == inputCount else { return }
                FieldExtractor.write(wanted, into: &input)
            }
        }
    }

    /// A policy that draws one of several for each bot, from the bot's own seed.
    ///
    /// Name one twice and it is drawn twice as often. Without any, bots press nothing. In tables bots
    /// stand under the name of what was drawn. All must be of one game: where one does not know the
    /// game that is played, nor does this one.
    public init(_ name: StaticString, drawing policies: [BotPolicy]) {
        self.init(
            name: name.withUTF8Buffer { unsafe String(decoding: $0, as: UTF8.self) },
            kinds: policies.first?.kinds ?? [], inputFields: policies.first?.inputFields ?? [],
            drawn: policies
        ) { seed in
            guard !policies.isEmpty else { return BotInstance(name: "nothing") }
            var random = DeterministicRandom(seed: seed)
            let last = Int32(truncatingIfNeeded: policies.count - 1)
            let drawn = policies[Int(random.number(in: 0...last))]
            return drawn.makeInstance(random.state)
        }
    }

    @usableFromInline
    init(
        name: String, kinds: [KindDescription], inputFields: [FieldDescription],
        drawn: [BotPolicy] = [], makeInstance: @escaping @Sendable (UInt64) -> BotInstance
    ) {
        self.name = name
        self.kinds = kinds
        self.inputFields = inputFields
        self.drawn = drawn
        self.makeInstance = makeInstance
    }
}

/// One bot behind a face without generics: wire numbers go in and out.
///
/// Programs that run bots own one for each seat. It is made by ``BotPolicy/makeInstance``.
open class BotInstance {
    /// How it plays, for tables.
    public let name: String

    /// For subclasses.
    public init(name: String) {
        self.name = name
    }

    /// Writes the wire numbers of the seat's input for a tick, one for each input field.
    ///
    /// - Parameters:
    ///   - table: The newest state that the seat has been shown.
    ///   - commandTick: The tick that the input is for.
    ///   - input: The numbers of the last decision.
    open func decide(
        _ table: EntityTable, seat: SeatIndex, commandTick: Tick, into input: inout [Int32]
    ) {}
}

/// A bot and its generator.
///
/// Accesses are not checked for overlaps, which costs as much as a small bot does: only the closure
/// of one instance has it, and nothing of it is called from within a decision.
@usableFromInline
final class BotMind<Player: Bot> {
    @exclusivity(unchecked) @usableFromInline var player: Player
    @exclusivity(unchecked) @usableFromInline var random: DeterministicRandom

    @inlinable
    init(player: Player, random: DeterministicRandom) {
        unsafe self.player = player
        unsafe self.random = random
    }

    @inlinable
    @inline(__always)
    func decide(_ view: BotView<Player.Rules>) -> Player.Rules.Input {
        unsafe player.decide(view, random: &random)
    }
}

/// A bot whose code was made where its type is known.
@usableFromInline
final class CodedBotInstance: BotInstance {
    @usableFromInline
    typealias Code = (EntityTable, SeatIndex, Tick, inout [Int32]) -> Void

    private let code: Code

    @usableFromInline
    init(name: String, code: @escaping Code) {
        self.code = code
        super.init(name: name)
    }

    override func decide(
        _ table: EntityTable, seat: SeatIndex, commandTick: Tick, into input: inout [Int32]
    ) {
        code(table, seat, commandTick, &input)
    }
}
