package import Hyoshi

/// The whole state of a room after a tick: all that the ticks after it depend on.
package struct RecordedState: Sendable {
    /// The tick.
    package var tick = Tick.zero
    /// The seats that were taken.
    package var seats = SeatSet()
    /// The state of the random generator.
    package var random: UInt64 = 0
    /// The inputs that held, one row for each seat of the game.
    package var inputs: [Int32] = []
    /// The view delays that held, by seat.
    package var viewDelays: [UInt8] = []
    /// The fields' own values, not quantised, and the next ids.
    package var values: EntityTable
    /// The tables that the rules may look back at.
    package var past: PastTables

    /// Takes the state of a world.
    package init(
        tick: Tick, seats: SeatSet, inputs: [Int32], viewDelays: [UInt8], kinds: [KindDescription],
        instance: GameInstance
    ) {
        self.tick = tick
        self.seats = seats
        self.inputs = inputs
        self.viewDelays = viewDelays
        random = instance.randomState
        values = EntityTable(kinds: kinds)
        values.tick = tick
        instance.extractValues(into: &values)
        past = instance.past
    }

    /// Brings a new world of the same game to this state.
    package func restore(_ instance: GameInstance) {
        instance.restoreValues(from: values)
        instance.randomState = random
        instance.past = past
    }
}

/// A state in octets: each table is told against the one before it, a column at a time.
extension RecordedState {
    /// Appends the plain payload of a state's block; false, and nothing to be used, where the world
    /// shows other fields than its game declares.
    func append(to bytes: inout [UInt8], game: Game) -> Bool {
        bytes.appendNumber(UInt64(tick.rawValue))
        bytes.appendWord(seats.bits)
        bytes.appendWord(random)
        for input in inputs { bytes.appendDifference(input) }
        for seat in 0..<game.seatsMax {
            bytes.appendNumber(UInt64(seat < viewDelays.count ? viewDelays[seat] : 0))
        }
        var tables: [EntityTable] = []
        var back = 0
        while back <= past.ticksMax, let table = past.table(at: tick.advanced(by: -back)) {
            tables.append(table)
            back += 1
        }
        tables.reverse()
        bytes.appendNumber(tables.count)
        for position in tables.indices {
            for kind in game.kinds.indices {
                guard
                    RowsCoding.append(
                        tables[position].kinds[kind],
                        previous: position > 0 ? tables[position - 1].kinds[kind] : nil,
                        before: position > 1 ? tables[position - 2].kinds[kind] : nil,
                        to: &bytes)
                else { return false }
            }
        }
        for kind in game.kinds.indices {
            let expected = tables.last.map {
                RowsCoding.scaled($0.kinds[kind], by: game.kinds[kind].fields)
            }
            guard
                RowsCoding.append(values.kinds[kind], previous: expected, before: nil, to: &bytes)
            else { return false }
            bytes.appendNumber(UInt64(values.kinds[kind].nextID))
        }
        return true
    }

    /// Reads the plain payload of a state's block.
    init(
        _ bytes: [UInt8], game: Game, header: RecordingHeader
    ) throws(RecordingError) {
        var reader = ByteReader(bytes)
        tick = Tick(UInt32(truncatingIfNeeded: try reader.number(max: UInt64(UInt32.max - 1))))
        seats = SeatSet(bits: try reader.word())
        guard header.seatsMax == 64 || seats.bits &>> UInt64(header.seatsMax) == 0 else {
            throw .malformed
        }
        random = try reader.word()
        for _ in 0..<(game.seatsMax * game.inputFields.count) {
            inputs.append(try reader.difference())
        }
        for _ in 0..<game.seatsMax {
            viewDelays.append(UInt8(truncatingIfNeeded: try reader.number(max: 255)))
        }
        values = EntityTable(kinds: game.kinds)
        values.tick = tick
        past = PastTables(ticksMax: header.rewindTicksMax, kinds: game.kinds)
        let count = try reader.count(
            max: min(header.rewindTicksMax + 1, Int(tick.rawValue)))
        var previous: EntityTable?
        var before: EntityTable?
        for position in 0..<count {
            var table = EntityTable(kinds: game.kinds)
            table.tick = tick.advanced(by: position + 1 - count)
            for kind in game.kinds.indices {
                try RowsCoding.read(
                    &table.kinds[kind], previous: previous?.kinds[kind],
                    before: before?.kinds[kind], capacity: game.kinds[kind].capacity, from: &reader)
            }
            past.record(table)
            before = previous
            previous = table
        }
        for kind in game.kinds.indices {
            let expected = previous.map {
                RowsCoding.scaled($0.kinds[kind], by: game.kinds[kind].fields)
            }
            try RowsCoding.read(
                &values.kinds[kind], previous: expected, before: nil,
                capacity: game.kinds[kind].capacity, from: &reader)
            values.kinds[kind].nextID = UInt32(
                truncatingIfNeeded: try reader.number(max: UInt64(UInt32.max)))
        }
        guard reader.isAtEnd else { throw .malformed }
    }

