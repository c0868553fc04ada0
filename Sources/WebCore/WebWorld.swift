package import Hyoshi

/// A world of the game by itself, without a server: for replays, and for the proof that a step is
/// the same here as there.
package final class WebWorld {
    private let instance: GameInstance
    private let seatsMax: Int
    private let neutral: [Int32]
    private var inputs: [Int32]
    private var table: EntityTable
    private var seats = SeatSet()
    /// The last tick that was made.
    package private(set) var tick = Tick.zero

    /// Builds the world of a seed.
    package init(game: Game, seed: UInt64) {
        instance = game.makeInstance(seed)
        seatsMax = game.seatsMax
        neutral = game.neutralInput
        inputs = []
        for _ in 0..<game.seatsMax { inputs.append(contentsOf: game.neutralInput) }
        table = EntityTable(kinds: game.kinds)
    }

    /// A player takes a seat before the next step; nothing where it is taken or there is none.
    package func join(_ seat: Int) {
        guard seat < seatsMax, let seat = SeatIndex(seat), !seats.contains(seat) else { return }
        seats.insert(seat)
        setInput(of: seat.index, to: neutral)
        instance.seatJoined(seat, at: tick.advanced(by: 1))
    }

    /// A player leaves its seat before the next step.
    package func leave(_ seat: Int) {
        guard let seat = SeatIndex(seat), seats.contains(seat) else { return }
        seats.remove(seat)
        instance.seatLeft(seat, at: tick.advanced(by: 1))
    }

    /// The input of a seat from the next step on, in wire numbers.
    package func setInput(of seat: Int, to numbers: [Int32]) {
        guard seat >= 0, seat < seatsMax else { return }
        for field in neutral.indices where field < numbers.count {
            inputs[seat * neutral.count + field] = numbers[field]
        }
    }

    /// Writes the world to its table and restores it from there, as a prediction does.
    package func restore() {
        instance.extract(into: &table)
        instance.restore(from: table)
    }

    /// Makes a tick.
    package func step() {
        tick = tick.advanced(by: 1)
        instance.step(tick: tick, seats: seats, inputs: inputs)
    }

    /// The hash of the whole state.
    package var stateHash: UInt64 { instance.stateHash }
}
