import Hyoshi

/// Snapshots that have not room for everything.
extension SeatReplicator {
    /// The most that an entity can gather: the bits that a key has for it.
    static let ageMax: UInt32 = 1 << 30 - 1
    /// What an entity of importance 1 in a centre's cell gathers at a tick.
    static let weightUnit: Int64 = 1024

    /// Makes the snapshot of what is chosen, and returns its bytes.
    mutating func composeChosen(
        _ world: EntityTable, baseline: Tick, allowance: Int, room: inout RoomReplication
    ) -> Int {
        let messageMax = RoomReplication.messageBytesMax - SnapshotCost.messageBytesMax
        var baseline = usable(baseline, at: world.tick)
        collect(world, room: &room)
        // A gap of ids is at most the id: only near the limit of a message it is counted as such.
        var gapsAreBounds = allowance > messageMax / 4 || baseline == .zero
        price(world, baseline: baseline, gapsAreBounds: gapsAreBounds, room: &room)
        if !gapsAreBounds, room.choices.neededBytes > messageMax / 4 {
            gapsAreBounds = true
            price(world, baseline: baseline, gapsAreBounds: true, room: &room)
        }
        if room.choices.fixedBytes > messageMax / 2 {
            // So many are gone that their removals would fill the message: it is in full instead.
            baseline = .zero
            price(world, baseline: baseline, gapsAreBounds: true, room: &room)
        }
        if baseline == .zero || room.choices.neededBytes > messageMax {
            isCrowded = room.choices.chooseAnew(
                allowance: allowance, messageBytesMax: messageMax)
        } else {
            isCrowded = room.choices.chooseWithin(
                allowance, others: budget?.availableToOthers ?? 0, messageBytesMax: messageMax)
        }
        apply(world, baseline: baseline, room: &room)
        if !isCrowded { completeTick = world.tick.rawValue }
        room.encoder.encode(table, baseline: baseline, history: history)
        return room.encoder.byteCount
    }

    /// The baseline, or zero where the snapshot has to be in full.
    private func usable(_ baseline: Tick, at tick: Tick) -> Tick {
        let distance = Int64(tick.rawValue) - Int64(baseline.rawValue)
        guard distance >= 1, distance <= Int64(SnapshotEncoder.baselineDistanceMax),
            history.contains(baseline)
        else { return .zero }
        return baseline
    }

    /// Lists the entities in view and lets each gather its weight.
    private func collect(_ world: EntityTable, room: inout RoomReplication) {
        room.choices.items.removeAll(keepingCapacity: true)
        room.choices.starts.removeAll(keepingCapacity: true)
        for kind in kinds.indices {
            room.choices.starts.append(room.choices.items.count)
            for entity in kinds[kind].entities {
                append(
                    Int(entity.row), of: kind, age: entity.age, isKnown: true, room: &room)
            }
            let start = room.filter.starts[kind]
            var waiting = 0
            for row in world.kinds[kind].ids.indices
            where room.filter.flags[start + row]
                & (InterestFilter.Flag.shown | InterestFilter.Flag.known)
                == InterestFilter.Flag.shown
            {
                let id = world.kinds[kind].ids[row]
                while waiting < kinds[kind].waitingIDs.count, kinds[kind].waitingIDs[waiting] < id {
                    waiting += 1
                }
                let waits =
                    waiting < kinds[kind].waitingIDs.count
                    && kinds[kind].waitingIDs[waiting] == id
                append(
                    row, of: kind, age: waits ? kinds[kind].waitingAges[waiting] : 0,
                    isKnown: false, room: &room)
            }
        }
        room.choices.starts.append(room.choices.items.count)
    }

    private func append(
        _ row: Int, of kind: Int, age: UInt32, isKnown: Bool, room: inout RoomReplication
    ) {
        let distance = room.filter.distance(kind: kind, row: row)
        let weight = max(Int64(room.importances[kind]) * Self.weightUnit / (1 + distance), 1)
        let flags = room.filter.flags[room.filter.starts[kind] + row]
        room.choices.items.append(
            SnapshotChoices.Item(
                row: Int32(truncatingIfNeeded: row),
                age: UInt32(truncatingIfNeeded: min(Int64(age) + weight, Int64(Self.ageMax))),
                isOwn: flags & InterestFilter.Flag.own != 0, isKnown: isKnown))
    }

