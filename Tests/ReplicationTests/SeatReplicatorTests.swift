import Hyoshi
import Replication
import Testing

/// One seat's snapshots, as its receiver decodes them.
@Suite struct SeatReplicatorTests {
    /// How a receiver acknowledges.
    enum Habit: CaseIterable {
        case lastWritten, always, late, veryLate, lossy, reordered, never, takesBack, rollsOff

        /// The baseline of the next snapshot, of those that were sent.
        func baseline(
            _ sent: [UInt32], before: UInt32, with worlds: inout RandomWorlds
        ) -> UInt32 {
            guard let newest = sent.last else { return 0 }
            func back(_ count: Int) -> UInt32 {
                sent.count > count ? sent[sent.count - 1 - count] : 0
            }
            switch self {
            case .lastWritten: return newest
            case .always: return back(1)
            case .late: return back(9)
            case .veryLate: return back(60)
            case .lossy: return worlds.chance(20) ? back(worlds.number(1...4)) : before
            case .reordered: return back(worlds.number(1...20))
            case .never: return 0
            case .takesBack: return worlds.chance(10) ? 0 : back(3)
            case .rollsOff: return sent.count % 100 == 5 ? newest : before
            }
        }
    }

    private static let budgets: [Int?] = [nil, 2_000, 6_000, 40_000]

    @Test(arguments: Habit.allCases)
    func theReceiverHoldsWhatTheReplicatorSays(_ habit: Habit) throws {
        for seed in 0..<UInt64(8) {
            var world = try PlaneWorld(seed: seed, seats: 8, rocks: 60)
            let interest: Interest = seed % 3 == 0 ? .everything : .grid(PlaneWorld.grid)
            var room = RoomReplication(schema: world.schema, interest: interest)
            let budget = Self.budgets[Int(seed) % Self.budgets.count]
            var replicator = SeatReplicator(
                seat: .first, schema: world.schema,
                budget: budget.map { ByteBudget(bytesPerSecond: $0, tickRate: 60) })
            var receiver = SeatReceiver(world.schema)
            var sent: [UInt32] = []
            var baseline: UInt32 = 0
            var deltas = 0
            for _ in 0..<200 {
                world.step(ticks: world.worlds.chance(95) ? 1 : 7)
                baseline = habit.baseline(sent, before: baseline, with: &world.worlds)
                room.begin(world.table)
                replicator.compose(world.table, baseline: Tick(baseline), room: &room)
                try receiver.take(room.encoder)
                try #require(equal(receiver.table, replicator.table), "seed \(seed)")
                if budget == nil { try Self.expectTruth(replicator, world.table, seed) }
                try Self.expectOwnTruth(replicator, world.table, seed)
                sent.append(world.table.tick.rawValue)
                if room.encoder.baselineDistance > 0 { deltas += 1 }
            }
            #expect(deltas > (habit == .never ? -1 : 15), "seed \(seed)")
        }
    }

