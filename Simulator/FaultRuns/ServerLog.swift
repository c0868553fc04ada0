import Hyoshi
import ServerCore
import TransportInterface

/// What a server held and sent at each tick, kept to compare clients with.
final class ServerLog {
    /// The tables of the last ticks and the hashes of all, under one room or one seat.
    struct Tables {
        private var tables: [EntityTable?] = Array(repeating: nil, count: Tables.slots)
        private var hashes: [UInt32: UInt64] = [:]

        /// Tables that are kept to the byte; of older ticks a hash of 64 bits is.
        static let slots = 128

        mutating func record(_ table: EntityTable) {
            tables[Int(table.tick.rawValue) % Self.slots] = table
            hashes[table.tick.rawValue] = table.fullHash
        }

        /// The table of a tick; nil where it is not kept any more.
        func table(_ tick: UInt32) -> EntityTable? {
            guard let table = tables[Int(tick) % Self.slots], table.tick.rawValue == tick else {
                return nil
            }
            return table
        }

        /// How a table differs from the one that was recorded for its tick; nil where it does not.
        func difference(from table: EntityTable) -> String? {
            let tick = table.tick.rawValue
            guard let hash = hashes[tick] else { return "tick \(tick) was not recorded" }
            if let recorded = tables[Int(tick) % Self.slots], recorded.tick == table.tick {
                return recorded.difference(from: table)
            }
            return hash == table.fullHash ? nil : "tick \(tick): the hashes differ"
        }
    }

    /// One room, from its opening to its end.
    struct Room {
        var name: String
        var world = Tables()
        var newestTick: UInt32 = 0
        /// How many times a server has been started before.
        var server = 0
        var isOpen = true
        /// Who has seen what its ticks were made of.
        var witness: RoomWitness?
    }

    /// One connection of the server.
    final class Connection {
        let room: Int
        /// Its own tables, where it does not share the room's.
        var own: Tables?
        var sentTicks: Set<UInt32> = []
        var decodedTicks: Set<UInt32> = []
        /// Whether it is known to be a player's who keeps to the protocol.
        var isPlayers = false
        var newestSent: UInt32 = 0
        var newestAcknowledged: UInt32 = 0
        /// World ids by kind that were shown at the last tick.
        var shown: [[UInt32]] = []
        /// By kind and world id: the number of snapshots sent when it was as the world had it last, or
        /// came into view.
        var fresh: [UInt64: UInt32] = [:]

        init(room: Int) {
            self.room = room
        }
    }

    var rooms: [Room] = []
    var connections: [ConnectionID: Connection] = [:]
}

extension EntityTable {
    /// A hash of 64 bits over the whole table, its tick included.
    var fullHash: UInt64 {
        var hash = StateHash()
        hash.combine(tick.rawValue)
        for rows in kinds {
            hash.combine(UInt32(truncatingIfNeeded: rows.ids.count))
            for id in rows.ids { hash.combine(id) }
            for value in rows.values { hash.combine(UInt32(bitPattern: value)) }
        }
        return hash.value
    }

    /// The first difference of another table from this one, in words; nil where there is none.
    func difference(from other: EntityTable) -> String? {
        if tick != other.tick { return "tick \(tick.rawValue), not \(other.tick.rawValue)" }
        guard kinds.count == other.kinds.count else { return "another number of kinds" }
        for kind in kinds.indices {
            let (mine, theirs) = (kinds[kind], other.kinds[kind])
            if mine.ids != theirs.ids {
                return "tick \(tick.rawValue), kind \(kind): the server had ids "
                    + "\(mine.ids.prefix(24)), the client has \(theirs.ids.prefix(24))"
            }
            if mine.values == theirs.values { continue }
            for position in mine.values.indices
            where position < theirs.values.count
                && mine.values[position] != theirs.values[position]
            {
                let row = position / max(mine.fieldCount, 1)
                return "tick \(tick.rawValue), kind \(kind), id \(mine.ids[row]), field "
                    + "\(position % mine.fieldCount): the server had "
                    + "\(mine.values[position]), the client has \(theirs.values[position])"
            }
            return "tick \(tick.rawValue), kind \(kind): another number of values"
        }
        return nil
    }
}
