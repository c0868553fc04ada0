/// A game as servers see it: its name, its declarations, and how to start a room of it.
///
/// Make it in the module of the game, `public let pong = Game(Pong.self)`, so that the compiler
/// specialises the rules there.
public struct Game: Sendable {
    /// The name under which rooms ask for the game.
    public let name: String
    /// The number of seats in a room, 1 to 64.
    public let seatsMax: Int
    /// The kinds of entities, in the order of their declaration.
    public let kinds: [KindDescription]
    /// The fields of an input command, in the order of their declaration.
    public let inputFields: [FieldDescription]
    /// The wire numbers of an input command that wants nothing.
    public let neutralInput: [Int32]
    /// What a seat is shown of the world.
    public let interest: Interest
    /// Builds a world before its first tick.
    public let makeInstance: @Sendable (_ seed: UInt64) -> GameInstance

    /// Describes a simulation.
    ///
    /// `name` and `interest` take the place of the rules' own: the same rules can be offered as
    /// several games.
    @inlinable
    public init<Rules: Simulation>(
        _ rules: Rules.Type, name: StaticString? = nil, interest: Interest? = nil
    ) {
        var random = DeterministicRandom(seed: 0)
        var sample = Rules(random: &random)
        var collector = KindCollector()
        sample.entities(&collector)
        var inputs = FieldCollector()
        var input = Rules.Input()
        input.fields(&inputs)
        let inputFields = inputs.resolved()
        let neutral = FieldExtractor.numbers(of: Rules.Input(), count: inputFields.count)
        self.init(
            name: name ?? Rules.name, seatsMax: Rules.seatsMax, kinds: collector.kinds,
            inputFields: inputFields, neutralInput: neutral,
            interest: interest ?? Rules.interest
        ) { seed in
            SimulationInstance<Rules>(seed: seed)
        }
    }

    @usableFromInline
    init(
        name: StaticString, seatsMax: Int, kinds: [KindDescription],
        inputFields: [FieldDescription],
        neutralInput: [Int32], interest: Interest,
        makeInstance: @escaping @Sendable (UInt64) -> GameInstance
    ) {
        self.name = name.withUTF8Buffer { unsafe String(decoding: $0, as: UTF8.self) }
        self.seatsMax = min(max(seatsMax, 1), SeatIndex.limit)
        self.kinds = kinds
        self.inputFields = inputFields
        self.neutralInput = neutralInput
        self.interest = interest
        self.makeInstance = makeInstance
    }
}

/// One running world behind a face without generics: whole batches go in and out, once a tick.
///
/// Rooms own one each and call it from their loop only. It is made by ``Game/makeInstance``.
open class GameInstance {
    /// For each seat, how many ticks before the next step's its input was given on sight of.
    public var viewDelays = [UInt8](repeating: 0, count: SeatIndex.limit)
    /// Whether its ticks are predictions, see ``StepContext/isPrediction``.
    public var isPrediction = false
    /// The tables of the last ticks, recorded by whoever owns the instance.
    public var past = PastTables(ticksMax: 0, kinds: [])

    /// For subclasses.
    public init() {}

    /// A player has taken the seat, before the step of `tick`.
    open func seatJoined(_ seat: SeatIndex, at tick: Tick) {}

    /// The seat is free again, before the step of `tick`.
    open func seatLeft(_ seat: SeatIndex, at tick: Tick) {}

    /// Makes a tick.
    ///
    /// `inputs` holds one row of input wire numbers per seat, 0 ..< seatsMax.
    open func step(tick: Tick, seats: SeatSet, inputs: [Int32]) {}

    /// Replaces the table's rows by the present state.
    open func extract(into table: inout EntityTable) {}

    /// Replaces all entities by the table's rows; ids go on as the table says, where it does.
    open func restore(from table: EntityTable) {}

    /// Replaces the table's rows by the present state in the fields' own values, not quantised.
    open func extractValues(into table: inout EntityTable) {}

    /// Replaces all entities by rows that ``extractValues(into:)`` has written.
    ///
    /// What is outside of its field's range is clamped to it. Random state, past and view delays are
    /// the caller's to restore.
    open func restoreValues(from table: EntityTable) {}

    /// Lets the ids of new entities of all kinds go on from a number above all ids in use.
    open func numberNextEntities(from number: UInt32) {}

    /// The whole state of the random generator.
    open var randomState: UInt64 {
        get { 0 }
        set {}
    }

    /// Selects what a seat is shown, where the game's interest is `custom`.
    open func show(to seat: SeatIndex, in selection: inout InterestSelection) {}

    /// The points of a seat where the rules tell them, see ``Simulation/score(of:)``.
    open func score(of seat: SeatIndex) -> Int32? { nil }

