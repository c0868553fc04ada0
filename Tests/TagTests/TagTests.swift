import Foundation
import Hyoshi
import Tag
import Testing

@Suite struct TagTests {
    /// Seat 0 hunts from the start; `keys` are held by seats 0, 1 and 2.
    private func run(seed: UInt64, ticks: UInt32, keys: [Int32]) throws -> GameInstance {
        let instance = tag.makeInstance(seed)
        for number in 0..<3 {
            instance.seatJoined(try #require(SeatIndex(number)), at: Tick(1))
        }
        let inputs = keys + [Int32](repeating: 0, count: 16 - keys.count)
        for number in 1...ticks {
            instance.step(tick: Tick(number), seats: SeatSet(bits: 7), inputs: inputs)
        }
        return instance
    }

    /// x, y and owner of each person, the hunter first.
    private func rows(_ instance: GameInstance) -> [[Int32]] {
        var table = EntityTable(kinds: tag.kinds)
        instance.extract(into: &table)
        let values = table.kinds[0].values
        return stride(from: 0, to: values.count, by: 3).map { Array(values[$0..<($0 + 3)]) }
    }

    @Test func keysMoveAndTheWorldWraps() throws {
        let before = rows(try run(seed: 1, ticks: 1, keys: [0, 0, 0]))
        let after = rows(try run(seed: 1, ticks: 130, keys: [0, 2 | 4, 3]))
        #expect(before.map { $0[1] } == [512, 512, 512])
        let mover = try #require(after.first { $0[2] == 1 })
        let start = try #require(before.first { $0[2] == 1 })
        #expect(mover[0] == (start[0] + 4 * 130) & 1023)
        #expect(mover[1] == (512 - 4 * 130) & 1023)
    }

    @Test func theHunterIsReplacedOnTheBeatByWhoIsNear() throws {
        // Two people stand still on one line; the third runs along it and meets them.
        let instance = try run(seed: 4, ticks: 1, keys: [1, 0, 0])
        let inputs: [Int32] = [1] + [Int32](repeating: 0, count: 15)
        var owners: Set<Int32> = []
        var changes: [UInt32] = []
        var last: Int32 = 0
        for number in 2...UInt32(60 * 64) {
            instance.step(tick: Tick(number), seats: SeatSet(bits: 7), inputs: inputs)
            let hunter = rows(instance)[0][2]
            owners.insert(hunter)
            if hunter != last { changes.append(number) }
            last = hunter
        }
        #expect(owners.count > 1)
        #expect(changes.allSatisfy { $0 % 60 == 0 })
    }

    @Test func sameSeedSameHashAndLeavingHandsTheHuntOn() throws {
        let first = try run(seed: 9, ticks: 300, keys: [1, 2, 4])
        let second = try run(seed: 9, ticks: 300, keys: [1, 2, 4])
        #expect(first.stateHash == second.stateHash)
        #expect(try run(seed: 8, ticks: 300, keys: [1, 2, 4]).stateHash != first.stateHash)
        let hunter = rows(first)[0][2]
        first.seatLeft(try #require(SeatIndex(Int(hunter))), at: Tick(301))
        #expect(rows(first).count == 2)
        #expect(rows(first)[0][2] != hunter)
    }

    /// The README shows this file as a first game of one's own: it must stay that short.
    @Test func theGameHasAtMostFortyLinesOfCode() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Games/Tag/Tag.swift")
        let text = try String(contentsOf: file, encoding: .utf8)
        let code = text.split(separator: "\n").filter { line in
            let trimmed = line.drop { $0 == " " }
            return !trimmed.isEmpty && !trimmed.hasPrefix("//")
        }
        #expect(code.count > 20)
        #expect(code.count <= 40)
        #expect(code.allSatisfy { $0.count <= 100 })
    }
}
