import Arena
import Hyoshi

/// The planted bug of a client whose rules are not quite the server's: now and then a ship turns a
/// little further in a prediction.
struct SlantedArena: Simulation {
    typealias Input = Arena.Input

    static var name: StaticString { Arena.name }
    static var seatsMax: Int { Arena.seatsMax }

    private var arena: Arena

    init(random: inout DeterministicRandom) {
        arena = Arena(random: &random)
    }

    mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {
        arena.seatJoined(seat, at: tick, random: &random)
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        arena.seatLeft(seat, at: tick, random: &random)
    }

    mutating func step(_ context: inout StepContext<Input>) {
        arena.step(&context)
        guard context.isPrediction, context.tick.rawValue % 50 == 0 else { return }
        for position in arena.ships.indices {
            arena.ships[position].heading = (arena.ships[position].heading + 1) & (Ship.turn - 1)
        }
    }

    mutating func entities(_ visitor: inout some EntityVisitor) {
        arena.entities(&visitor)
    }
}
