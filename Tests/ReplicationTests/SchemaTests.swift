import Hyoshi
import Replication
import Testing

@Suite struct SchemaTests {
    private func field(
        _ name: String, minimum: Int32 = 0, maximum: Int32 = 9, step: Int32 = 1, scale: Int32 = 1,
        changeField: Int? = nil
    ) -> FieldSchema {
        FieldSchema(
            name: name, use: .number, minimum: minimum, maximum: maximum, step: step, scale: scale,
            changeField: changeField)
    }

    private func schema(_ fields: [FieldSchema], capacity: Int = 1) throws -> Schema {
        try Schema(
            kinds: [KindSchema(name: "k", capacity: capacity, fields: fields)], inputFields: [])
    }

    @Test func declarationsThatCannotBeReplicated() throws {
        #expect(throws: SchemaError.fieldOutOfRange) {
            try schema([field("a", minimum: 3, maximum: 2)])
        }
        #expect(throws: SchemaError.fieldOutOfRange) { try schema([field("a", step: 0)]) }
        #expect(throws: SchemaError.fieldOutOfRange) { try schema([field("a", scale: -1)]) }
        #expect(throws: SchemaError.unknownChangeField) {
            try schema([field("a", changeField: 1)])
        }
        #expect(throws: SchemaError.unknownChangeField) {
            try schema([field("a", changeField: -1)])
        }
        #expect(throws: SchemaError.changeFieldCycle) { try schema([field("a", changeField: 0)]) }
        #expect(throws: SchemaError.changeFieldCycle) {
            try schema([field("a", changeField: 1), field("b", changeField: 0), field("c")])
        }
        #expect(throws: SchemaError.capacityOutOfRange) { try schema([], capacity: -1) }
        #expect(throws: SchemaError.capacityOutOfRange) { try schema([], capacity: 65_536) }
        #expect(throws: Never.self) {
            try schema((0..<7).map { field("f\($0)") }, capacity: 65_535)
        }
        #expect(throws: SchemaError.tooManyNumbers) {
            try schema((0..<8).map { field("f\($0)") }, capacity: 65_535)
        }
        #expect(throws: SchemaError.tooManyFields) {
            try schema((0..<32).map { field("f\($0)") })
        }
        #expect(throws: SchemaError.tooManyFields) {
            try Schema(kinds: [], inputFields: (0..<17).map { field("f\($0)") })
        }
        #expect(throws: SchemaError.tooManyKinds) {
            try Schema(
                kinds: (0..<33).map { KindSchema(name: "k\($0)", capacity: 1, fields: []) },
                inputFields: [])
        }
        #expect(throws: Never.self) { try schema((0..<31).map { field("f\($0)") }) }
    }

    @Test func aChainOfChangesIsResolvedFromItsEnd() throws {
        // x follows v, v follows a: against the order of their declaration.
        let schema = try schema([
            field("x", maximum: 1_000, changeField: 1), field("v", maximum: 100, changeField: 2),
            field("a", maximum: 10),
        ])
        var before = schema.makeTable()
        before.tick = Tick(1)
        before.kinds[0].ids = [1]
        before.kinds[0].values = [100, 10, 2]
        var after = before
        after.tick = Tick(3)
        // Expected: a 2, v 10 + 2·2 = 14, x 100 + 2·10 + ⌊4·3 ÷ 2⌋ = 126.
        after.kinds[0].values = [126, 14, 2]
        var history = SnapshotHistory()
        history.record(before)
        var encoder = SnapshotEncoder(schema: schema)
        encoder.encode(after, baseline: Tick(1), history: history)
        #expect(encoder.groups.isEmpty)
        var decoder = SnapshotDecoder(schema: schema)
        try decode([], tick: Tick(3), distance: 2, history: history, decoder: &decoder)
        #expect(decoder.table.kinds[0].values == [126, 14, 2])
    }

    @Test func aGameBecomesASchemaOfWireNumbers() throws {
        let schema = try Schema(Game(Pebbles.self))
        #expect(schema.kinds.count == 1)
        #expect(schema.kinds[0].name == "pebble")
        #expect(schema.kinds[0].capacity == 5)
        #expect(schema.kinds[0].fields.map(\.name) == ["speed", "place", "turned"])
        let place = schema.kinds[0].fields[1]
        // −1000 … 1000 in steps of 8.
        #expect(place.minimum == -125)
        #expect(place.maximum == 125)
        #expect(place.step == 8)
        #expect(place.scale == 10)
        #expect(place.unit == "m")
        #expect(place.changeField == 0)
        #expect(schema.kinds[0].fields[2].wraps)
        #expect(schema.inputFields.map(\.unit) == ["push pull"])
        let table = schema.makeTable()
        #expect(table.kinds.map(\.fieldCount) == [3])
    }
}

/// A game of one kind.
private struct Pebbles: Simulation {
    struct Push: Fields {
        var bits: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("push", &bits, .flags("push pull", count: 2))
        }
    }

    struct Pebble: Entity {
        static var kindName: StaticString { "pebble" }
        var speed: Int32 = 0
        var place: Int32 = 0
        var turned: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("speed", &speed, .number(-80...80, step: 8))
            visitor.field(
                "place", &place,
                .coordinate(-1_000...1_000, step: 8, scale: 10, unit: "m", changePerTick: "speed"))
            visitor.field("turned", &turned, .angle(turn: 256))
        }
    }

    static var name: StaticString { "pebbles" }
    static var seatsMax: Int { 2 }
    var pebbles = Entities<Pebble>(capacity: 5)

    init(random: inout DeterministicRandom) {}
    mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {}
    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}
    mutating func step(_ context: inout StepContext<Push>) {}
    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&pebbles)
    }
}
