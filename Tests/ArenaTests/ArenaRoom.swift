import Arena
import Hyoshi

/// A room of the arena driven by hand: seats, their held inputs, and the tick.
struct ArenaRoom {
    let instance: SimulationInstance<Arena>
    var seats = SeatSet()
    var inputs = [Int32](repeating: 0, count: 128)
    var tick: UInt32 = 0

    init(seed: UInt64 = 1) {
        instance = SimulationInstance<Arena>(seed: seed)
    }

    /// Fills the room with seats 0 ..< count.
    mutating func join(count: Int) {
        for number in 0..<count {
            guard let seat = SeatIndex(number) else { continue }
            instance.seatJoined(seat, at: Tick(tick + 1))
            seats.insert(seat)
        }
    }

    /// Holds an input of a seat until it is set again.
    mutating func hold(_ seat: Int, steer: Int32 = 0, fire: Int32 = 0) {
        inputs[2 * seat] = steer
        inputs[2 * seat + 1] = fire
    }

    /// Makes `count` ticks.
    mutating func step(_ count: Int = 1) {
        for _ in 0..<count {
            tick += 1
            instance.step(tick: Tick(tick), seats: seats, inputs: inputs)
        }
    }

    var rules: Arena {
        get { instance.rules }
        nonmutating set { instance.rules = newValue }
    }

    /// Two ships, unprotected and at rest, 300 units apart, the first aiming at the second.
    static func duel() -> ArenaRoom {
        var room = ArenaRoom()
        room.join(count: 2)
        room.rules.rocks.removeAll()
        room.tick = 1000 * 60 + 7
        for position in 0..<2 {
            room.rules.ships[position].x = Int32(1000 + 300 * position) * Arena.unit
            room.rules.ships[position].y = 1000 * Arena.unit
            room.rules.ships[position].heading = 0
            room.rules.ships[position].untilTick = 0
        }
        return room
    }
}
