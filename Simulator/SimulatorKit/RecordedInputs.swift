import Hyoshi
package import Recording

/// What each seat of a recorded room wanted at each tick, to be played again over sockets.
///
/// Not a replay: the commands come when the network lets them, and the world is another. It gives a
/// server the load and the habits of a room that was really played.
package struct RecordedInputs: Sendable {
    /// One seat's inputs: from each tick on, the row that holds.
    package struct Seat: Sendable {
        /// Ascending.
        fileprivate var ticks: [UInt32] = []
        /// As many numbers for each tick as an input has fields.
        fileprivate var rows: [Int32] = []
    }

    /// The game that was played.
    package let game: String
    /// The seats that were ever taken, the lowest first.
    package private(set) var seats: [Seat] = []
    /// Ticks until it starts again.
    package let tickCount: UInt32
    private let width: Int

    /// The octets that all rows may take, their ticks included: 128 MiB.
    ///
    /// 19 hours of 16 players who turn ten times a second, with an input of two fields. But four
    /// octets of a hostile file can tell a row of 62 fields, 252 octets. While arrays grow, up to
    /// three times as much is taken.
    package static let byteCountMax = 128 * 1024 * 1024

    /// Takes the inputs out of a recording; of one without players nothing is left.
    ///
    /// Throws where they would take more than `byteCountMax`, before they do.
    package init(
        _ room: RecordedRoom, byteCountMax: Int = RecordedInputs.byteCountMax
    ) throws(RecordedInputsError) {
        game = room.header.game
        tickCount = max(room.lastTick.rawValue, 1)
        width = room.header.neutralInput.count
        var everTaken = SeatSet()
        var all = Array(repeating: Seat(), count: room.header.seatsMax)
        var walk = room.makeWalk()
        var held: [Int32] = walk.inputs
        let rowByteCount = MemoryLayout<UInt32>.size + width * MemoryLayout<Int32>.size
        var byteCount = 0
        // What was read has been judged: nothing is thrown here any more.
        while let event = try? walk.next() {
            if case .joined(let seat) = event { everTaken.insert(seat) }
            guard case .tick = event else { continue }
            for seat in everTaken {
                let range = (seat.index * width)..<((seat.index + 1) * width)
                guard all[seat.index].ticks.isEmpty || held[range] != walk.inputs[range] else {
                    continue
                }
                byteCount += rowByteCount
                guard byteCount <= byteCountMax else {
                    throw RecordedInputsError(byteCountMax: byteCountMax, tick: walk.tick)
                }
                all[seat.index].ticks.append(walk.tick.rawValue)
                all[seat.index].rows.append(contentsOf: walk.inputs[range])
            }
            held = walk.inputs
        }
        seats = everTaken.map { all[$0.index] }
    }

    /// Writes what a seat wanted at a tick; after the last tick it starts again.
    func write(seat: Int, at tick: Tick, into input: inout [Int32]) {
        guard seats.indices.contains(seat) else { return }
        let wanted = tick.rawValue % tickCount
        let ticks = seats[seat].ticks
        var low = 0
        var high = ticks.count
        while low < high {
            let middle = (low + high) / 2
            if ticks[middle] <= wanted { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return }
        for field in 0..<min(width, input.count) {
            input[field] = seats[seat].rows[(low - 1) * width + field]
        }
    }
}

/// A recording whose inputs are more than is kept of them.
package struct RecordedInputsError: Error, Equatable, CustomStringConvertible {
    /// What they may take.
    let byteCountMax: Int
    /// The tick at which they would take more.
    let tick: Tick

    /// One sentence for people.
    package var description: String {
        "the inputs change so often that those up to tick \(tick.rawValue) alone would take more "
            + "than the \(Format.count(byteCountMax)) bytes that are kept of a recording"
    }
}

/// A bot that does what a player of a recorded room did at the same tick.
final class RecordedBot: BotInstance {
    private let inputs: RecordedInputs
    private let recordedSeat: Int

    /// Plays one of the recorded seats, counted over and over.
    init(_ inputs: RecordedInputs, bot: Int) {
        self.inputs = inputs
        recordedSeat = bot % max(inputs.seats.count, 1)
        super.init(name: "recorded")
    }

    override func decide(
        _ table: EntityTable, seat: SeatIndex, commandTick: Tick, into input: inout [Int32]
    ) {
        inputs.write(seat: recordedSeat, at: commandTick, into: &input)
    }
}
