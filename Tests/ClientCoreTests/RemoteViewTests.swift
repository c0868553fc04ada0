import ClientCore
import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

/// How others are shown: in the past, evenly, and never backwards.
@Suite struct RemoteViewTests {
    @Test func othersMoveEvenlyAndNeverBack() throws {
        let match = try VirtualRoom()
        let watcher = try match.join(
            LinkConditions(
                latencyMilliseconds: 75, jitterMilliseconds: 30, stallPerMille: 1,
                stallMilliseconds: 200))
        // The other one has a boat of constant speed, on a way of its own.
        let other = try match.join(LinkConditions(latencyMilliseconds: 20, jitterMilliseconds: 0))
        var isPushing = true
        other.decide = { _ in [isPushing ? 1 : 0, 0, 0] }
        watcher.refreshNanoseconds = 6_944_444
        try match.run(seconds: 0.5)
        isPushing = false
        try match.run(seconds: 4)
        let speed = Double(match.room.table.kinds[0].values[7])
        #expect(speed > 50)
        var lastTick = watcher.room.shown.remoteTick
        var lastNow = match.now.nanoseconds - 7_000_000
        var lastX: Double?
        var beyond = 0
        var refreshes = 0
        watcher.onShown = { client in
            let view = client.room.shown
            let ticks = view.remoteTick - lastTick
            // As fast as time within 5 %, but where it waits for news.
            let elapsed = Double(match.now.nanoseconds - lastNow) * 60 / 1e9
            #expect(ticks >= 0 && ticks < elapsed * 1.051)
            lastTick = view.remoteTick
            lastNow = match.now.nanoseconds
            refreshes += 1
            if view.remoteTick > Double(client.room.newestSnapshot.rawValue) { beyond += 1 }
            guard let row = view.kinds[0].flags.firstIndex(of: 0) else { return }
            let x = view.value(kind: 0, row: row, field: 1)
            #expect(x >= 0 && x < 65_536)
            if let last = lastX {
                let step = x >= last ? x - last : x - last + 65_536
                #expect((step - ticks * speed).magnitude < 0.6)
            }
            lastX = x
        }
        try match.run(seconds: 20)
        #expect(refreshes > 2_800)
        // What is shown is nearly always known.
        #expect(beyond < refreshes / 20)
        let delay = watcher.room.statistics(at: match.now).interpolationDelayTicks
        #expect(delay > 2 && delay < 9)
    }

    @Test func delayIsSmallOnAnEvenWayAndGrowsWithJitter() throws {
        func delay(_ jitterMilliseconds: Int) throws -> Double {
            let match = try VirtualRoom()
            let client = try match.join(
                LinkConditions(latencyMilliseconds: 75, jitterMilliseconds: jitterMilliseconds))
            try match.run(seconds: 10)
            return client.room.statistics(at: match.now).interpolationDelayTicks
        }
        let even = try delay(0)
        let some = try delay(15)
        let much = try delay(50)
        #expect(even >= 1.2 && even < 2)
        #expect(some > even + 0.8 && some < 5)
        #expect(much > some + 1 && much < 12)
    }

    @Test func anglesTakeTheShortWay() throws {
        let match = try VirtualRoom()
        let watcher = try match.join()
        let other = try match.join()
        other.decide = { _ in [0, -1, 0] }
        try match.run(seconds: 2)
        var last: Double?
        watcher.onShown = { client in
            let view = client.room.shown
            guard let row = view.kinds[0].flags.firstIndex(of: 0) else { return }
            let heading = view.value(kind: 0, row: row, field: 3)
            #expect(heading >= 0 && heading < 4_096)
            if let last {
                var turn = heading - last
                if turn > 2_048 { turn -= 4_096 }
                #expect(turn <= 0.001 && turn > -110)
            }
            last = heading
        }
        try match.run(seconds: 4)
        #expect(last != nil)
    }

