import Arena
import Hyoshi

/// A full room whose players press keys at random, come and go; wholly given by its seed.
struct ArenaCrowd {
    var room: ArenaRoom
    private var keys: DeterministicRandom

    init(seed: UInt64, seats: Int = 64) {
        room = ArenaRoom(seed: seed)
        room.join(count: seats)
        keys = DeterministicRandom(seed: ~seed)
    }

    /// Changes some inputs, now and then takes a seat away or fills it again, and makes a tick.
    mutating func step() {
        pressKeys()
        if keys.oneIn(100), let seat = SeatIndex(Int(keys.number(in: 0...63))) {
            let next = Tick(room.tick + 1)
            if room.seats.contains(seat) {
                room.instance.seatLeft(seat, at: next)
                room.seats.remove(seat)
            } else {
                room.instance.seatJoined(seat, at: next)
                room.seats.insert(seat)
            }
        }
        room.step()
    }

    /// Changes the inputs of about one seat in eight.
    private mutating func pressKeys() {
        for seat in 0..<64 where keys.oneIn(8) {
            // Thrust half of the time, a turn half of the time, the brake rarely.
            let turn: [Int32] = [0, 0, 2, 4]
            let steer =
                keys.number(in: 0...1) | turn[Int(keys.number(in: 0...3))]
                | (keys.oneIn(10) ? 8 : 0)
            room.hold(seat, steer: steer, fire: keys.number(in: 0...1))
        }
    }
}

/// A hash of all fields without the ids, since a restored room goes on from the ids that it knows.
func contentHash(_ instance: SimulationInstance<Arena>) -> UInt64 {
    var table = EntityTable(kinds: arena.kinds)
    instance.extract(into: &table)
    var hash = StateHash()
    for kind in table.kinds {
        hash.combine(UInt32(kind.ids.count))
        for value in kind.values { hash.combine(UInt32(bitPattern: value)) }
    }
    return hash.value
}
