import Hyoshi
import Replication

/// How one field is shown between ticks: in values, which are wire numbers times the field's step.
struct FieldMotion: Sendable {
    /// Whether it has values between those of two ticks: a coordinate or an angle.
    let moves: Bool
    /// Whether a change of it is told: it does not move, and is not how fast another one moves.
    let reports: Bool
    /// The distance of a leap, which is not a movement: a sixteenth of a coordinate's range.
    let leap: Double
    /// The position of the field with this one's change per tick, or −1.
    let change: Int
    /// What wire numbers are multiplied with.
    let step: Double

    private let wraps: Bool
    private let minimum: Double
    private let maximum: Double
    private let turn: Double

    init(_ field: FieldSchema, isChange: Bool) {
        moves = field.use == .coordinate || field.use == .angle
        reports = !moves && !isChange
        step = Double(field.step)
        minimum = Double(field.minimum) * step
        maximum = Double(field.maximum) * step
        turn = maximum - minimum + step
        wraps = field.wraps
        leap = field.use == .coordinate ? turn / 16 : .infinity
        change = field.changeField ?? -1
    }

    /// A value of any size as it is within the range.
    func folded(_ value: Double) -> Double {
        guard wraps else { return min(max(value, minimum), maximum) }
        if value >= minimum, value < minimum + turn { return value }
        let turns = ((value - minimum) / turn).rounded(.down)
        let folded = value - turns * turn
        // A rounding may end exactly at the far end, which is the near one.
        return folded >= minimum && folded < minimum + turn ? folded : minimum
    }

    /// How far it is from one value to another, the short way.
    func difference(from start: Double, to end: Double) -> Double {
        let difference = end - start
        guard wraps else { return difference }
        return difference - (difference / turn + 0.5).rounded(.down) * turn
    }

    /// The value at a share, 0 to 1, of the way from one wire number to another.
    func between(_ first: Int32, _ second: Int32, share: Double) -> Double {
        let start = Double(first) * step
        guard first != second else { return start }
        let end = Double(second) * step
        let way = difference(from: start, to: end)
        guard way.magnitude <= leap else { return share < 1 ? start : end }
        return folded(start + way * share)
    }
}

/// How the things of one kind are shown.
struct KindMotion: Sendable {
    /// How each field is shown, in the order of the row.
    let fields: [FieldMotion]
    /// The position of the field that says whose a thing is; nil for things of no player.
    let seatField: Int?

    init(_ kind: KindSchema) {
        fields = kind.fields.indices.map { position in
            FieldMotion(
                kind.fields[position],
                isChange: kind.fields.contains { $0.changeField == position })
        }
        seatField = kind.fields.firstIndex { $0.use == .seat }
    }

    /// Whether a row is of a seat.
    func isOwn(_ rows: EntityRows, row: Int, seat: SeatIndex?) -> Bool {
        guard let seatField, let seat else { return false }
        return rows.values[row * rows.fieldCount + seatField] == Int32(seat.rawValue)
    }

    /// How far apart the places of two rows are.
    func squaredDistance(
        _ first: EntityRows, _ firstRow: Int, _ second: EntityRows, _ secondRow: Int
    ) -> Double {
        var sum: Double = 0
        for field in fields.indices where fields[field].moves && fields[field].leap.isFinite {
            let difference = fields[field].difference(
                from: Double(first.values[firstRow * first.fieldCount + field])
                    * fields[field].step,
                to: Double(second.values[secondRow * second.fieldCount + field])
                    * fields[field].step)
            sum += difference * difference
        }
        return sum
    }
}