    @Test func changesOfOthersAreToldOnce() throws {
        let match = try VirtualRoom()
        let watcher = try match.join(
            LinkConditions(latencyMilliseconds: 75, jitterMilliseconds: 30))
        let spectator = try match.join(predicts: false)
        let attacker = try match.join()
        // The third seat's lane has nobody else in it but the fourth.
        let victim = try match.join()
        var isFiring = false
        attacker.decide = { _ in [1, 0, isFiring ? 1 : 0] }
        victim.decide = { tick in [Int32(tick.rawValue / 40 % 3) - 1, 0, 0] }
        try match.run(seconds: 3)
        isFiring = true
        var hits: [[Double]] = [[], []]
        var alive: [Set<UInt32>] = [[], []]
        for (number, client) in [watcher, spectator].enumerated() {
            for kind in 0..<3 {
                alive[number].formUnion(
                    client.room.shown.kinds[kind].ids.map { $0 + UInt32(kind) << 24 })
            }
            client.onShown = { client in
                let view = client.room.shown
                for change in view.changes {
                    let name = change.id + UInt32(change.kind) << 24
                    switch change.event {
                    case .appeared: #expect(alive[number].insert(name).inserted)
                    case .vanished: #expect(alive[number].remove(name) != nil)
                    case .changed where change.kind == 0 && change.field == 4:
                        #expect(change.to > change.from)
                        hits[number].append(change.to)
                    case .changed: break
                    }
                    #expect(change.valuesStart < view.changeValues.count)
                }
                let shown = view.kinds[1].ids.map { $0 + UInt32(1) << 24 }
                #expect(alive[number].isSuperset(of: shown))
            }
        }
        try match.run(seconds: 10)
        isFiring = false
        try match.run(seconds: 3)
        let table = match.room.table.kinds[0]
        let row = try #require((0..<4).first { table.values[$0 * 7 + 6] == 3 })
        let total = table.values[row * 7 + 4]
        #expect(total > 5)
        for number in 0..<2 {
            #expect(hits[number].count <= Int(total))
            #expect(hits[number].last == Double(total))
            #expect(Set(hits[number]).count == hits[number].count)
            #expect(alive[number].count == 7)
        }
    }

    /// A server may come back with another game: what vanishes then has the fields that it had.
    @Test func whatVanishesWithItsWorldHasItsOwnValues() throws {
        func world(_ fieldCounts: [Int]) throws -> Schema {
            try Schema(
                kinds: fieldCounts.enumerated().map { kind, count in
                    KindSchema(
                        name: "kind \(kind)", capacity: 8,
                        fields: (0..<count).map { field in
                            FieldSchema(
                                name: "f\(field)", use: .number, minimum: 0, maximum: 100)
                        })
                }, inputFields: [])
        }
        func welcome(_ schema: Schema) -> [UInt8] {
            var bytes: [UInt8] = []
            ServerMessagePacker.welcome(
                Welcome(
                    room: "red", game: "any", seat: nil, seatsMax: 8, tickRate: 60, tick: Tick(9),
                    token: nil, schema: schema), into: &bytes)
            return bytes
        }
        let old = try world([2, 3])
        var table = old.makeTable()
        table.tick = Tick(10)
        table.kinds[0].ids = [1]
        table.kinds[0].values = [11, 12]
        table.kinds[1].ids = [1, 2]
        table.kinds[1].values = [21, 22, 23, 31, 32, 33]
        var encoder = SnapshotEncoder(schema: old)
        encoder.encodeFull(table)
        var snapshot: [UInt8] = []
        SnapshotHead(sequence: nil, margin: nil).append(to: &snapshot)
        ServerMessagePacker.snapshotBody(encoder, into: &snapshot)

        // One kind less, and a wider one.
        for next in [[2], [7, 7]] {
            var now = MonotonicInstant(nanoseconds: 5_000_000_000)
            var room = ClientRoom(role: .spectate)
            _ = try room.received(welcome(old).span, now: now)
            _ = try room.received(snapshot.span, now: now)
            room.show(at: now)
            #expect(room.shown.changes.map(\.event) == [.appeared, .appeared, .appeared])
            now = now.advanced(byNanoseconds: 16_000_000)
            _ = try room.received(welcome(world(next)).span, now: now)
            room.show(at: now)
            let view = room.shown
            #expect(view.changes.map(\.event) == [.vanished, .vanished, .vanished])
            #expect(view.changes.map(\.kind) == [0, 1, 1])
            // Nothing of the new world has come yet.
            #expect(view.remoteTick == 0 && view.predictedTick == 0)
            let values = view.changes.indices.map { position in
                let start = view.changes[position].valuesStart
                return Array(view.changeValues[start..<view.valuesEnd(ofChange: position)])
            }
            #expect(values == [[11, 12], [21, 22, 23], [31, 32, 33]])
            #expect(view.kinds.map(\.fieldCount) == next)
        }
    }
}
