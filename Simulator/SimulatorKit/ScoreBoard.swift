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

    /// The most points that anybody has; nil where there is nobody.
    package func highest(_ table: EntityTable) -> Int32? {
        let rows = table.kinds[kind]
        var highest: Int32?
        for row in rows.ids.indices {
            let score = rows.values[row * rows.fieldCount + scoreField] &* step
            highest = max(highest ?? score, score)
        }
        return highest
    }
}

/// How a match stands: what its rules say, or else its score board.
struct MatchJudge: Sendable {
    private let board: ScoreBoard?
    private let scoreLimit: Int32?
    private let seatsMax: Int

    init(_ game: Game, schema: Schema, scoreLimit: Int32?) {
        board = ScoreBoard(schema)
        seatsMax = game.seatsMax
        self.scoreLimit = scoreLimit
    }

    /// The points of each seat, by its number; nil where it has none.
    func scores(_ table: EntityTable, told: (SeatIndex) -> Int32?) -> [Int32?] {
        var scores = [Int32?](repeating: nil, count: SeatIndex.limit)
        var areTold = false
        for seat in SeatSet(bits: .max) where seat.index < seatsMax {
            scores[seat.index] = told(seat)
            if scores[seat.index] != nil { areTold = true }
        }
        return areTold ? scores : board?.scores(table) ?? scores
    }

    /// Whether somebody has as many points as end a match.
    func isWon(_ table: EntityTable, told: (SeatIndex) -> Int32?) -> Bool {
        guard let scoreLimit else { return false }
        var highest: Int32?
        for seat in SeatSet(bits: .max) where seat.index < seatsMax {
            guard let score = told(seat) else { continue }
            highest = max(highest ?? score, score)
        }
        guard let best = highest ?? board?.highest(table) else { return false }
        return best >= scoreLimit
    }
}
