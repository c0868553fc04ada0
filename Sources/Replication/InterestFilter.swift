package import Hyoshi

/// Finds what each seat is shown of a room's world: one for a room, asked for one seat at a time.
///
/// ``begin(_:)`` looks at the world once a tick: in which cell of the plane each entity is, and whose
/// it is. Then, for one seat after another, ``beginSeat(_:)`` finds the seat's centres, the caller
/// marks what the seat has in view already, and ``show(kind:)`` decides about every row. What is
/// shown depends on the shown entity, on the seat's own entities and on whether it is in view, never
/// on anything that is not shown.
///
/// Cost: two divisions for each entity with a place in `begin`, about 25 instructions for each entity
/// and centre in `show`. Memory: 17 bytes for each entity; nothing is allocated once it has grown.
package struct InterestFilter: Sendable {
    /// What a seat is shown, as the game has declared.
    package let interest: Interest
    /// What the game selects for the present seat, where its interest is `custom`.
    package var selection: InterestSelection

    /// One bit of ``flags`` each.
    enum Flag {
        /// The seat has it in view since an earlier tick.
        static let known: UInt8 = 1
        /// It is to be shown.
        static let shown: UInt8 = 2
        /// It is the seat's own.
        static let own: UInt8 = 4
    }

    /// A cell of the plane, counted from its lowest coordinates.
    struct Cell: Equatable, Sendable {
        var x: Int32
        var y: Int32
    }

    /// The first row of each kind in the flat arrays, and the number of all rows behind the last.
    private(set) var starts: [Int]
    /// For the present seat, the flags of each row.
    var flags: [UInt8] = []
    private let kinds: [KindPlace]
    private let reach: Int32
    private let hysteresis: Int32
    private var cells: [Cell] = []
    /// The seats whose own a row is, one bit each.
    private var owners: [UInt64] = []
    private var centres: [Cell] = []
    private var showsEverything = false

    /// Makes a filter for a game's declarations.
    package init(schema: Schema, interest: Interest, selection: InterestSelection) {
        self.interest = interest
        self.selection = selection
        if case .grid(let grid) = interest {
            reach = grid.reachCells
            hysteresis = grid.hysteresisCells
            kinds = schema.kinds.map { KindPlace($0, cellSize: Int64(grid.cellSize)) }
        } else {
            reach = 0
            hysteresis = 0
            // For distances only: what is near goes first where bytes are limited.
            let cellSize = KindPlace.sixteenthOfThePlane(schema)
            kinds = schema.kinds.map { KindPlace($0, cellSize: cellSize) }
        }
        starts = Array(repeating: 0, count: schema.kinds.count + 1)
    }

    // MARK: Once a tick

    /// Looks at the world of a tick.
    package mutating func begin(_ world: EntityTable) {
        var count = 0
        for kind in kinds.indices {
            starts[kind] = count
            count += world.kinds[kind].ids.count
        }
        starts[kinds.count] = count
        if flags.count < count { grow(to: count + count / 4 + 64) }
        for kind in kinds.indices { locate(world.kinds[kind], kind: kind) }
    }

    private mutating func grow(to count: Int) {
        flags = Array(repeating: 0, count: count)
        cells = Array(repeating: Cell(x: 0, y: 0), count: count)
        owners = Array(repeating: 0, count: count)
    }

    private mutating func locate(_ rows: EntityRows, kind: Int) {
        let place = kinds[kind]
        let start = starts[kind]
        let values = rows.values.span
        let width = rows.fieldCount
        if place.isPlaced {
            for row in 0..<rows.ids.count {
                cells[start + row] = Cell(
                    x: place.x.cell(of: values[row * width + place.x.field]),
                    y: place.y.cell(of: values[row * width + place.y.field]))
            }
        }
        for row in 0..<rows.ids.count {
            var seats: UInt64 = 0
            var fields = place.seatFields
            while fields != 0 {
                let number = values[row * width + fields.trailingZeroBitCount]
                if number >= 0, number < Int32(SeatIndex.limit) {
                    seats |= 1 &<< UInt64(truncatingIfNeeded: number)
                }
                fields &= fields &- 1
            }
            owners[start + row] = seats
        }
    }

    // MARK: For each seat

    /// Begins with a seat, or with somebody who is shown everything.
    mutating func beginSeat(_ seat: SeatIndex?) {
        centres.removeAll(keepingCapacity: true)
        showsEverything = seat == nil || interest == .everything
        let bit: UInt64 = seat.map { 1 &<< UInt64($0.rawValue) } ?? 0
        for kind in kinds.indices {
            let ownsNone = kinds[kind].seatFields == 0
            for row in starts[kind]..<starts[kind + 1] {
                flags[row] = 0
                guard !ownsNone, owners[row] & bit != 0 else { continue }
                flags[row] = Flag.own
                if kinds[kind].isPlaced, !centres.contains(cells[row]) {
                    centres.append(cells[row])
                }
            }
        }
    }

    /// Decides about all rows of a kind; those in view must have been marked as known.
    mutating func show(kind: Int) {
        let start = starts[kind]
        let end = starts[kind + 1]
        var isSelected = showsEverything
        switch interest {
        case .everything: isSelected = true
        case .grid: if !kinds[kind].isPlaced { isSelected = true }
        case .custom:
            guard !isSelected else { break }
            for row in start..<end where selection.isShown(kind: kind, position: row - start) {
                flags[row] |= Flag.shown
            }
            return
        }
        if isSelected {
            for row in start..<end { flags[row] |= Flag.shown }
            return
        }
        let centres = centres
        let cells = cells
        Self.showNear(
            centres.span, place: kinds[kind], reach: reach, hysteresis: hysteresis,
            cells: cells.span.extracting(start..<end), flags: &flags, start: start)
    }

    private static func showNear(
        _ centres: Span<Cell>, place: KindPlace, reach: Int32, hysteresis: Int32,
        cells: Span<Cell>, flags array: inout [UInt8], start: Int
    ) {
        var flags = array.mutableSpan
        for row in cells.indices {
            let flag = flags[start + row]
            let limit = flag & Flag.known != 0 ? reach &+ hysteresis : reach
            var isShown = flag & Flag.own != 0
            var centre = 0
            while !isShown, centre < centres.count {
                isShown =
                    place.x.distance(cells[row].x, centres[centre].x) <= limit
                    && place.y.distance(cells[row].y, centres[centre].y) <= limit
                centre &+= 1
            }
            if isShown { flags[start + row] = flag | Flag.shown }
        }
    }

    /// How far a row of a kind is from the nearest centre, in cells; 0 without a place or centre.
    func distance(kind: Int, row: Int) -> Int64 {
        let place = kinds[kind]
        guard place.isPlaced, !centres.isEmpty else { return 0 }
        let cell = cells[starts[kind] + row]
        var least = Int32.max
        for centre in centres {
            least = min(
                least,
                max(place.x.distance(cell.x, centre.x), place.y.distance(cell.y, centre.y)))
        }
        return Int64(least)
    }
}

