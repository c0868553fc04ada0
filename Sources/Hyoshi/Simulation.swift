/// The rules of a game: what a game implements, in one file.
///
/// The whole state that rules depend on stands in entities (and in the generator handed in), so one
/// declaration of fields is enough to send, hash, restore and replay it. Rules must not read a clock,
/// another generator, or iterate over hashed collections: then the same seed and inputs give the same
/// state on every machine. It must compile as Embedded Swift: no `any`, no `Codable`, no `Mirror`.
public protocol Simulation: SendableMetatype {
    /// What a player wants at one tick.
    associatedtype Input: Fields

    /// The name under which rooms ask for the game: lower-case letters, digits and `-`.
    static var name: StaticString { get }

    /// The number of seats in a room, 1 to 64.
    static var seatsMax: Int { get }

    /// Builds the world before the first tick.
    init(random: inout DeterministicRandom)

    /// A player has taken the seat; called before the step of `tick`.
    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom)

    /// The seat is free again; called before the step of `tick`.
    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom)

    /// Moves the world on by one tick.
    mutating func step(_ context: inout StepContext<Input>)

    /// Shows all entities to the visitor, always every kind and in the same order.
    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor)
}

/// What a step may know: the tick, the seats, their inputs, and a source of random numbers.
public struct StepContext<Input: Fields> {
    /// The tick that is being made.
    public let tick: Tick
    /// The seats that are taken.
    public let seats: SeatSet
    /// Random numbers; part of the deterministic state.
    public var random: DeterministicRandom
    @usableFromInline var inputs: [Input]

    /// Makes a context; rooms and clients do, a game need not.
    @inlinable
    public init(tick: Tick, seats: SeatSet, random: DeterministicRandom, inputs: [Input]) {
        self.tick = tick
        self.seats = seats
        self.random = random
        self.inputs = inputs
    }

    /// The input of a seat for this tick: the newest that has come, or a neutral one.
    @inlinable
    public func input(of seat: SeatIndex) -> Input {
        seat.index < inputs.count ? inputs[seat.index] : Input()
    }
}