    /// Every row of the seat's table is the world's, under the seat's own ids.
    static func expectTruth(
        _ replicator: SeatReplicator, _ world: EntityTable, _ seed: UInt64
    ) throws {
        for kind in world.kinds.indices {
            let width = world.kinds[kind].fieldCount
            let rows = replicator.table.kinds[kind]
            for (row, id) in replicator.worldIDs(ofKind: kind).enumerated() {
                let place = try #require(world.kinds[kind].row(of: id), "seed \(seed)")
                try #require(
                    rows.values[row * width..<(row + 1) * width]
                        == world.kinds[kind].values[place * width..<(place + 1) * width],
                    "seed \(seed)")
            }
        }
    }

    /// The seat's own ship is there as it is, whatever the budget.
    static func expectOwnTruth(
        _ replicator: SeatReplicator, _ world: EntityTable, _ seed: UInt64
    ) throws {
        let rows = world.kinds[PlaneWorld.ship]
        for row in rows.ids.indices where rows.values[row * 6] == 0 {
            let known = replicator.worldIDs(ofKind: PlaneWorld.ship)
            let place = try #require(known.firstIndex(of: rows.ids[row]), "seed \(seed)")
            try #require(
                replicator.table.kinds[PlaneWorld.ship].values[place * 6..<(place + 1) * 6]
                    == rows.values[row * 6..<(row + 1) * 6], "seed \(seed)")
        }
    }

    @Test func aSeatIsShownWhatThePlainFilterSays() throws {
        var entered = 0
        var left = 0
        for seed in 0..<UInt64(20) {
            var world = try PlaneWorld(seed: seed, seats: 6, rocks: 80)
            var room = RoomReplication(schema: world.schema, interest: .grid(PlaneWorld.grid))
            var replicator = SeatReplicator(seat: .first, schema: world.schema, budget: nil)
            var known: Set<PlaneWorld.Name> = []
            for _ in 0..<200 {
                world.step()
                room.begin(world.table)
                replicator.compose(world.table, baseline: .zero, room: &room)
                let shown = PlaneWorld.shown(of: world.table, to: 0, known: known)
                try #require(Self.names(replicator) == shown, "seed \(seed)")
                entered += shown.subtracting(known).count
                left += known.subtracting(shown).count
                known = shown
            }
        }
        #expect(entered > 500)
        #expect(left > 500)
    }

    static func names(_ replicator: SeatReplicator) -> Set<PlaneWorld.Name> {
        var names: Set<PlaneWorld.Name> = []
        for kind in replicator.table.kinds.indices {
            for id in replicator.worldIDs(ofKind: kind) {
                names.insert(PlaneWorld.Name(kind: kind, id: id))
            }
        }
        return names
    }

    @Test func idsCountTheEntitiesThatHaveComeIntoView() throws {
        var world = try PlaneWorld(seed: 5, seats: 6, rocks: 80)
        var room = RoomReplication(schema: world.schema, interest: .grid(PlaneWorld.grid))
        var replicator = SeatReplicator(seat: .first, schema: world.schema, budget: nil)
        var highest: [UInt32] = [0, 0, 0]
        var present: [Set<UInt32>] = [[], [], []]
        var cameBack = 0
        var everShown: Set<PlaneWorld.Name> = []
        for tick in 0..<400 {
            if tick == 200 {
                replicator.reset()
                present = [[], [], []]
            }
            world.step()
            room.begin(world.table)
            replicator.compose(world.table, baseline: .zero, room: &room)
            for kind in 0..<3 {
                let ids = replicator.table.kinds[kind].ids
                for (row, id) in ids.enumerated() where !present[kind].contains(id) {
                    // A number that is new is the next one, and never one that was used.
                    #expect(id == highest[kind] + 1)
                    highest[kind] = id
                    let name = PlaneWorld.Name(
                        kind: kind, id: replicator.worldIDs(ofKind: kind)[row])
                    if !everShown.insert(name).inserted { cameBack += 1 }
                }
                present[kind] = Set(ids)
            }
        }
        #expect(cameBack > 20)
    }

    @Test func hysteresisKeepsWhatIsInViewUntilItIsFurtherAway() throws {
        var world = try PlaneWorld(seed: 1, seats: 1, rocks: 0)
        let grid = InterestGrid(cellSize: 500, reachCells: 2, hysteresisCells: 2)
        var room = RoomReplication(schema: world.schema, interest: .grid(grid))
        var replicator = SeatReplicator(seat: .first, schema: world.schema, budget: nil)
        world.table.kinds[0].values = [0, 250, 250, 0, 0, 0]
        world.insert([0, 250, 0, 0], kind: 1)
        func isShown(cell: Int32) -> Bool {
            world.table.tick = world.table.tick.advanced(by: 1)
            world.table.kinds[1].values[0] = (cell * 500 + 250 + 8_000) % 8_000
            room.begin(world.table)
            replicator.compose(world.table, baseline: .zero, room: &room)
            return !replicator.table.kinds[1].ids.isEmpty
        }
        // Around the edge of the world and over it alike.
        for side in [1, -1] as [Int32] {
            let cells: [(Int32, Bool)] = [
                (5, false), (4, false), (3, false), (2, true), (3, true), (4, true), (3, true),
                (4, true), (5, false), (4, false), (3, false), (2, true), (8, false),
            ]
            for (step, (cell, expected)) in cells.enumerated() {
                #expect(isShown(cell: side * cell) == expected, "side \(side), step \(step)")
            }
        }
    }

    @Test func aSeatWithoutEntitiesIsShownWhatHasNoPlace() throws {
        var world = try PlaneWorld(seed: 2, seats: 3, rocks: 30)
        world.step()
        var room = RoomReplication(schema: world.schema, interest: .grid(PlaneWorld.grid))
        room.begin(world.table)
        var watcher = SeatReplicator(seat: SeatIndex(9), schema: world.schema, budget: nil)
        watcher.compose(world.table, baseline: .zero, room: &room)
        #expect(watcher.table.kinds.map(\.ids.count) == [0, 0, 1])
        var spectator = SeatReplicator(seat: nil, schema: world.schema, budget: nil)
        spectator.compose(world.table, baseline: .zero, room: &room)
        #expect(spectator.table.kinds.map(\.ids) == [[1, 2, 3], Array(1...30), [1]])
    }

    @Test func aGameSelectsForItself() throws {
        let world = try PlaneWorld(seed: 2, seats: 3, rocks: 30)
        let kinds = Game(Selector.self).kinds
        var room = RoomReplication(
            schema: world.schema, interest: .custom, selection: InterestSelection(kinds: kinds))
        room.begin(world.table)
        room.filter.selection.show(kind: 0, position: 1)
        room.filter.selection.show(kind: 1, position: 29)
        var replicator = SeatReplicator(seat: .first, schema: world.schema, budget: nil)
        replicator.compose(world.table, baseline: .zero, room: &room)
        #expect(replicator.worldIDs(ofKind: 0) == [world.table.kinds[0].ids[1]])
        #expect(replicator.worldIDs(ofKind: 1) == [world.table.kinds[1].ids[29]])
        #expect(replicator.table.kinds.map(\.ids) == [[1], [1], []])
        #expect(Game(Selector.self).interest == .custom)
    }
}

/// A game of the kinds of ``PlaneWorld``, as far as a selection needs to know them.
struct Selector: Simulation {
    struct Input: Fields {
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {}
    }
    struct Thing: Entity {
        static let kindName: StaticString = "thing"
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {}
    }
    static let name: StaticString = "selector"
    static let seatsMax = 2
    static let interest = Interest.custom
    var ships = Entities<Thing>(capacity: 128)
    var rocks = Entities<Thing>(capacity: 400)
    var scores = Entities<Thing>(capacity: 4)

    init(random: inout DeterministicRandom) {}
    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}
    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}
    mutating func step(_ context: inout StepContext<Input>) {}
    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&ships)
        visitor.visit(&rocks)
        visitor.visit(&scores)
    }
}
