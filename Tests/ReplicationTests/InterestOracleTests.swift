import Hyoshi
import MessagePack
import Replication
import Testing

/// What a seat may not see must not show in anything that is sent to it.
///
/// Two plays that differ only in what is hidden from a seat give it the same bytes, tick for tick:
/// so neither removals, nor gaps of ids, nor sizes, nor what a budget leaves out tell of it.
@Suite struct InterestOracleTests {
    private enum Rule: CaseIterable {
        case grid, custom
    }

    @Test func worldsThatDifferInWhatIsHiddenGiveTheSameMessages() throws {
        var hiddenDifferences = 0
        var spawns = 0
        var removals = 0
        for seed in 0..<UInt64(16) {
            let rule: Rule = seed % 2 == 0 ? .grid : .custom
            let budget = [nil, 2_000, 4_000, 30_000][Int(seed / 2) % 4]
            let play = try Play(seed: seed, ticks: 150)
            let other = play.withOtherSecrets(seed: seed &+ 1 << 40)
            for tick in play.tables.indices
            where !equal(play.tables[tick], other.tables[tick]) {
                hiddenDifferences += 1
            }
            let one = try Self.messages(play, rule, budget: budget, seed: seed)
            let two = try Self.messages(other, rule, budget: budget, seed: seed)
            for tick in one.indices {
                try #require(one[tick].bytes == two[tick].bytes, "seed \(seed), tick \(tick)")
                removals += one[tick].removals
                spawns += one[tick].spawns
            }
        }
        #expect(hiddenDifferences > 2_000)
        #expect(spawns > 1_000)
        #expect(removals > 200)
    }

    /// The oracle sees what it should: with the same two worlds and no filter, the bytes differ.
    @Test func withoutAFilterTheMessagesDiffer() throws {
        let play = try Play(seed: 3, ticks: 20)
        let other = play.withOtherSecrets(seed: 99)
        let one = try Self.messages(play, nil, budget: nil, seed: 3)
        let two = try Self.messages(other, nil, budget: nil, seed: 3)
        #expect(one.indices.contains { one[$0].bytes != two[$0].bytes })
    }

    private static func messages(
        _ play: Play, _ rule: Rule?, budget: Int?, seed: UInt64
    ) throws -> [(bytes: [UInt8], spawns: Int, removals: Int)] {
        let interest: Interest =
            switch rule {
            case .grid: .grid(PlaneWorld.grid)
            case .custom: .custom
            case nil: .everything
            }
        var room = RoomReplication(
            schema: play.schema, interest: interest,
            selection: InterestSelection(kinds: Game(Selector.self).kinds))
        var replicator = SeatReplicator(
            seat: .first, schema: play.schema,
            budget: budget.map { ByteBudget(bytesPerSecond: $0, tickRate: 60) })
        var worlds = RandomWorlds(seed: seed)
        var sent: [UInt32] = []
        var result: [(bytes: [UInt8], spawns: Int, removals: Int)] = []
        for (tick, table) in play.tables.enumerated() {
            if worlds.chance(2) {
                replicator.reset()
                sent = []
            }
            let habit: SeatReplicatorTests.Habit = seed % 3 == 0 ? .lastWritten : .reordered
            let baseline = habit.baseline(sent, before: 0, with: &worlds)
            room.begin(table)
            if rule == .custom {
                room.filter.selection.removeAll()
                for kind in table.kinds.indices {
                    for (row, id) in table.kinds[kind].ids.enumerated()
                    where play.shown[tick].contains(PlaneWorld.Name(kind: kind, id: id)) {
                        room.filter.selection.show(kind: kind, position: row)
                    }
                }
            }
            replicator.compose(table, baseline: Tick(baseline), room: &room)
            result.append(packed(room.encoder))
            sent.append(table.tick.rawValue)
        }
        return result
    }

