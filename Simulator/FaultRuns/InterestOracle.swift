import Hyoshi
import Replication

/// What a seat may be shown, worked out anew and slowly from the declarations alone.
struct InterestOracle {
    private struct Axis {
        var field: Int
        var step: Int64
        var turn: Int64

        init(_ field: FieldSchema, position: Int) {
            self.field = position
            step = Int64(field.step)
            turn = field.wraps ? (Int64(field.maximum) - Int64(field.minimum) + 1) * step : 0
        }

        /// Cells between two wire numbers, the shorter way around where there are two.
        func cells(_ one: Int32, _ other: Int32, cellSize: Int64) -> Int64 {
            func cell(_ number: Int32) -> Int64 {
                let value = Int64(number) * step
                return value >= 0 ? value / cellSize : -((-value + cellSize - 1) / cellSize)
            }
            let direct = abs(cell(one) - cell(other))
            guard turn > 0 else { return direct }
            let around = (turn + cellSize - 1) / cellSize
            return min(direct, abs(around - direct))
        }
    }

    private struct Kind {
        var axes: [Axis] = []
        var seatFields: [Int] = []
    }

    private let grid: InterestGrid
    private let kinds: [Kind]

    /// nil where the game shows everybody everything.
    init?(_ game: Game, schema: Schema) {
        guard case .grid(let grid) = game.interest else { return nil }
        self.grid = grid
        kinds = schema.kinds.map { kind in
            var found = Kind()
            for (position, field) in kind.fields.enumerated() {
                if field.use == .coordinate, found.axes.count < 2 {
                    found.axes.append(Axis(field, position: position))
                }
                if field.use == .seat { found.seatFields.append(position) }
            }
            return found
        }
    }

    /// The world's ids of a kind that a seat is to be shown, ascending.
    ///
    /// - Parameter shown: Those that it was shown before, by kind.
    func view(of world: EntityTable, seat: SeatIndex, shown: [[UInt32]]) -> [[UInt32]] {
        let centres = centres(of: world, seat: seat)
        return kinds.indices.map { kind in
            let rows = world.kinds[kind]
            let before = kind < shown.count ? Set(shown[kind]) : []
            return rows.ids.indices.filter { row in
                guard kinds[kind].axes.count == 2 else { return true }
                if isOwn(kind, row, rows, seat) { return true }
                let reach =
                    before.contains(rows.ids[row])
                    ? grid.reachCells + grid.hysteresisCells : grid.reachCells
                return centres.contains { centre in
                    isNear(kind, row, rows, centre, within: Int64(reach))
                }
            }.map { rows.ids[$0] }
        }
    }

    private struct Centre {
        var x: Int32
        var y: Int32
    }

    private func centres(of world: EntityTable, seat: SeatIndex) -> [Centre] {
        var centres: [Centre] = []
        for kind in kinds.indices where kinds[kind].axes.count == 2 {
            let rows = world.kinds[kind]
            for row in rows.ids.indices where isOwn(kind, row, rows, seat) {
                let start = row * rows.fieldCount
                centres.append(
                    Centre(
                        x: rows.values[start + kinds[kind].axes[0].field],
                        y: rows.values[start + kinds[kind].axes[1].field]))
            }
        }
        return centres
    }

    private func isOwn(_ kind: Int, _ row: Int, _ rows: EntityRows, _ seat: SeatIndex) -> Bool {
        kinds[kind].seatFields.contains {
            rows.values[row * rows.fieldCount + $0] == Int32(seat.rawValue)
        }
    }

    private func isNear(
        _ kind: Int, _ row: Int, _ rows: EntityRows, _ centre: Centre, within reach: Int64
    ) -> Bool {
        let (x, y) = (kinds[kind].axes[0], kinds[kind].axes[1])
        let start = row * rows.fieldCount
        let cellSize = Int64(grid.cellSize)
        return x.cells(rows.values[start + x.field], centre.x, cellSize: cellSize) <= reach
            && y.cells(rows.values[start + y.field], centre.y, cellSize: cellSize) <= reach
    }
}
