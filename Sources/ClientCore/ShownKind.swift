import Hyoshi

/// A thing that is in the view, or may come back to it.
struct ShownThing: Sendable {
    /// Its id in the tables: the server's, or a provisional one until it is confirmed.
    var tableID: UInt32
    /// Its id in the view, for its whole life.
    let shownID: UInt32
    /// Where its numbers stand in its kind's arrays.
    let slot: Int
    /// The view that it was in last.
    var view: UInt32 = 0
    /// Whether it was shown as predicted then.
    var isPredicted = false
    /// Whether it was of the own seat then.
    var isOwn = false
    /// Whether its fields are known as the server has them.
    var isReported = false

    /// Whether the server has not confirmed it.
    var isProvisional: Bool { tableID >= Predictor.provisionalIDMin }
}

/// The things of one kind that are in the view, and their numbers.
struct ShownKind: Sendable {
    /// How the fields are shown.
    let motion: KindMotion
    /// The things, ascending by their ids in the tables.
    private(set) var things: [ShownThing] = []
    /// The values as shown last, by slot.
    var values: [Double] = []
    /// How far they are from where they should be, by slot; 0 for fields that do not move.
    var offsets: [Double] = []
    /// The wire numbers that were told last, by slot.
    var reported: [Int32] = []

    private var freeSlots: [Int] = []
    private var slotCount = 0

    init(motion: KindMotion) {
        self.motion = motion
    }

    /// Numbers of a thing.
    var fieldCount: Int { motion.fields.count }

    /// The first position whose thing has this id in the tables or one above.
    func position(of tableID: UInt32) -> Int {
        var low = 0
        var high = things.count
        while low < high {
            let middle = (low + high) / 2
            if things[middle].tableID < tableID { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether the thing at a position has this id in the tables.
    func isThing(_ tableID: UInt32, at position: Int) -> Bool {
        position < things.count && things[position].tableID == tableID
    }

    /// Adds a thing at its position, with offsets of zero.
    mutating func insert(_ tableID: UInt32, shownID: UInt32, at position: Int) {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            for field in 0..<fieldCount { offsets[slot * fieldCount + field] = 0 }
        } else {
            slot = slotCount
            slotCount += 1
            for _ in 0..<fieldCount {
                values.append(0)
                offsets.append(0)
                reported.append(0)
            }
        }
        things.insert(ShownThing(tableID: tableID, shownID: shownID, slot: slot), at: position)
    }

    /// Changes a thing in place; never its id in the tables.
    mutating func change(_ position: Int, _ change: (inout ShownThing) -> Void) {
        change(&things[position])
    }

    /// Gives the thing at a position another id in the tables, and its place among the others;
    /// nothing happens where a thing has that id.
    mutating func rename(_ position: Int, to tableID: UInt32) {
        guard !isThing(tableID, at: self.position(of: tableID)) else { return }
        var thing = things.remove(at: position)
        thing.tableID = tableID
        thing.isReported = false
        things.insert(thing, at: self.position(of: tableID))
    }

    /// Lets another thing have the numbers of the one at a position, which is then to be removed.
    mutating func free(_ position: Int) {
        freeSlots.append(things[position].slot)
    }

    /// Moves the thing at a position up to an earlier one, whose thing is freed or moved.
    mutating func keep(_ position: Int, at kept: Int) {
        if kept != position { things[kept] = things[position] }
    }

    /// Removes the things from a position on, which are freed or moved.
    mutating func removeAll(from position: Int) {
        things.removeLast(things.count - position)
    }

    /// Sets a thing's offsets such that it stays where it is shown while it should be at `raw`.
    ///
    /// What is beyond a leap is not glided over.
    ///
    /// - Returns: Whether that is elsewhere than before, and the square of the distance between.
    mutating func keepInPlace(
        _ position: Int, raw: [Double]
    ) -> (isMoved: Bool, squaredDistance: Double) {
        let start = things[position].slot * fieldCount
        var result = (isMoved: false, squaredDistance: 0.0)
        var isLeap = false
        for field in 0..<fieldCount where motion.fields[field].moves {
            let motion = motion.fields[field]
            var offset = motion.difference(from: raw[field], to: values[start + field])
            // What rounding alone has left is none.
            if offset.magnitude < 1e-6 * motion.step { offset = 0 }
            let change = offset - offsets[start + field]
            if change.magnitude > 1e-3 * motion.step { result.isMoved = true }
            if motion.leap.isFinite { result.squaredDistance += change * change }
            if offset.magnitude > motion.leap { isLeap = true }
            offsets[start + field] = offset
        }
        if isLeap { removeOffsets(position) }
        return result
    }

    /// Lets a thing be where it should be.
    mutating func removeOffsets(_ position: Int) {
        let start = things[position].slot * fieldCount
        for field in 0..<fieldCount { offsets[start + field] = 0 }
    }

    /// Sets a thing's values from where it should be, and its offsets.
    mutating func place(_ position: Int, raw: [Double], decay: Double) {
        let start = things[position].slot * fieldCount
        for field in 0..<fieldCount {
            guard motion.fields[field].moves else {
                values[start + field] = raw[field]
                continue
            }
            let offset = offsets[start + field] * decay
            offsets[start + field] =
                offset.magnitude < 1e-3 * motion.fields[field].step ? 0 : offset
            values[start + field] = motion.fields[field].folded(
                raw[field] + offsets[start + field])
        }
    }

    /// The square of a thing's distance from where it should be.
    func squaredOffset(_ position: Int) -> Double {
        let start = things[position].slot * fieldCount
        var squared: Double = 0
        for field in 0..<fieldCount where motion.fields[field].leap.isFinite {
            squared += offsets[start + field] * offsets[start + field]
        }
        return squared
    }
}
