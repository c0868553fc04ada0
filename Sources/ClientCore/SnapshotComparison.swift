import Hyoshi
import Replication

/// Compares what was predicted for a tick with its snapshot, and finds the predicted things in it.
///
/// Only things of the own seat count: what others do is not known before.
struct SnapshotComparison: Sendable {
    /// New things of a kind of which the predicted ones are looked for, in one snapshot: each is
    /// compared with each, whatever a server sends.
    static let newRowsMax = 64

    private var predictedRows: [Int] = []
    private var newRows: [Int] = []

    init() {}

    /// Compares, and tells the presentation under which ids predicted things have come.
    ///
    /// - Parameters:
    ///   - predicted: What was predicted for the snapshot's tick; nil where nothing was.
    ///   - previous: The snapshot before; nil where there is none.
    /// - Returns: Whether all things of the seat are as predicted; nil where nothing was.
    mutating func compare(
        _ snapshot: EntityTable, predicted: EntityTable?, previous: EntityTable?, seat: SeatIndex,
        presentation: inout Presentation
    ) -> Bool? {
        var isAsPredicted = true
        for kind in snapshot.kinds.indices {
            guard let motion = presentation.motion(ofKind: kind), motion.seatField != nil else {
                continue
            }
            findNew(snapshot, previous, kind: kind, motion, seat: seat)
            guard let predicted else {
                confirmRest(snapshot, kind: kind, &presentation)
                continue
            }
            let rows = predicted.kinds[kind]
            findPredicted(rows, motion, seat: seat)
            if !isSame(snapshot.kinds[kind], rows, motion, seat: seat) { isAsPredicted = false }
            // Both are in the order of spawning, but what came first may have been cancelled.
            while let (new, old) = nearestPair(snapshot.kinds[kind], rows, motion) {
                if !Self.isSame(snapshot.kinds[kind], newRows[new], rows, predictedRows[old]) {
                    isAsPredicted = false
                }
                presentation.confirm(
                    rows.ids[predictedRows[old]], as: snapshot.kinds[kind].ids[newRows[new]],
                    kind: kind)
                newRows.remove(at: new)
                predictedRows.remove(at: old)
            }
            if !newRows.isEmpty || !predictedRows.isEmpty { isAsPredicted = false }
            confirmRest(snapshot, kind: kind, &presentation)
        }
        return predicted == nil ? nil : isAsPredicted
    }

    /// The own rows of the snapshot that the one before did not have.
    private mutating func findNew(
        _ snapshot: EntityTable, _ previous: EntityTable?, kind: Int, _ motion: KindMotion,
        seat: SeatIndex
    ) {
        newRows.removeAll(keepingCapacity: true)
        guard let previous else { return }
        let rows = snapshot.kinds[kind]
        for row in rows.ids.indices where motion.isOwn(rows, row: row, seat: seat) {
            guard newRows.count < Self.newRowsMax else { return }
            if previous.kinds[kind].row(of: rows.ids[row]) == nil { newRows.append(row) }
        }
    }

    /// The own rows of a predicted table that the server has not named.
    private mutating func findPredicted(
        _ rows: EntityRows, _ motion: KindMotion, seat: SeatIndex
    ) {
        predictedRows.removeAll(keepingCapacity: true)
        for row in rows.ids.indices
        where rows.ids[row] >= Predictor.provisionalIDMin
            && motion.isOwn(rows, row: row, seat: seat)
        {
            guard predictedRows.count < Self.newRowsMax else { return }
            predictedRows.append(row)
        }
    }

    /// Whether the own things that the server has named are the same on both sides.
    private func isSame(
        _ rows: EntityRows, _ predicted: EntityRows, _ motion: KindMotion, seat: SeatIndex
    ) -> Bool {
        var known = 0
        for row in rows.ids.indices where motion.isOwn(rows, row: row, seat: seat) {
            guard let other = predicted.row(of: rows.ids[row]) else { continue }
            known += 1
            guard Self.isSame(rows, row, predicted, other) else { return false }
        }
        var predictedKnown = 0
        for row in predicted.ids.indices
        where predicted.ids[row] < Predictor.provisionalIDMin
            && motion.isOwn(predicted, row: row, seat: seat)
        {
            predictedKnown += 1
        }
        // An own row that was predicted to be gone is missed by neither loop: it is not known.
        return known == predictedKnown && known + newRows.count == ownCount(rows, motion, seat)
    }

    private func ownCount(_ rows: EntityRows, _ motion: KindMotion, _ seat: SeatIndex) -> Int {
        var count = 0
        for row in rows.ids.indices where motion.isOwn(rows, row: row, seat: seat) { count += 1 }
        return count
    }

    private static func isSame(
        _ first: EntityRows, _ firstRow: Int, _ second: EntityRows, _ secondRow: Int
    ) -> Bool {
        for field in 0..<first.fieldCount
        where first.values[firstRow * first.fieldCount + field]
            != second.values[secondRow * second.fieldCount + field]
        {
            return false
        }
        return true
    }

    /// The new and the predicted row that are nearest to each other; of equals the elder ones.
    private func nearestPair(
        _ rows: EntityRows, _ predicted: EntityRows, _ motion: KindMotion
    ) -> (new: Int, old: Int)? {
        var best: (new: Int, old: Int)?
        var least = Double.infinity
        for new in newRows.indices {
            for old in predictedRows.indices {
                let distance = motion.squaredDistance(
                    rows, newRows[new], predicted, predictedRows[old])
                if distance < least {
                    least = distance
                    best = (new, old)
                }
            }
        }
        return best
    }

    /// The rest of the new rows may be things predicted for another tick.
    private func confirmRest(
        _ snapshot: EntityTable, kind: Int, _ presentation: inout Presentation
    ) {
        for row in newRows {
            presentation.confirmNearest(
                as: snapshot.kinds[kind].ids[row], kind: kind, tick: snapshot.tick)
        }
    }
}
