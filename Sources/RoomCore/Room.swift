package import Hyoshi
package import TransportInterface

/// One room: the world, its seats, their inputs and its beat.
///
/// It has one writer, its event loop.
///
/// It knows no connection and no bytes: a server hands in joins, leaves and input commands, asks
/// ``poll(now:)`` when ticks are due, and calls ``step()`` for each. A steady tick allocates
/// nothing.
package final class Room {
    /// The room's name.
    package let name: String
    /// What is played.
    package let game: Game
    /// How it is run.
    package let settings: RoomSettings
    /// The seed that its world was made from.
    package let seed: UInt64
    /// The last tick that was made.
    package private(set) var tick = Tick.zero
    /// The seats that are present or held.
    package private(set) var seats = SeatSet()
    /// The wire numbers of all entities after the last tick.
    package private(set) var table: EntityTable
    /// The beat.
    package private(set) var scheduler: TickScheduler
    /// What became of the commands of seats that have been given up.
    package private(set) var pastInputCounters = InputCounters()
    /// How many ticks back a look of the rules may go.
    package let rewindTicksMax: Int
    /// Who is told of everything that the room applies; to be set before its first tick.
    package var observer: (any RoomObserver)?

    private let instance: GameInstance
    private var states: [SeatState]
    private var buffers: [InputBuffer]
    private var inputs: [Int32]
    private var heldSeats = SeatSet()

    /// Opens a room; its first tick is due at the first deadline after `now`.
    package init(
        name: String, game: Game, settings: RoomSettings, seed: UInt64, now: MonotonicInstant
    ) {
        self.name = name
        self.game = game
        var settings = settings
        settings.seatsMax = min(max(settings.seatsMax, 1), game.seatsMax)
        self.settings = settings
        rewindTicksMax = settings.rewindTicksMax
        self.seed = seed
        scheduler = TickScheduler(
            tickRate: settings.tickRate, catchUpTicksMax: settings.catchUpTicksMax, now: now)
        instance = game.makeInstance(seed)
        instance.past = PastTables(ticksMax: settings.rewindTicksMax, kinds: game.kinds)
        table = EntityTable(kinds: game.kinds)
        // As much as the entities themselves have taken: no tick waits for memory.
        for (position, kind) in game.kinds.enumerated() {
            table.kinds[position].ids.reserveCapacity(kind.capacity)
            table.kinds[position].values.reserveCapacity(kind.capacity * kind.fields.count)
        }
        states = Array(repeating: .open, count: settings.seatsMax)
        let buffer = InputBuffer(fields: game.inputFields, neutral: game.neutralInput)
        buffers = Array(repeating: buffer, count: settings.seatsMax)
        inputs = []
        for _ in 0..<game.seatsMax { inputs.append(contentsOf: game.neutralInput) }
        instance.extract(into: &table)
    }

    /// The number of input fields of a command.
    package var inputFieldCount: Int { game.inputFields.count }

    /// The number of seats.
    package var seatsMax: Int { states.count }

    /// The hash of the whole state after the last tick.
    package var stateHash: UInt64 { instance.stateHash }
    /// Whether the rules say that the match is decided.
    package var isOver: Bool { instance.isOver }
    /// The points of a seat, where the rules tell them.
    package func score(of seat: SeatIndex) -> Int32? { instance.score(of: seat) }

    /// What became of all commands since the room was opened.
    package var inputCounters: InputCounters {
        var sum = pastInputCounters
        for seat in seats { sum.add(buffers[seat.index].counters) }
        return sum
    }

    /// What became of a seat's commands since it was taken.
    package func inputCounters(of seat: SeatIndex) -> InputCounters {
        seat.index < buffers.count ? buffers[seat.index].counters : InputCounters()
    }

    /// The state of a seat; `open` for a number that the room does not have.
    package func state(of seat: SeatIndex) -> SeatState {
        seat.index < states.count ? states[seat.index] : .open
    }

    // MARK: Events

    /// Gives the lowest open seat to a player; nil where the room is full.
    package func join() -> SeatIndex? {
        for number in states.indices where states[number] == .open {
            guard let seat = SeatIndex(number) else { return nil }
            states[number] = .present
            seats.insert(seat)
            buffers[number].reset(neutral: game.neutralInput)
            buffers[number].counters = InputCounters()
            instance.seatJoined(seat, at: tick.advanced(by: 1))
            observer?.seatJoined(seat)
            return seat
        }
        return nil
    }

    /// Frees a seat.
    package func leave(_ seat: SeatIndex) {
        guard state(of: seat) != .open else { return }
        pastInputCounters.add(buffers[seat.index].counters)
        states[seat.index] = .open
        seats.remove(seat)
        heldSeats.remove(seat)
        instance.viewDelays[seat.index] = 0
        instance.seatLeft(seat, at: tick.advanced(by: 1))
        observer?.seatLeft(seat)
    }

    /// Keeps the seat of a player whose connection was lost, for the time of the settings.
    package func hold(_ seat: SeatIndex) {
        guard state(of: seat) == .present else { return }
        let ticks = settings.seatHoldSeconds * scheduler.tickRate
        states[seat.index] = .held(until: tick.advanced(by: ticks))
        heldSeats.insert(seat)
        buffers[seat.index].reset(neutral: game.neutralInput)
    }

    /// Gives a seat that is held, or present on a connection that is to be replaced, back.
    ///
    /// - Returns: Whether the seat was taken at all.
    package func resume(_ seat: SeatIndex) -> Bool {
        guard state(of: seat) != .open else { return false }
        states[seat.index] = .present
        heldSeats.remove(seat)
        buffers[seat.index].reset(neutral: game.neutralInput)
        return true
    }

    /// Takes an input message of a seat; nothing happens where the seat is not present.
    ///
    /// - Parameters:
    ///   - sequence: The message's number; one that is not newer is counted and ignored.
    ///   - newest: The tick of the newest command; zero means the next one, whichever it will be.
    ///   - values: The commands' wire numbers, the newest command first: a multiple of
    ///     ``inputFieldCount``, of which `commandCount` rows are read.
    ///   - viewDelayTicks: How many ticks before its command the player says to have seen the others;
    ///     beyond ``rewindTicksMax`` it counts as that.
    package func receiveInput(
        from seat: SeatIndex, sequence: UInt16, newest: Tick, commandCount: Int,
        values: Span<Int32>, viewDelayTicks: UInt8 = 0
    ) {
        let width = inputFieldCount
        guard state(of: seat) == .present, width > 0, values.count >= commandCount * width else {
            return
        }
        buffers[seat.index].receive(
            values, sequence: sequence, newest: newest.rawValue, commandCount: commandCount,
            current: tick.rawValue,
            viewDelayTicks: min(viewDelayTicks, UInt8(truncatingIfNeeded: rewindTicksMax)))
    }

    /// Counts a message of a seat that was dropped for the rate limit, whatever it was.
    package func countDropped(from seat: SeatIndex) {
        guard state(of: seat) == .present else { return }
        buffers[seat.index].counters.dropped &+= 1
    }

    /// The newest input sequence, and the tick that the newest addressed message was for.
    package func inputProgress(of seat: SeatIndex) -> (sequence: UInt16?, tick: UInt32?) {
        guard seat.index < buffers.count else { return (nil, nil) }
        return (buffers[seat.index].newestSequence, buffers[seat.index].announcedTick)
    }

    /// Selects what a seat is shown after the last tick, where the game's interest is `custom`.
    package func show(to seat: SeatIndex, in selection: inout InterestSelection) {
        instance.show(to: seat, in: &selection)
    }

    // MARK: The beat

    /// Takes the ticks that are due; the caller then calls ``step()`` as many times.
    package func poll(now: MonotonicInstant) -> TickScheduler.Decision {
        scheduler.poll(now: now)
    }

    /// Makes what each seat has commanded for a tick its input of that tick.
    private func takeInputs(of tick: Tick) {
        // Taken out and put back whole: what is checked at each access is checked once.
        var buffers: [InputBuffer] = []
        var inputs: [Int32] = []
        var viewDelays: [UInt8] = []
        swap(&buffers, &self.buffers)
        swap(&inputs, &self.inputs)
        swap(&viewDelays, &instance.viewDelays)
        let width = inputFieldCount
        let viewDelayMax = UInt8(truncatingIfNeeded: rewindTicksMax)
        for seat in seats {
            let viewDelay = buffers[seat.index].take(
                tick: tick.rawValue, into: &inputs, at: seat.index * width)
            viewDelays[seat.index] = min(viewDelay, viewDelayMax)
        }
        swap(&buffers, &self.buffers)
        swap(&inputs, &self.inputs)
        swap(&viewDelays, &instance.viewDelays)
    }

    /// Makes one tick: every seat's input, the rules, and the table of the result, which is kept for
    /// as long as the rules may look back.
    ///
    /// - Returns: A seat whose holding time is over and that has been freed, or nil; at most one per
    ///   tick.
    package func step() -> SeatIndex? {
        let expired = freeExpiredSeat()
        let next = tick.advanced(by: 1)
        takeInputs(of: next)
        instance.step(tick: next, seats: seats, inputs: inputs)
        tick = next
        instance.extract(into: &table)
        table.tick = next
        instance.past.record(table)
        observer?.stepped(seats: seats, inputs: inputs, table: table, instance: instance)
        return expired
    }

    private func freeExpiredSeat() -> SeatIndex? {
        for seat in heldSeats {
            guard case .held(let until) = states[seat.index], tick >= until else { continue }
            leave(seat)
            return seat
        }
        return nil
    }
}