/// Where the entities of a kind say what their place is and whose they are.
private struct KindPlace: Sendable {
    /// One coordinate of the plane.
    struct Axis: Sendable {
        /// The field's position in a row.
        var field = 0
        var step: Int64 = 1
        var cellSize: Int64 = 1
        /// The number of cells around the world, or 0 where it has edges.
        var turnCells: Int32 = 0

        init() {}

        init(_ field: FieldSchema, position: Int, cellSize: Int64) {
            self.field = position
            step = Int64(field.step)
            self.cellSize = cellSize
            guard field.wraps else { return }
            let turn = (Int64(field.maximum) - Int64(field.minimum) + 1) * step
            turnCells = Int32(clamping: (turn + cellSize - 1) / cellSize)
        }

        /// The cell of a wire number.
        func cell(of number: Int32) -> Int32 {
            // A product of two 32-bit numbers, so nothing overflows.
            let value = Int64(number) &* step
            let cell = value >= 0 ? value / cellSize : (value - cellSize + 1) / cellSize
            // Differences of such numbers have 32 bits, too.
            return Int32(truncatingIfNeeded: min(max(cell, -Self.cellsMax), Self.cellsMax))
        }

        /// The cells from one to another, the shorter way around where there are two.
        @inline(__always)
        func distance(_ one: Int32, _ other: Int32) -> Int32 {
            let difference = one &- other
            let direct = difference < 0 ? 0 &- difference : difference
            guard turnCells != 0 else { return direct }
            let around = turnCells &- direct
            return min(direct, around < 0 ? 0 &- around : around)
        }

        private static let cellsMax: Int64 = 1 << 30 - 1
    }

    var x = Axis()
    var y = Axis()
    /// Whether the kind has two coordinates.
    var isPlaced = false
    /// One bit for each field that holds a seat's number.
    var seatFields: UInt32 = 0

    init(_ kind: KindSchema, cellSize: Int64) {
        var coordinates = 0
        for (position, field) in kind.fields.enumerated() {
            if field.use == .seat { seatFields |= 1 &<< UInt32(truncatingIfNeeded: position) }
            guard field.use == .coordinate else { continue }
            coordinates += 1
            if coordinates == 1 { x = Axis(field, position: position, cellSize: cellSize) }
            if coordinates == 2 { y = Axis(field, position: position, cellSize: cellSize) }
        }
        isPlaced = coordinates >= 2
    }

    /// A sixteenth of the first coordinate's range, for games without a grid.
    static func sixteenthOfThePlane(_ schema: Schema) -> Int64 {
        for kind in schema.kinds {
            for field in kind.fields where field.use == .coordinate {
                let range = (Int64(field.maximum) - Int64(field.minimum)) * Int64(field.step)
                return max(range / 16, 1)
            }
        }
        return 1
    }
}