    /// Reads no more of a state's block than its tick and its seats.
    static func head(of bytes: [UInt8]) throws(RecordingError) -> (tick: UInt32, seats: UInt64) {
        var reader = ByteReader(bytes)
        let tick = try reader.number(max: UInt64(UInt32.max - 1))
        return (UInt32(truncatingIfNeeded: tick), try reader.word())
    }
}

/// The rows of one kind in octets.
///
/// First the ids: 0 where they are those of the table before, or else their number and one, and the
/// gaps between them. Then field by field the differences to what was expected: the number that
/// goes on as it went from the table before the last one to the last one, where the entity was in
/// both; the last number, where it was in the last one only; 0 otherwise.
enum RowsCoding {
    /// Appends rows; false where they are not as wide as declared.
    static func append(
        _ rows: EntityRows, previous: EntityRows?, before: EntityRows?, to bytes: inout [UInt8]
    ) -> Bool {
        guard rows.values.count == rows.ids.count * rows.fieldCount else { return false }
        if let previous, previous.ids == rows.ids {
            bytes.append(0)
        } else {
            bytes.appendNumber(rows.ids.count + 1)
            var last: UInt32 = 0
            for id in rows.ids {
                bytes.appendNumber(UInt64(id &- last))
                last = id
            }
        }
        let expectation = Expectation(ids: rows.ids, previous: previous, before: before)
        for field in 0..<rows.fieldCount {
            for row in rows.ids.indices {
                let number = rows.values[row * rows.fieldCount + field]
                bytes.appendDifference(number &- expectation.number(row: row, field: field))
            }
        }
        return true
    }

    /// Reads rows of an empty table.
    static func read(
        _ rows: inout EntityRows, previous: EntityRows?, before: EntityRows?, capacity: Int,
        from reader: inout ByteReader
    ) throws(RecordingError) {
        let count = try reader.count(max: capacity + 1)
        if count == 0 {
            guard let previous else { throw .malformed }
            rows.ids = previous.ids
        } else {
            var last: UInt32 = 0
            for _ in 1..<count {
                let gap = UInt32(truncatingIfNeeded: try reader.number(max: UInt64(UInt32.max)))
                let (id, overflow) = last.addingReportingOverflow(gap)
                guard gap > 0, !overflow, id < .max else { throw .malformed }
                rows.ids.append(id)
                last = id
            }
        }
        let width = rows.fieldCount
        // Each number takes an octet at least: memory is in proportion to what is there.
        guard reader.end - reader.position >= rows.ids.count * width else { throw .malformed }
        rows.values = Array(repeating: 0, count: rows.ids.count * width)
        let expectation = Expectation(ids: rows.ids, previous: previous, before: before)
        for field in 0..<width {
            for row in rows.ids.indices {
                rows.values[row * width + field] =
                    expectation.number(row: row, field: field) &+ (try reader.difference())
            }
        }
    }

    /// Rows whose wire numbers are replaced by the values that they stand for.
    static func scaled(_ rows: EntityRows, by fields: [FieldDescription]) -> EntityRows {
        guard fields.contains(where: { $0.specification.step != 1 }) else { return rows }
        var rows = rows
        let width = fields.count
        for position in rows.values.indices {
            rows.values[position] &*= fields[position % width].specification.step
        }
        return rows
    }

    /// What the numbers of rows are expected to be.
    private struct Expectation {
        private let previous: EntityRows?
        private let before: EntityRows?
        /// For each row where it is in the two tables; −1 for nowhere.
        private var previousRows: [Int] = []
        private var beforeRows: [Int] = []

        init(ids: [UInt32], previous: EntityRows?, before: EntityRows?) {
            self.previous = previous
            self.before = before
            if let previous { previousRows = Expectation.positions(of: ids, in: previous.ids) }
            if let before { beforeRows = Expectation.positions(of: ids, in: before.ids) }
        }

        func number(row: Int, field: Int) -> Int32 {
            guard let previous, previousRows[row] >= 0 else { return 0 }
            let last = previous.values[previousRows[row] * previous.fieldCount + field]
            guard let before, beforeRows[row] >= 0 else { return last }
            let older = before.values[beforeRows[row] * before.fieldCount + field]
            return last &+ (last &- older)
        }

        /// Both ascend.
        private static func positions(of ids: [UInt32], in others: [UInt32]) -> [Int] {
            var next = 0
            return ids.map { id in
                while next < others.count, others[next] < id { next += 1 }
                return next < others.count && others[next] == id ? next : -1
            }
        }
    }
}
