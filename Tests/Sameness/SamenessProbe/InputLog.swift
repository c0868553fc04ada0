import Hyoshi

/// What happens to a world from the outside: a seed, and joins, leaves and inputs by tick.
///
/// In a file it is a list of 32-bit numbers, lowest byte first, so that any program can read it:
/// the seed (low, high), the number of ticks, and for each entry its tick, what it is, its seat, a
/// count, and as many numbers.
struct InputLog {
    enum Action: Int32 {
        /// A player takes the seat.
        case join = 0
        /// The player leaves it.
        case leave = 1
        /// The seat's input from this tick on, in wire numbers.
        case input = 2
        /// The world is written to its table and restored from it, as a prediction does.
        case restore = 3
    }

    struct Entry {
        /// The tick before whose step it happens.
        var tick: Int32
        var action: Action
        var seat: Int32
        var numbers: [Int32]
    }

    var seed: UInt64
    var ticks: Int32
    var entries: [Entry] = []

    /// Draws a log for a game: joins and leaves, and inputs over their whole ranges.
    init(game: Game, seed: UInt64, ticks: Int32) {
        self.seed = seed
        self.ticks = ticks
        var random = DeterministicRandom(seed: seed ^ 0x5A5A_5A5A)
        let seats = Int32(min(game.seatsMax, 16))
        var taken = SeatSet()
        for tick in 1...max(ticks, 1) {
            if random.oneIn(997) { add(tick, .restore, 0) }
            for number in 0..<seats {
                guard let seat = SeatIndex(Int(number)) else { continue }
                if !taken.contains(seat) {
                    guard random.oneIn(100) else { continue }
                    taken.insert(seat)
                    add(tick, .join, number)
                } else if random.oneIn(4_000) {
                    taken.remove(seat)
                    add(tick, .leave, number)
                } else if random.oneIn(20) {
                    let numbers = game.inputFields.map { field in
                        let least = field.specification.quantized(field.specification.minimum)
                        let greatest = field.specification.quantized(field.specification.maximum)
                        return random.number(in: least...greatest)
                    }
                    add(tick, .input, number, numbers)
                }
            }
        }
    }

    private mutating func add(
        _ tick: Int32, _ action: Action, _ seat: Int32, _ numbers: [Int32] = []
    ) {
        entries.append(Entry(tick: tick, action: action, seat: seat, numbers: numbers))
    }

    /// The numbers of a file.
    var words: [Int32] {
        var words = [
            Int32(truncatingIfNeeded: seed), Int32(truncatingIfNeeded: seed >> 32), ticks,
        ]
        for entry in entries {
            words.append(entry.tick)
            words.append(entry.action.rawValue)
            words.append(entry.seat)
            words.append(Int32(entry.numbers.count))
            words.append(contentsOf: entry.numbers)
        }
        return words
    }

    /// Reads a file's numbers; nil where they are no log.
    init?(words: [Int32]) {
        guard words.count >= 3 else { return nil }
        seed = UInt64(UInt32(bitPattern: words[1])) << 32 | UInt64(UInt32(bitPattern: words[0]))
        ticks = words[2]
        var position = 3
        while position < words.count {
            guard words.count - position >= 4, let action = Action(rawValue: words[position + 1])
            else { return nil }
            let count = Int(words[position + 3])
            let start = position + 4
            guard count >= 0, words.count - start >= count else { return nil }
            entries.append(
                Entry(
                    tick: words[position], action: action, seat: words[position + 2],
                    numbers: Array(words[start..<(start + count)])))
            position = start + count
        }
    }
}

extension InputLog {
    /// Plays the log in a world of the game; the state hash after every tick.
    ///
    /// At the tick `planted` one number more is drawn at random: the control of the comparison.
    func hashes(game: Game, planted: Int32? = nil) -> [UInt64] {
        let instance = game.makeInstance(seed)
        var table = EntityTable(kinds: game.kinds)
        let width = game.neutralInput.count
        var inputs: [Int32] = []
        for _ in 0..<game.seatsMax { inputs.append(contentsOf: game.neutralInput) }
        var seats = SeatSet()
        var hashes: [UInt64] = []
        hashes.reserveCapacity(Int(ticks))
        var next = 0
        for number in 1...max(ticks, 1) {
            let tick = Tick(UInt32(number))
            while next < entries.count, entries[next].tick == number {
                let entry = entries[next]
                next += 1
                if entry.action == .restore {
                    instance.extract(into: &table)
                    instance.restore(from: table)
                }
                guard let seat = SeatIndex(Int(entry.seat)) else { continue }
                let row = seat.index * width
                switch entry.action {
                case .join:
                    seats.insert(seat)
                    inputs.replaceSubrange(row..<(row + width), with: game.neutralInput)
                    instance.seatJoined(seat, at: tick)
                case .leave:
                    seats.remove(seat)
                    instance.seatLeft(seat, at: tick)
                case .input:
                    inputs.replaceSubrange(row..<(row + width), with: entry.numbers)
                case .restore:
                    break
                }
            }
            if number == planted { instance.randomState &+= 1 }
            instance.step(tick: tick, seats: seats, inputs: inputs)
            hashes.append(instance.stateHash)
        }
        return hashes
    }
}
