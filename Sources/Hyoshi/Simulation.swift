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

    /// What a seat is shown of the world; everything unless a game says otherwise.
    static var interest: Interest { get }

    /// Selects what a seat is shown; asked for every seat after every tick where ``interest`` is
    /// `custom`.
    func show(to seat: SeatIndex, in selection: inout InterestSelection)

    /// The points of a seat, for the tables of matches between bots; a game that only knows who has
    /// won gives that seat 1 and the others 0.
    ///
    /// Where it is nil for every seat, as unless a game says otherwise, the points are a field
    /// `score` of the first kind that has one beside a field of use `seat`.
    func score(of seat: SeatIndex) -> Int32?

    /// Whether the match is decided. Matches between bots end then; rooms of a server go on.
    var isOver: Bool { get }
}

extension Simulation {
    /// Points are a field of an entity, or there are none.
    @inlinable
    public func score(of seat: SeatIndex) -> Int32? { nil }

    /// A game without an end.
    @inlinable
    public var isOver: Bool { false }

    /// Every seat is shown everything.
    @inlinable
    public static var interest: Interest { .everything }

    /// Shows nothing.
    @inlinable
    public func show(to seat: SeatIndex, in selection: inout InterestSelection) {}
}

/// What a step may know: the tick, the seats, their inputs, and a source of random numbers.
public struct StepContext<Input: Fields> {
    /// The tick that is being made.
    public let tick: Tick
    /// The seats that are taken.
    public let seats: SeatSet
    /// Random numbers; part of the deterministic state.
    public var random: DeterministicRandom
    /// Whether a client makes this tick ahead of the server, without the others' inputs and with
    /// random numbers of its own.
    ///
    /// What chance decides, and what others do to a player, is better left out then: the server's
    /// word comes soon, and what was guessed wrong would have to be taken back on the screen.
    public let isPrediction: Bool
    @usableFromInline var inputs: [Input]
    @usableFromInline var viewDelays: [UInt8]
    @usableFromInline var past: PastTables

    /// Makes a context; rooms and clients do, a game need not.
    @inlinable
    public init(
        tick: Tick, seats: SeatSet, random: DeterministicRandom, inputs: [Input],
        viewDelays: [UInt8] = [], past: PastTables = PastTables(ticksMax: 0, kinds: []),
        isPrediction: Bool = false
    ) {
        self.tick = tick
        self.seats = seats
        self.random = random
        self.inputs = inputs
        self.viewDelays = viewDelays
        self.past = past
        self.isPrediction = isPrediction
    }

    /// How many ticks before this one a seat saw the others when it gave its input.
    ///
    /// 0 ... the room's limit (200 ms unless set otherwise). The player's own entities it sees ahead
    /// of them, at this tick.
    @inlinable
    public func viewDelay(of seat: SeatIndex) -> Int {
        guard seat.index < viewDelays.count else { return 0 }
        return min(Int(viewDelays[seat.index]), past.ticksMax)
    }

    /// Another player's entity as `seat` saw it when it gave its input: lag compensation.
    ///
    /// nil where the seat sees the present, or did not see that entity: use the present one then.
    /// `kind` is the entity's position among the game's kinds. What it says is quantised as it is
    /// sent. Cost: a binary search by id.
    @inlinable
    public func past<Element: Entity>(
        _ type: Element.Type, kind: Int, id: EntityID, seenBy seat: SeatIndex
    ) -> Element? {
        let delay = viewDelay(of: seat)
        guard delay > 0 else { return nil }
        return past.entity(type, kind: kind, id: id, at: tick.advanced(by: -delay))
    }

    /// The input of a seat for this tick: the newest that has come, or a neutral one.
    @inlinable
    public func input(of seat: SeatIndex) -> Input {
        seat.index < inputs.count ? inputs[seat.index] : Input()
    }
}