    /// Whether the match is decided, see ``Simulation/isOver``.
    open var isOver: Bool { false }

    /// The hash of the whole state: entities and random generator.
    open var stateHash: UInt64 { 0 }
}

/// The generic side of a world: a simulation, its generator, and its inputs.
public final class SimulationInstance<Rules: Simulation>: GameInstance {
    /// The rules' own state.
    public var rules: Rules
    /// The generator that the rules draw from.
    public var random: DeterministicRandom
    @usableFromInline var inputs: [Rules.Input]
    @usableFromInline let emptyPast = PastTables(ticksMax: 0, kinds: [])
    @usableFromInline let code: SimulationCode<Rules>

    /// Builds the world of a seed.
    @inlinable
    public init(seed: UInt64) {
        code = SimulationCode()
        random = DeterministicRandom(seed: seed)
        rules = Rules(random: &random)
        inputs = Array(
            repeating: Rules.Input(), count: min(max(Rules.seatsMax, 1), SeatIndex.limit))
        super.init()
    }

    @inlinable
    public override func seatJoined(_ seat: SeatIndex, at tick: Tick) {
        rules.seatJoined(seat, at: tick, random: &random)
    }

    @inlinable
    public override func seatLeft(_ seat: SeatIndex, at tick: Tick) {
        rules.seatLeft(seat, at: tick, random: &random)
        // Who has gone wants nothing, so that no input of theirs is part of the state.
        if seat.index < inputs.count { inputs[seat.index] = Rules.Input() }
    }

    // What is called in every tick goes by way of code for these very rules: see ``SimulationCode``.

    @inlinable
    public override func step(tick: Tick, seats: SeatSet, inputs: [Int32]) {
        code.step(self, tick, seats, inputs)
    }

    @inlinable
    public override func extract(into table: inout EntityTable) { code.extract(self, &table) }

    @inlinable
    public override func restore(from table: EntityTable) { code.restore(self, table) }

    @inlinable
    public override func extractValues(into table: inout EntityTable) {
        code.extractValues(self, &table)
    }

    @inlinable
    public override func restoreValues(from table: EntityTable) { code.restoreValues(self, table) }

    @inlinable
    public override var stateHash: UInt64 { code.hash(self) }

    @inlinable
    func makeTick(_ tick: Tick, seats: SeatSet, inputs wire: [Int32]) {
        let width = wire.count / max(inputs.count, 1)
        for seat in seats where seat.index < inputs.count {
            var restorer = FieldRestorer(values: wire, position: seat.index * width)
            inputs[seat.index].fields(&restorer)
        }
        var context = StepContext<Rules.Input>(
            tick: tick, seats: seats, random: random, inputs: [], past: emptyPast,
            isPrediction: isPrediction)
        swap(&context.inputs, &inputs)
        swap(&context.viewDelays, &viewDelays)
        swap(&context.past, &past)
        rules.step(&context)
        swap(&context.inputs, &inputs)
        swap(&context.viewDelays, &viewDelays)
        swap(&context.past, &past)
        random = context.random
    }

    @inlinable
    func extractRows(into table: inout EntityTable) {
        var extractor = TableExtractor(table: EntityTable(kinds: []))
        swap(&extractor.table, &table)
        rules.entities(&extractor)
        swap(&extractor.table, &table)
    }

    @inlinable
    func restoreRows(from table: EntityTable) {
        var restorer = TableRestorer(table: table)
        rules.entities(&restorer)
    }

    @inlinable
    func extractValueRows(into table: inout EntityTable) {
        var extractor = ValueExtractor(table: EntityTable(kinds: []))
        swap(&extractor.table, &table)
        rules.entities(&extractor)
        swap(&extractor.table, &table)
    }

    @inlinable
    func restoreValueRows(from table: EntityTable) {
        var restorer = ValueRestorer(table: table)
        rules.entities(&restorer)
    }

    @inlinable
    public override func numberNextEntities(from number: UInt32) {
        var setter = IDSetter(number: number)
        rules.entities(&setter)
    }

    @inlinable
    public override var randomState: UInt64 {
        get { random.state }
        set { random.state = newValue }
    }

    @inlinable
    public override func show(to seat: SeatIndex, in selection: inout InterestSelection) {
        rules.show(to: seat, in: &selection)
    }

    @inlinable
    public override func score(of seat: SeatIndex) -> Int32? { rules.score(of: seat) }

    @inlinable
    public override var isOver: Bool { rules.isOver }

    @inlinable
    func hashState() -> UInt64 {
        var hash = StateHash()
        hash.combine(random.state)
        var hasher = TableHasher(hash: hash)
        rules.entities(&hasher)
        return hasher.hash.value
    }
}
