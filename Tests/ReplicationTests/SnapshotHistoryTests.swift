import Hyoshi
import Replication
import Testing

@Suite struct SnapshotHistoryTests {
    private static let kinds = [
        KindSchema(
            name: "thing", capacity: 40,
            fields: [FieldSchema(name: "a", use: .number, minimum: 0, maximum: 1_000)]),
        KindSchema(name: "mark", capacity: 40, fields: []),
    ]

    private func schema() throws -> Schema {
        try Schema(kinds: Self.kinds, inputFields: [])
    }

    private func table(tick: UInt32, count: Int) throws -> EntityTable {
        var table = try schema().makeTable()
        table.tick = Tick(tick)
        for id in 0..<count {
            table.kinds[0].ids.append(UInt32(id + 1))
            table.kinds[0].values.append(Int32(tick) + Int32(id))
            table.kinds[1].ids.append(UInt32(3 * id + 1))
        }
        return table
    }

    @Test func aTickRollsOffAfterAsManyTicksAsThereAreSlots() throws {
        var history = SnapshotHistory(slots: 8)
        for tick in UInt32(1)...100 {
            history.record(try table(tick: tick, count: 2))
            #expect(history.newest == Tick(tick))
            let oldest = tick > 7 ? tick - 7 : 1
            for candidate in UInt32(1)...101 {
                let isThere = candidate >= oldest && candidate <= tick
                #expect(history.contains(Tick(candidate)) == isThere, "\(candidate) at \(tick)")
            }
        }
    }

    @Test func whatIsCopiedIsWhatWasRecordedAlsoAfterGrowth() throws {
        var history = SnapshotHistory(slots: 4)
        var copy = try schema().makeTable()
        for tick in UInt32(1)...40 {
            history.record(try table(tick: tick, count: Int(tick)))
            for back in 0..<min(UInt32(4), tick) {
                #expect(history.copy(Tick(tick - back), into: &copy))
                #expect(equal(copy, try table(tick: tick - back, count: Int(tick - back))))
            }
        }
    }

    @Test func aTickThatIsNotThereLeavesTheTableAlone() throws {
        var history = SnapshotHistory(slots: 4)
        history.record(try table(tick: 5, count: 1))
        var copy = try table(tick: 77, count: 3)
        #expect(!history.copy(Tick(1), into: &copy))
        #expect(!history.copy(.zero, into: &copy))
        #expect(!history.copy(Tick(9), into: &copy))
        #expect(equal(copy, try table(tick: 77, count: 3)))
    }

    @Test func tickZeroIsNotKept() throws {
        var history = SnapshotHistory(slots: 4)
        history.record(try table(tick: 0, count: 1))
        #expect(!history.contains(.zero))
        #expect(history.wordCount == 0)
    }

    @Test func memoryFollowsTheRowsInUseAndNotTheCapacities() throws {
        var history = SnapshotHistory()
        for tick in UInt32(1)...200 { history.record(try table(tick: tick, count: 10)) }
        let words = history.wordCount
        // 2 counts, 10 ids and 10 numbers, 10 ids; plus a quarter and 16.
        #expect(words == (32 + 8 + 16) * SnapshotHistory.slotsDefault)
        for tick in UInt32(201)...400 { history.record(try table(tick: tick, count: 10)) }
        #expect(history.wordCount == words)
    }

    @Test func forgettingKeepsTheMemory() throws {
        var history = SnapshotHistory(slots: 4)
        history.record(try table(tick: 3, count: 3))
        let words = history.wordCount
        history.removeAll()
        #expect(!history.contains(Tick(3)))
        #expect(history.newest == .zero)
        #expect(history.wordCount == words)
    }

    @Test func ticksNearTheEndOfTheirRangeHaveTheirSlots() throws {
        var history = SnapshotHistory(slots: 8)
        for tick in (UInt32.max - 9)...UInt32.max {
            history.record(try table(tick: 1, count: 1).at(tick))
        }
        #expect(history.contains(Tick(.max)))
        #expect(history.contains(Tick(.max - 7)))
        #expect(!history.contains(Tick(.max - 8)))
    }
}

extension EntityTable {
    /// The same rows at another tick.
    fileprivate func at(_ tick: UInt32) -> EntityTable {
        var table = self
        table.tick = Tick(tick)
        return table
    }
}
