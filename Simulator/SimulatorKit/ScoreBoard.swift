package import Hyoshi
package import Replication

/// Where a game's players have their points: the first kind with a seat and a field `score`.
package struct ScoreBoard: Sendable {
    private let kind: Int
    private let seatField: Int
    private let scoreField: Int
    private let step: Int32

    /// nil where the game keeps no score that could be found.
    package init?(_ schema: Schema) {
        for (position, kind) in schema.kinds.enumerated() {
            guard let score = kind.fields.firstIndex(where: { $0.name == "score" }),
                let seat = kind.fields.firstIndex(where: { $0.use == .seat })
            else { continue }
            self.kind = position
            seatField = seat
            scoreField = score
            step = kind.fields[score].step
            return
        }
        return nil
    }

    /// The points of each seat, by its number; nil for a seat without an entity.
    package func scores(_ table: EntityTable) -> [Int32?] {
        var scores = [Int32?](repeating: nil, count: SeatIndex.limit)
        let rows = table.kinds[kind]
        for row in rows.ids.indices {
            let first = row * rows.fieldCount
            guard let seat = SeatIndex(Int(rows.values[first + seatField])) else { continue }
            scores[seat.index] = rows.values[first + scoreField] &* step
        }
        return scores
    }

    /// The most points that anybody has; 0 where there is nobody.
    package func highest(_ table: EntityTable) -> Int32 {
        let rows = table.kinds[kind]
        var highest: Int32 = 0
        for row in rows.ids.indices {
            highest = max(highest, rows.values[row * rows.fieldCount + scoreField] &* step)
        }
        return highest
    }
}
