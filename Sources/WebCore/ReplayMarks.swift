package import Hyoshi
import Recording

/// What a time-line shows of a recording: who came and went when, and who won points.
package struct ReplayMarks {
    /// Something at a tick.
    package struct Mark: Equatable {
        /// What.
        package enum Event: UInt8 {
            /// A seat was taken.
            case joined = 0
            /// A seat was freed.
            case left = 1
            /// A seat's points became other ones.
            case scored = 2
        }

        package var event: Event
        /// The tick before which somebody came or went; after which there were other points.
        package var tick: Tick
        package var seat: Int
        /// By how much the points changed; 0 for others.
        package var amount: Int32
    }

    /// The most marks of one recording; later ones are left out: 1 MiB.
    package static let countMax = 65_536

    /// All comings and goings, and points as far as ``takeScores(_:)`` has come.
    package private(set) var marks: [Mark] = []
    /// Marks that were left out.
    package private(set) var dropped = 0

    /// Where a kind of the game has points: a number called `score` beside a seat.
    private struct Column {
        var kind: Int
        var seat: Int
        var score: Int
    }
    private var columns: [Column] = []
    /// The points by column and seat; nil where nobody has any.
    private var scores: [Int32?] = []

    init() {}

    /// Looks through a recording for comings and goings.
    init(_ room: RecordedRoom, game: Game) {
        for kind in game.kinds.indices {
            let fields = game.kinds[kind].fields
            guard let seat = fields.firstIndex(where: { $0.specification.use == .seat }),
                let score = fields.firstIndex(where: {
                    $0.specification.use == .number && ReplayMarks.isScore($0.name)
                })
            else { continue }
            columns.append(Column(kind: kind, seat: seat, score: score))
        }
        scores = Array(repeating: nil, count: columns.count * SeatIndex.limit)
        var walk = room.makeWalk()
        // What was read has been judged: nothing is thrown here any more.
        while let event = try? walk.next() {
            switch event {
            case .joined(let seat):
                add(Mark(event: .joined, tick: walk.tick, seat: seat.index, amount: 0))
            case .left(let seat):
                add(Mark(event: .left, tick: walk.tick, seat: seat.index, amount: 0))
            case .tick, .check:
                break
            }
        }
    }

    /// Notes whose points are others than at the tick before.
    mutating func takeScores(_ table: EntityTable) {
        for (position, column) in columns.enumerated() where column.kind < table.kinds.count {
            let rows = table.kinds[column.kind]
            let width = rows.fieldCount
            for row in rows.ids.indices {
                let seat = Int(rows.values[row * width + column.seat])
                guard seat >= 0, seat < SeatIndex.limit else { continue }
                let score = rows.values[row * width + column.score]
                let before = scores[position * SeatIndex.limit + seat]
                guard before != score else { continue }
                scores[position * SeatIndex.limit + seat] = score
                // Whoever comes starts with points, and wins none thereby.
                guard let before else { continue }
                add(
                    Mark(
                        event: .scored, tick: table.tick, seat: seat, amount: score &- before))
            }
        }
    }

    private mutating func add(_ mark: Mark) {
        if marks.count < ReplayMarks.countMax { marks.append(mark) } else { dropped += 1 }
    }

    private static func isScore(_ name: StaticString) -> Bool {
        let wanted: StaticString = "score"
        return name.withUTF8Buffer { name in
            wanted.withUTF8Buffer { wanted in
                guard name.count == wanted.count else { return false }
                for position in 0..<name.count {
                    guard unsafe name[position] == wanted[position] else { return false }
                }
                return true
            }
        }
    }
}