    // MARK: Costs

    /// Finds for each item what it costs, against a baseline or in full.
    private func price(
        _ world: EntityTable, baseline: Tick, gapsAreBounds: Bool, room: inout RoomReplication
    ) {
        let schema = room.encoder.schema
        room.choices.fixedBytes =
            SnapshotCost.messageBytes + kinds.count * (gapsAreBounds ? 11 : 3)
        var base = HistoryRows(history, of: baseline, kindCount: kinds.count)
        var last = HistoryRows(
            history, of: baseline == .zero ? .zero : history.newest, kindCount: kinds.count)
        for kind in kinds.indices {
            let layout = schema.layouts[kind]
            base.begin(kind: kind, layout: layout)
            last.begin(kind: kind, layout: layout)
            var previous: UInt32 = 0
            let known = kinds[kind].entities
            let rows = world.kinds[kind]
            let values = rows.values.span
            for entity in known.indices {
                let position = room.choices.starts[kind] + entity
                let id = known[entity].localID
                base.advance(to: id)
                last.advance(to: id)
                let gap = gapsAreBounds ? id : id &- previous
                previous = id
                let refreshed = max(known[entity].refreshed, completeTick)
                room.choices.items[position].baseline = base.row(of: id)
                room.choices.items[position].last =
                    refreshed <= baseline.rawValue ? -1 : last.row(of: id)
                priceItem(
                    at: position, gap: SnapshotCost.bytes(of: Int32(bitPattern: gap)),
                    values: values, layout: layout, base: base, last: last,
                    room: &room)
            }
            base.advance(to: .max)
            room.choices.fixedBytes += base.missedBytes
            let end = room.choices.starts[kind + 1]
            let new = (room.choices.starts[kind] + known.count)..<end
            let gap = gapsAreBounds ? kinds[kind].gapBytesMax(admitting: new.count) : 1
            for position in new {
                priceItem(
                    at: position, gap: gap,
                    values: values, layout: layout, base: base, last: last,
                    room: &room)
            }
        }
    }

    private func priceItem(
        at position: Int, gap: Int, values: Span<Int32>, layout: KindLayout, base: HistoryRows,
        last: HistoryRows, room: inout RoomReplication
    ) {
        let item = room.choices.items[position]
        let ranges = room.encoder.schema.ranges
        let order = room.encoder.schema.order
        let words = history.words
        func cost(_ values: Span<Int32>, from now: Int) -> Int32 {
            guard item.baseline >= 0 else {
                return Int32(
                    gap + SnapshotCost.spawnBytes(values, from: now, count: layout.fieldCount))
            }
            let change = SnapshotCost.changeBytes(
                values, from: now, baseline: words.span, before: Int(item.baseline),
                layout: layout, ranges: ranges.span, distance: base.distance(to: table.tick))
            return Int32(change == 0 ? 0 : gap + change)
        }
        room.choices.items[position].freshBytes = cost(
            values, from: Int(item.row) * layout.fieldCount)
        room.choices.items[position].heldBytes = 0
        guard item.last >= 0 else { return }
        room.choices.expected.removeAll(keepingCapacity: true)
        SnapshotCost.appendExpected(
            words.span, before: Int(item.last), layout: layout, ranges: ranges.span,
            order: order.span, distance: last.distance(to: table.tick),
            to: &room.choices.expected)
        room.choices.items[position].heldBytes = cost(room.choices.expected.span, from: 0)
    }

    // MARK: The table

