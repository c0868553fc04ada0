import Foundation
import Hyoshi
import Replication
import Testing

@Suite struct SnapshotPropertyTests {
    /// Worlds of each property: 10,000, or as many as HYOSHI_WORLDS says (`make deltas-million`).
    static let worldCount =
        ProcessInfo.processInfo.environment["HYOSHI_WORLDS"].flatMap { Int($0) } ?? 10_000

    @Test func everyDeltaDecodesToTheTableAndEqualsTheReference() throws {
        var unchanged = 0
        var spawnsAndRemovals = 0
        for seed in 0..<UInt64(Self.worldCount) {
            var worlds = RandomWorlds(seed: seed)
            let schema = worlds.schema()
            let distance = worlds.chance(70) ? worlds.number(1...6) : worlds.number(1...255)
            let baseline = worlds.table(schema, tick: UInt32(worlds.number(1...1_000_000)))
            let table = worlds.successor(of: baseline, schema: schema, distance: distance)
            var history = SnapshotHistory(slots: 4)
            history.record(baseline)
            var encoder = SnapshotEncoder(schema: schema)
            encoder.encode(table, baseline: baseline.tick, history: history)
            try #require(encoder.baselineDistance == distance)
            let reference = Reference.delta(table, baseline: baseline, schema: schema)
            try #require(groups(encoder) == reference, "seed \(seed)")
            var decoder = SnapshotDecoder(schema: schema)
            try decode(
                groups(encoder), tick: table.tick, distance: distance, history: history,
                decoder: &decoder)
            try #require(equal(decoder.table, table), "seed \(seed)")
            if reference.isEmpty { unchanged += 1 }
            if reference.contains(where: { !$0.removed.isEmpty && $0.changed.contains(-1) }) {
                spawnsAndRemovals += 1
            }
        }
        // The worlds are varied: otherwise the equalities above would say little.
        #expect(unchanged > Self.worldCount / 100)
        #expect(unchanged < Self.worldCount / 2)
        #expect(spawnsAndRemovals > Self.worldCount / 20)
    }

    @Test func everyFullSnapshotDecodesToTheTable() throws {
        for seed in 0..<UInt64(Self.worldCount) {
            var worlds = RandomWorlds(seed: seed &+ 1 << 32)
            let schema = worlds.schema()
            let table = worlds.table(schema, tick: 7)
            var encoder = SnapshotEncoder(schema: schema)
            encoder.encodeFull(table)
            try #require(groups(encoder).map(\.changed) == Reference.full(table), "seed \(seed)")
            var decoder = SnapshotDecoder(schema: schema)
            try decode(
                groups(encoder), tick: table.tick, distance: 0, history: SnapshotHistory(),
                decoder: &decoder)
            try #require(equal(decoder.table, table), "seed \(seed)")
        }
    }

    @Test func oneEncoderAndDecoderCarryALongMatch() throws {
        for seed in 0..<UInt64(40) {
            var worlds = RandomWorlds(seed: seed &+ 2 << 32)
            let schema = worlds.schema()
            var server = SnapshotHistory(slots: 8)
            var client = SnapshotHistory(slots: 8)
            var encoder = SnapshotEncoder(schema: schema)
            var decoder = SnapshotDecoder(schema: schema)
            var table = worlds.table(schema, tick: 1)
            var acknowledged = Tick.zero
            for _ in 0..<100 {
                encoder.encode(table, baseline: acknowledged, history: server)
                server.record(table)
                if !worlds.chance(20) {
                    try decode(
                        groups(encoder), tick: encoder.tick, distance: encoder.baselineDistance,
                        history: client, decoder: &decoder)
                    try #require(equal(decoder.table, table), "seed \(seed)")
                    client.record(decoder.table)
                    if worlds.chance(70) { acknowledged = table.tick }
                }
                table = worlds.successor(
                    of: table, schema: schema, distance: worlds.chance(95) ? 1 : 9)
            }
        }
    }

    @Test func randomCorruptionGivesAnErrorOrATableWithinTheCapacities() throws {
        var refused = 0
        var taken = 0
        for seed in 0..<UInt64(Self.worldCount) {
            var worlds = RandomWorlds(seed: seed &+ 3 << 32)
            let schema = worlds.schema()
            let baseline = worlds.table(schema, tick: 9)
            let table = worlds.successor(of: baseline, schema: schema, distance: 3)
            var history = SnapshotHistory(slots: 16)
            history.record(baseline)
            var encoder = SnapshotEncoder(schema: schema)
            let isFull = worlds.chance(30)
            encoder.encode(table, baseline: isFull ? .zero : baseline.tick, history: history)
            var broken = groups(encoder)
            for _ in 0..<worlds.number(1...4) { corrupt(&broken, with: &worlds) }
            var decoder = SnapshotDecoder(schema: schema)
            do {
                try decode(
                    broken, tick: table.tick, distance: encoder.baselineDistance, history: history,
                    decoder: &decoder)
                taken += 1
            } catch { refused += 1 }
            for kind in schema.kinds.indices {
                let rows = decoder.table.kinds[kind]
                try #require(rows.ids.count <= schema.kinds[kind].capacity)
                try #require(rows.values.count <= schema.kinds[kind].capacity * rows.fieldCount)
            }
        }
        #expect(refused > Self.worldCount / 10)
        #expect(taken > Self.worldCount / 100)
    }

    private func corrupt(_ groups: inout [Reference.Group], with worlds: inout RandomWorlds) {
        guard !groups.isEmpty else {
            groups = [Reference.Group(kind: worlds.number(-1...5), removed: [1], changed: [1, -1])]
            return
        }
        let wild: [Int32] = [0, 1, -1, 2, -2, .min, .max, .min + 1, .max - 1, 255, 65_536]
        let number = wild[worlds.number(0...(wild.count - 1))]
        let group = worlds.number(0...(groups.count - 1))
        switch worlds.number(0...6) {
        case 0: groups[group].kind = worlds.number(-2...40)
        case 1: groups.remove(at: group)
        case 2: groups.append(groups[group])
        case 3: groups[group].changed.append(number)
        case 4: groups[group].removed.append(number)
        case 5 where !groups[group].changed.isEmpty:
            let place = worlds.number(0...(groups[group].changed.count - 1))
            groups[group].changed[place] = number
        default:
            if !groups[group].changed.isEmpty { groups[group].changed.removeLast() }
        }
    }
}