    /// The message's bytes as they go out but for their head, which is the seat's own.
    private static func packed(
        _ encoder: SnapshotEncoder
    ) -> (bytes: [UInt8], spawns: Int, removals: Int) {
        var bytes: [UInt8] = []
        var spawns = 0
        var removals = 0
        MessagePackPacker.packUnsigned(UInt64(encoder.tick.rawValue), into: &bytes)
        MessagePackPacker.packUnsigned(UInt64(encoder.baselineDistance), into: &bytes)
        for group in groups(encoder) {
            MessagePackPacker.packUnsigned(UInt64(group.kind), into: &bytes)
            MessagePackPacker.packArrayHeader(group.removed.count, into: &bytes)
            MessagePackPacker.packRun(group.removed.span, into: &bytes)
            MessagePackPacker.packArrayHeader(group.changed.count, into: &bytes)
            MessagePackPacker.packRun(group.changed.span, into: &bytes)
            removals += group.removed.count
            if encoder.baselineDistance > 0 { spawns += group.changed.count { $0 == -1 } }
        }
        return (bytes, spawns, removals)
    }
}

/// A recorded play: the tables of its ticks, and what the first seat is shown of each.
private struct Play {
    let schema: Schema
    var tables: [EntityTable] = []
    var shown: [Set<PlaneWorld.Name>] = []

    init(schema: Schema) { self.schema = schema }

    init(seed: UInt64, ticks: Int) throws {
        var world = try PlaneWorld(seed: seed, seats: 6, rocks: 60)
        schema = world.schema
        var known: Set<PlaneWorld.Name> = []
        for _ in 0..<ticks {
            world.step(turmoil: 50)
            known = PlaneWorld.shown(of: world.table, to: 0, known: known)
            tables.append(world.table)
            shown.append(known)
        }
    }

    /// The same play for the first seat, and another one where it cannot see.
    ///
    /// All ids are stretched, and the gaps are filled with entities that are never seen; of the
    /// hidden moments of the others some are left out, and the rest happen elsewhere.
    func withOtherSecrets(seed: UInt64) -> Play {
        var worlds = RandomWorlds(seed: seed)
        var play = Play(schema: schema)
        let stretch = UInt32(worlds.number(2...300))
        for (tick, table) in tables.enumerated() {
            let far = farPlace(from: table)
            var changed = schema.makeTable()
            changed.tick = table.tick
            var names: Set<PlaneWorld.Name> = []
            for kind in table.kinds.indices {
                let width = table.kinds[kind].fieldCount
                for (row, id) in table.kinds[kind].ids.enumerated() {
                    let new = id * stretch
                    let values = Array(
                        table.kinds[kind].values[row * width..<(row + 1) * width])
                    if kind != PlaneWorld.score, worlds.chance(20) {
                        changed.kinds[kind].ids.append(new - 1)
                        changed.kinds[kind].values += secret(kind: kind, at: far, with: &worlds)
                    }
                    if shown[tick].contains(PlaneWorld.Name(kind: kind, id: id)) {
                        changed.kinds[kind].ids.append(new)
                        changed.kinds[kind].values += values
                        names.insert(PlaneWorld.Name(kind: kind, id: new))
                    } else if worlds.chance(70) {
                        changed.kinds[kind].ids.append(new)
                        changed.kinds[kind].values += secret(kind: kind, at: far, with: &worlds)
                    }
                }
            }
            play.tables.append(changed)
            play.shown.append(names)
        }
        return play
    }

    /// An entity that the first seat has nothing to do with.
    private func secret(
        kind: Int, at far: (x: Int32, y: Int32), with worlds: inout RandomWorlds
    ) -> [Int32] {
        let speed = Int32(worlds.number(-100...100))
        return kind == PlaneWorld.ship
            ? [Int32(worlds.number(1...63)), far.x, far.y, speed, speed, speed & 255]
            : [far.x, far.y, speed, -speed]
    }

    /// A place on the other side of the world from the seat's ship.
    private func farPlace(from table: EntityTable) -> (x: Int32, y: Int32) {
        let rows = table.kinds[PlaneWorld.ship]
        for row in rows.ids.indices where rows.values[row * 6] == 0 {
            return (
                (rows.values[row * 6 + 1] + PlaneWorld.size / 2) % PlaneWorld.size,
                (rows.values[row * 6 + 2] + PlaneWorld.size / 2) % PlaneWorld.size
            )
        }
        return (0, 0)
    }
}
