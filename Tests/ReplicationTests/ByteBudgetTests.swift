import Hyoshi
import Replication
import Testing

/// What a seat is sent where not everything fits.
@Suite struct ByteBudgetTests {
    private static let bytesPerSecond = 8_000

    /// A crowd of ships around the seat's own, all of which turn at every tick.
    private struct Crowd {
        var world: PlaneWorld
        var room: RoomReplication
        var replicator: SeatReplicator
        var receiver: SeatReceiver
        var sent: [UInt32] = []
        /// Bytes of each message.
        var byteCounts: [Int] = []
        /// For each ship by its world id, the ticks at which the receiver had it as it was.
        var trueAt: [UInt32: [Int]] = [:]

        /// - Parameter own: How many of the ships are the seat's own.
        init(ships: Int, own: Int = 1, budget: Int?) throws {
            world = try PlaneWorld(seed: 11, seats: 1, rocks: 0)
            world.table.kinds[0].values = [0, 4_000, 4_000, 0, 0, 0]
            for _ in 1..<own { world.insert([0, 4_000, 4_000, 0, 0, 0], kind: 0) }
            for ship in own..<ships {
                let distance = Int32(ship) * 1_200 / Int32(ships)
                world.insert(
                    [
                        Int32(ship % 63 + 1), 4_000 + (ship % 2 == 0 ? distance : -distance),
                        4_000 + (ship % 4 < 2 ? distance : -distance), 0, 0, 0,
                    ], kind: 0)
            }
            room = RoomReplication(
                schema: world.schema,
                interest: .grid(InterestGrid(cellSize: 100, reachCells: 20)))
            replicator = SeatReplicator(
                seat: .first, schema: world.schema,
                budget: budget.map { ByteBudget(bytesPerSecond: $0, tickRate: 60) })
            receiver = SeatReceiver(world.schema)
        }

        mutating func tick(acknowledgedAfter lag: Int) throws {
            world.table.tick = world.table.tick.advanced(by: 1)
            for row in world.table.kinds[0].ids.indices {
                for field in 3...4 {
                    world.table.kinds[0].values[row * 6 + field] = Int32(
                        world.worlds.number(-3...3))
                }
                world.table.kinds[0].values[row * 6 + 5] = Int32(world.worlds.number(0...255))
            }
            let baseline = sent.count > lag ? sent[sent.count - 1 - lag] : 0
            room.begin(world.table)
            replicator.compose(world.table, baseline: Tick(baseline), room: &room)
            sent.append(world.table.tick.rawValue)
            byteCounts.append(room.encoder.byteCount)
            try receiver.take(room.encoder)
            #expect(equal(receiver.table, replicator.table))
            let ids = replicator.worldIDs(ofKind: 0)
            for (row, id) in ids.enumerated() {
                guard let place = world.table.kinds[0].row(of: id) else { continue }
                if replicator.table.kinds[0].values[row * 6..<(row + 1) * 6]
                    == world.table.kinds[0].values[place * 6..<(place + 1) * 6]
                {
                    trueAt[id, default: []].append(sent.count)
                }
            }
        }

        /// The longest time in ticks without a true value, from the first one to the end.
        func longestWait(_ id: UInt32, from start: Int) -> Int {
            var longest = 0
            var before = start
            for tick in (trueAt[id] ?? []) + [sent.count] where tick > start {
                longest = max(longest, tick - before)
                before = tick
            }
            return longest
        }
    }

    @Test(arguments: [0, 1, 6])
    func aCrowdGetsItsBudgetAndNobodyIsForgotten(lag: Int) throws {
        var crowd = try Crowd(ships: 100, budget: Self.bytesPerSecond)
        for _ in 0..<900 { try crowd.tick(acknowledgedAfter: lag) }
        let perTick = Self.bytesPerSecond / 60
        let steady = crowd.byteCounts[300...]
        for start in stride(from: 300, to: 840, by: 60) {
            let second = crowd.byteCounts[start..<start + 60].reduce(0, +)
            #expect(second <= Self.bytesPerSecond + perTick * ByteBudget.ticksMax)
            #expect(second >= Self.bytesPerSecond * 8 / 10)
        }
        #expect(steady.allSatisfy { $0 <= perTick * ByteBudget.ticksMax + 64 })
        let ids = crowd.world.table.kinds[0].ids
        // A hundred ships at about ten bytes, and as long as an acknowledgement takes each.
        let bound = 200 * (lag + 1)
        for id in ids {
            let longest = crowd.longestWait(id, from: 300)
            #expect(longest <= bound, "ship \(id) waited \(longest) ticks")
        }
        func updates(_ range: Range<Int>) -> Int {
            range.map { crowd.trueAt[ids[$0]]?.count ?? 0 }.reduce(0, +)
        }
        // The nearest quarter is sent more often than the farthest.
        #expect(updates(1..<25) > updates(75..<99) * 2)
        // The seat's own ship is true at every tick.
        #expect(crowd.trueAt[ids[0]]?.count == 900)
    }

