package import Hyoshi
import Replication

/// The tables of many ticks, each in a place of its own, to be read where they stand.
///
/// A ring of `slots` places by tick. Recording allocates nothing once the tables have grown.
package struct TableRing: Sendable {
    /// The number of places.
    package let slots: Int
    /// The newest tick that is kept; zero for none.
    package private(set) var newest = Tick.zero
    /// The tables; a place that is empty has tick zero.
    var tables: [EntityTable]

    /// Makes an empty ring of tables for a schema's kinds.
    init(slots: Int, schema: Schema) {
        self.slots = max(slots, 1)
        tables = Array(repeating: schema.makeTable(), count: self.slots)
    }

    /// The place of a tick, or nil where it is not kept.
    func place(of tick: Tick) -> Int? {
        let slot = Int(tick.rawValue % UInt32(truncatingIfNeeded: slots))
        return tick != .zero && tables[slot].tick == tick ? slot : nil
    }

    /// Copies the table of a tick; false, and nothing touched, where it is not kept.
    package func copy(_ tick: Tick, into table: inout EntityTable) -> Bool {
        guard let place = place(of: tick) else { return false }
        Self.copy(tables[place], into: &table)
        return true
    }

    /// Keeps a copy of a table.
    mutating func record(_ table: EntityTable) {
        guard table.tick != .zero else { return }
        Self.copy(table, into: &tables[take(table.tick)])
    }

    /// Makes the place of a tick that one's: whoever asks fills it.
    mutating func take(_ tick: Tick) -> Int {
        let slot = Int(tick.rawValue % UInt32(truncatingIfNeeded: slots))
        tables[slot].tick = tick
        if newest < tick { newest = tick }
        return slot
    }

    /// Forgets everything; keeps the memory.
    mutating func removeAll() {
        for slot in tables.indices { tables[slot].tick = .zero }
        newest = .zero
    }

    /// The kept tables around an instant; nil where nothing is kept.
    ///
    /// Before the oldest one it is the oldest one's, beyond the newest one it goes on from there.
    func moment(at tick: Double) -> Moment? {
        var before: (tick: UInt32, place: Int)?
        var after: (tick: UInt32, place: Int)?
        for place in tables.indices where tables[place].tick != .zero {
            let number = tables[place].tick.rawValue
            if Double(number) <= tick {
                if number > before?.tick ?? 0 { before = (number, place) }
            } else if number < after?.tick ?? .max {
                after = (number, place)
            }
        }
        guard let before else {
            guard let after else { return nil }
            return Moment(lower: after.place, upper: nil, share: 0, ticksBeyond: 0)
        }
        let past = tick - Double(before.tick)
        guard let after else {
            return Moment(lower: before.place, upper: nil, share: 0, ticksBeyond: past)
        }
        return Moment(
            lower: before.place, upper: after.place,
            share: past / Double(after.tick - before.tick), ticksBeyond: past)
    }

    private static func copy(_ source: EntityTable, into target: inout EntityTable) {
        target.tick = source.tick
        for kind in target.kinds.indices where kind < source.kinds.count {
            target.kinds[kind].removeAll()
            target.kinds[kind].ids.append(contentsOf: source.kinds[kind].ids)
            target.kinds[kind].values.append(contentsOf: source.kinds[kind].values)
        }
    }
}

/// An instant between two tables of a ring.
struct Moment: Sendable {
    /// The place of the table before it.
    var lower: Int
    /// The place of the table after it; nil where there is none.
    var upper: Int?
    /// The share of the way from the one to the other, 0 ..< 1.
    var share: Double
    /// Ticks since the table before it.
    var ticksBeyond: Double
}