    /// Makes ``table`` of what was chosen, and notes what waits.
    private mutating func apply(
        _ world: EntityTable, baseline: Tick, room: inout RoomReplication
    ) {
        let schema = room.encoder.schema
        let words = history.words
        let tick = world.tick.rawValue
        let last = Int(tick &- history.newest.rawValue)
        let distance = Int(tick &- baseline.rawValue)
        for kind in kinds.indices {
            let layout = schema.layouts[kind]
            let width = layout.fieldCount
            let count = kinds[kind].entities.count
            table.kinds[kind].removeAll()
            var kept = 0
            for entity in 0..<count {
                let item = room.choices.items[room.choices.starts[kind] + entity]
                guard item.choice != .absent else { continue }
                var known = kinds[kind].entities[entity]
                table.kinds[kind].ids.append(known.localID)
                if item.choice == .fresh {
                    known.refreshed = tick
                    known.age = 0
                    appendRow(Int(item.row), of: kind, width: width, world: world)
                } else {
                    known.refreshed = max(known.refreshed, completeTick)
                    known.age = item.age
                    SnapshotCost.appendExpected(
                        words.span, before: Int(item.last >= 0 ? item.last : item.baseline),
                        layout: layout, ranges: schema.ranges.span, order: schema.order.span,
                        distance: item.last >= 0 ? last : distance,
                        to: &table.kinds[kind].values)
                }
                kinds[kind].entities[kept] = known
                kept += 1
            }
            kinds[kind].entities.removeLast(count - kept)
            kinds[kind].waitingIDs.removeAll(keepingCapacity: true)
            kinds[kind].waitingAges.removeAll(keepingCapacity: true)
            for position in (room.choices.starts[kind] + count)..<room.choices.starts[kind + 1] {
                let item = room.choices.items[position]
                let id = world.kinds[kind].ids[Int(item.row)]
                guard item.choice == .fresh, kinds[kind].admit(id, row: Int(item.row), at: tick)
                else {
                    kinds[kind].waitingIDs.append(id)
                    kinds[kind].waitingAges.append(item.age)
                    continue
                }
                table.kinds[kind].ids.append(
                    kinds[kind].entities[kinds[kind].entities.count - 1].localID)
                appendRow(Int(item.row), of: kind, width: width, world: world)
            }
        }
    }

    private mutating func appendRow(_ row: Int, of kind: Int, width: Int, world: EntityTable) {
        let rows = world.kinds[kind]
        let values = rows.values.span
        table.kinds[kind].values.append(addingCapacity: width) { output in
            for field in 0..<width { output.append(values[row * width + field]) }
        }
    }
}

/// A walk over a kind's rows in one table of a history, ascending by id.
private struct HistoryRows {
    private let words: [Int32]
    private let tick: UInt32
    /// Where the next kind's rows begin; −1 for no table.
    private var next: Int
    private let start: Int
    private var ids = 0
    private var count = 0
    private var values = 0
    private var width = 0
    private var row = 0
    private var missedBefore: UInt32 = 0
    /// Bytes of the removals of the rows that were passed over.
    private(set) var missedBytes = 0

    init(_ history: SnapshotHistory, of tick: Tick, kindCount: Int) {
        words = history.words
        self.tick = tick.rawValue
        start = history.start(of: tick) ?? -1
        next = start < 0 ? -1 : start + kindCount
    }

    /// Ticks from this table to a later one.
    func distance(to tick: Tick) -> Int { Int(tick.rawValue &- self.tick) }

    mutating func begin(kind: Int, layout: KindLayout) {
        row = 0
        count = 0
        missedBefore = 0
        missedBytes = 0
        guard next >= 0 else { return }
        count = Int(words[start + kind])
        ids = next
        values = next + count
        width = layout.fieldCount
        next += count * (1 + width)
    }

    /// Moves to the first row whose id is not below `id`.
    mutating func advance(to id: UInt32) {
        while row < count, UInt32(bitPattern: words[ids + row]) < id {
            let missed = UInt32(bitPattern: words[ids + row])
            if !wasTaken {
                missedBytes += SnapshotCost.bytes(of: Int32(bitPattern: missed &- missedBefore))
                missedBefore = missed
            }
            wasTaken = false
            row += 1
        }
    }

    /// Whether the present row was asked for.
    private var wasTaken = false

    /// Where the row of this id has its numbers, or −1.
    mutating func row(of id: UInt32) -> Int32 {
        guard row < count, UInt32(bitPattern: words[ids + row]) == id else { return -1 }
        wasTaken = true
        return Int32(truncatingIfNeeded: values + row * width)
    }
}
