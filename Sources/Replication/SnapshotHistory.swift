package import Hyoshi

/// The entity tables of the last ticks, in one piece of memory: where baselines come from.
///
/// A ring of `slots` places by tick number. A slot holds the tick, the row counts of its kinds, and
/// then for each kind its ids and its wire numbers. All slots are as long as the longest table so
/// far needed (plus a quarter), so the memory is about 4 bytes × numbers in use × `slots`; it grows
/// when a table does not fit, and otherwise recording allocates nothing. A tick that has rolled off
/// is not found, and the caller then falls back to a full snapshot.
package struct SnapshotHistory: Sendable {
    /// The default number of ticks that are kept: about a second at 60 Hz.
    package static let slotsDefault = 64

    /// The number of ticks that are kept.
    package let slots: Int
    /// The newest recorded tick; zero where nothing has been recorded.
    package private(set) var newest: Tick = .zero
    /// The tick of each slot; 0 where it is empty.
    private var ticks: [UInt32]
    /// Words of a slot.
    private var stride = 0
    /// The slots: counts of rows by kind, then ids and numbers of each kind.
    private(set) var words: [Int32] = []

    /// Makes an empty history; it takes memory with the first table.
    package init(slots: Int = SnapshotHistory.slotsDefault) {
        self.slots = max(slots, 1)
        ticks = Array(repeating: 0, count: self.slots)
    }

    /// Words that are allocated; 4 bytes each.
    package var wordCount: Int { words.count }

    /// Words of a table for which there is memory.
    package var slotWordCount: Int { stride }

    /// Whether the table of a tick is still there.
    package func contains(_ tick: Tick) -> Bool {
        tick != .zero && ticks[slot(of: tick)] == tick.rawValue
    }

    /// Forgets everything; keeps the memory.
    package mutating func removeAll() {
        for slot in ticks.indices { ticks[slot] = 0 }
        newest = .zero
    }

    /// Takes memory for tables of so many words, where there is less.
    package mutating func reserve(words: Int) {
        if words > stride { grow(to: words) }
    }

    /// Keeps a table under its tick, in the place of the one that is `slots` ticks older.
    ///
    /// The table of tick zero is not kept. Cost: one copy of the table.
    package mutating func record(_ table: EntityTable) {
        guard table.tick != .zero else { return }
        var needed = table.kinds.count
        for kind in table.kinds.indices {
            needed += table.kinds[kind].ids.count + table.kinds[kind].values.count
        }
        if needed > stride { grow(to: needed + needed / 4 + 16) }
        let slot = slot(of: table.tick)
        ticks[slot] = table.tick.rawValue
        if newest < table.tick { newest = table.tick }
        write(table, at: slot * stride)
    }

    /// Copies the table of a tick; false, and nothing touched, where it is no longer there.
    package func copy(_ tick: Tick, into table: inout EntityTable) -> Bool {
        guard let start = start(of: tick) else { return false }
        let source = words.span
        table.tick = tick
        var position = start + table.kinds.count
        for kind in table.kinds.indices {
            table.kinds[kind].removeAll()
            let rowCount = Int(source[start + kind])
            let valueCount = rowCount * table.kinds[kind].fieldCount
            table.kinds[kind].ids.append(
                rows: source.extracting(position..<position + rowCount))
            position += rowCount
            table.kinds[kind].values.append(
                words: source.extracting(position..<position + valueCount))
            position += valueCount
        }
        return true
    }

    /// Where the words of a tick begin, or nil where it has rolled off.
    func start(of tick: Tick) -> Int? {
        contains(tick) ? slot(of: tick) * stride : nil
    }

    private func slot(of tick: Tick) -> Int {
        // Reduced before it becomes an Int, which has 32 bits in a browser.
        Int(tick.rawValue % UInt32(truncatingIfNeeded: slots))
    }

    private mutating func write(_ table: EntityTable, at start: Int) {
        var target = words.mutableSpan
        let kinds = table.kinds.span
        var position = start + kinds.count
        for kind in kinds.indices {
            let rowCount = kinds[kind].ids.count
            target[start + kind] = Int32(truncatingIfNeeded: rowCount)
            target.write(ids: kinds[kind].ids.span, at: position)
            position += rowCount
            target.write(numbers: kinds[kind].values.span, at: position)
            position += kinds[kind].values.count
        }
    }

    /// Makes every slot longer and moves what they hold.
    private mutating func grow(to newStride: Int) {
        var grown = [Int32](repeating: 0, count: newStride * slots)
        for slot in 0..<slots where ticks[slot] != 0 {
            for offset in 0..<stride {
                grown[slot * newStride + offset] = words[slot * stride + offset]
            }
        }
        words = grown
        stride = newStride
    }
}