    @Test(arguments: [1, 30], [2_000, 8_000])
    func whereTheOwnTakeAllTheOthersHaveTheirPart(lag: Int, budget: Int) throws {
        // At about ten bytes each the own ones take three times the budget, at every tick.
        let own = budget / 60 * 3 / 10
        let others = 20
        var crowd = try Crowd(ships: own + others, own: own, budget: budget)
        let ticks = 4_000
        for _ in 0..<ticks { try crowd.tick(acknowledgedAfter: lag) }
        let ids = crowd.world.table.kinds[0].ids
        for id in ids.prefix(own) { #expect(crowd.trueAt[id]?.count == ticks) }
        // Each costs about 12 bytes for as long as an acknowledgement takes, or 8 ticks at least,
        // which their quarter must pay for. The weights are as 1 to 13.
        let ticksForEach = 12 * max(lag + 1, 8) * 60 * 4 / budget
        let bound = (others * ticksForEach * 3 / 2) + 100
        for id in ids.dropFirst(own) {
            let longest = crowd.longestWait(id, from: 0)
            #expect(longest <= bound, "ship \(id) waited \(longest) ticks, \(bound) may be")
        }
        // Their part is a quarter of the budget, and the first ones that were saved up for.
        let ownBytes = own * 16 + 32
        let bytes = crowd.byteCounts.reduce(0, +)
        #expect(bytes <= ticks * (ownBytes + budget / 60 / 4) + budget)
    }

    @Test func withinTheBudgetNothingWaits() throws {
        var crowd = try Crowd(ships: 12, budget: 32_000)
        for _ in 0..<200 { try crowd.tick(acknowledgedAfter: 4) }
        for id in crowd.world.table.kinds[0].ids {
            #expect(crowd.trueAt[id]?.count == 200)
        }
    }

    @Test func whatIsMoreImportantGoesMoreOften() throws {
        var world = try PlaneWorld(seed: 4, seats: 1, rocks: 0)
        world.table.kinds[0].values = [0, 4_000, 4_000, 0, 0, 0]
        for _ in 0..<60 {
            world.insert([1, 4_010, 4_010, 0, 0, 0], kind: 0)
            world.insert([4_010, 4_010, 0, 0], kind: 1)
        }
        var room = RoomReplication(
            schema: world.schema, interest: .grid(PlaneWorld.grid), importances: [1, 8, 1])
        var replicator = SeatReplicator(
            seat: .first, schema: world.schema,
            budget: ByteBudget(bytesPerSecond: 6_000, tickRate: 60))
        var fresh = [0, 0]
        for tick in 0..<600 {
            world.table.tick = world.table.tick.advanced(by: 1)
            for row in 1...60 {
                world.table.kinds[0].values[row * 6 + 5] = Int32(world.worlds.number(0...255))
            }
            for row in 0..<60 {
                world.table.kinds[1].values[row * 4] = Int32(world.worlds.number(4_000...4_100))
            }
            room.begin(world.table)
            replicator.compose(
                world.table, baseline: replicator.history.newest, room: &room)
            guard tick > 200 else { continue }
            for group in room.encoder.groups where group.kind < 2 {
                fresh[group.kind] += group.changed.count
            }
        }
        #expect(fresh[1] > fresh[0] * 3)
        #expect(fresh[0] > 100)
    }

    @Test(arguments: [0, 9])
    func aHugeWorldComesInPieces(lag: Int) throws {
        var world = try PlaneWorld(seed: 8, seats: 4, rocks: 0, rockCapacity: 20_000)
        for _ in 0..<12_000 { world.spawnRock() }
        var room = RoomReplication(schema: world.schema, interest: .everything)
        var spectator = SeatReplicator(seat: nil, schema: world.schema, budget: nil)
        var receiver = SeatReceiver(world.schema)
        var sent: [UInt32] = []
        var completeAfter: Int?
        for tick in 0..<120 {
            world.step()
            // Once the receiver asks for everything again.
            let isLost = tick == 80
            let baseline = sent.count > lag && !isLost ? sent[sent.count - 1 - lag] : 0
            room.begin(world.table)
            spectator.compose(world.table, baseline: Tick(baseline), room: &room)
            #expect(room.encoder.byteCount <= RoomReplication.messageBytesMax)
            sent.append(world.table.tick.rawValue)
            try receiver.take(room.encoder)
            #expect(equal(receiver.table, spectator.table))
            if spectator.table.kinds[1].ids.count == world.table.kinds[1].ids.count {
                completeAfter = completeAfter ?? tick
            }
        }
        let ticks = try #require(completeAfter)
        // 12,000 rocks are about 130,000 bytes: three messages, each as long as it takes.
        #expect(ticks >= 2 && ticks <= 6 * (lag + 1))
        #expect(spectator.table.kinds[1].ids.count == world.table.kinds[1].ids.count)
    }

    @Test func theBytesAreThoseOfMessagePack() {
        let numbers: [(Int32, Int)] = [
            (0, 1), (127, 1), (128, 2), (255, 2), (256, 3), (65_535, 3), (65_536, 5), (.max, 5),
            (-1, 1), (-32, 1), (-33, 2), (-128, 2), (-129, 3), (-32_768, 3), (-32_769, 5),
            (.min, 5),
        ]
        for (number, count) in numbers {
            #expect(SnapshotCost.bytes(of: number) == count, "\(number)")
        }
        #expect(SnapshotCost.bytes(ofArray: 15) == 1)
        #expect(SnapshotCost.bytes(ofArray: 16) == 3)
        #expect(SnapshotCost.bytes(ofArray: 65_536) == 5)
    }

    @Test func theBucketSavesAndOwesEightTicks() {
        var budget = ByteBudget(bytesPerSecond: 6_000, tickRate: 60)
        #expect(budget.available == 800)
        budget.fill(at: Tick(1))
        budget.spend(900)
        #expect(budget.available == -100)
        budget.fill(at: Tick(2))
        #expect(budget.available == 0)
        budget.spend(1 << 40)
        #expect(budget.available == -800)
        budget.fill(at: Tick(3_000))
        #expect(budget.available == 800)
        #expect(ByteBudget(bytesPerSecond: 1, tickRate: 60).bytesPerSecond == 2_000)
    }
}
