import GameProtocol
import Hyoshi
import Replication

/// What a room is shown from: the snapshots received, the prediction, and the view made of them.
///
/// Own things, and things of no player, are shown as predicted for the last command; things of
/// others as they were a little ago, between two snapshots. Without rules or seat, or with the
/// prediction switched off, all are.
struct Stage: ~Copyable {
    /// How far the predicted instant may be off before what is shown is moved over gently.
    private static let jumpTicks = 0.25

    /// What is to be drawn.
    private(set) var presentation = Presentation()
    /// The tick at which others are shown.
    private(set) var playback = Playback()
    /// What happened to the prediction so far.
    private(set) var counts = PredictionCounts()
    /// Whether prediction is wanted.
    private(set) var isWanted = true
    /// How far behind the arriving snapshots others were shown in the last view, in ticks.
    private(set) var delayTicks: Double = 0

    /// Ticks from the newest snapshot to the newest predicted tick, in the last view.
    private(set) var predictedTicks = 0

    /// Whether anything is ever to be shown.
    private let isUsed: Bool
    private let game: Game?
    private let gameSchema: Schema?
    private var predictor: Predictor?
    private var received: TableRing?
    private var schema: Schema?
    private var comparison = SnapshotComparison()
    private var seat: SeatIndex?
    private var tickRate = 60.0
    private var isFirstSnapshotDue = true
    private var isRestored = false
    /// The predicted instant of the last view; nil where there was none.
    private var predictedTick: Double?
    /// Where the received tables ended when the last view was made.
    private var newestShown = Tick.zero
    private var shownAtNanoseconds: UInt64?

    /// Sets an empty stage; with a game's rules for prediction, where there are.
    ///
    /// One that is not used keeps no snapshots, and shows nothing.
    init(_ game: Game?, isUsed: Bool = true) {
        self.isUsed = isUsed
        self.game = game
        gameSchema = game.flatMap { game in try? Schema(game) }
    }

    /// Whether own things are predicted, or why not.
    var state: PredictionState {
        if gameSchema == nil { return .noGame }
        if !isWanted { return .switchedOff }
        guard received != nil else { return .waiting }
        if seat == nil { return .spectating }
        guard let predictor else { return .otherSchema }
        return predictor.base == .zero || isFirstSnapshotDue ? .waiting : .on
    }

    /// Whether the game's rules are those of a server that declares this, also where they are not
    /// used for prediction.
    func isGame(of schema: Schema) -> Bool { gameSchema == schema }

    /// Switches the prediction on or off; what is shown then glides to its other place.
    mutating func setPrediction(_ isOn: Bool) {
        isWanted = isOn
    }

    /// Ticks that were made again.
    var resimulatedTicks: UInt64 { predictor?.resimulatedTicks ?? 0 }

    /// Copies the table of a predicted tick; false where there is none.
    func copyPredicted(_ tick: Tick, into table: inout EntityTable) -> Bool {
        predictor?.ring.copy(tick, into: &table) ?? false
    }

    /// The snapshot that the prediction stands on, and the newest tick that was made from there.
    var predictedSpan: (base: Tick, newest: Tick)? {
        guard let predictor, predictor.base != .zero else { return nil }
        return (predictor.base, predictor.newest)
    }

    // MARK: From the server

    /// A connection has been welcomed, to the same world as before where the seat was resumed.
    mutating func welcomed(_ welcome: Welcome, isResumed: Bool) {
        guard isUsed else { return }
        isFirstSnapshotDue = true
        tickRate = Double(max(welcome.tickRate, 1))
        seat = welcome.seat
        if isResumed, received != nil, schema == welcome.schema { return }
        schema = welcome.schema
        received = TableRing(slots: Predictor.slots, schema: welcome.schema)
        presentation.worldChanged(welcome.schema)
        playback.reset()
        newestShown = .zero
        predictedTick = nil
        predictor = nil
        guard let game, let gameSchema, gameSchema == welcome.schema, let seat = welcome.seat,
            seat.index < game.seatsMax
        else { return }
        predictor = Predictor(game, schema: gameSchema, rewindTicksMax: welcome.rewindTicksMax)
    }

    /// A snapshot has come, `latenessTicks` after it might have at the earliest.
    mutating func snapshotArrived(
        _ table: EntityTable, latenessTicks: Double, commands: CommandHistory, seats: SeatSet
    ) {
        guard let newest = received?.newest else { return }
        if isFirstSnapshotDue {
            isFirstSnapshotDue = false
            predictor?.reset()
            predictedTick = nil
        } else {
            let gap = min(max(table.tick.distance(from: newest), 1), Predictor.slots)
            playback.arrived(neededTicks: latenessTicks + Double(gap))
        }
        predict(table, newest: newest, commands: commands, seats: seats)
        received?.record(table)
    }

    private mutating func predict(
        _ table: EntityTable, newest: Tick, commands: CommandHistory, seats: SeatSet
    ) {
        guard let predictor, let seat else { return }
        if isWanted {
            // Of snapshots that come together each is compared with what follows from the last.
            if predictor.isOutdated {
                advance(to: table.tick, commands: commands, seats: seats)
            }
            let previous = received.flatMap { ring in
                ring.place(of: newest).map { ring.tables[$0] }
            }
            let isAsPredicted = comparison.compare(
                table, predicted: predictor.predicted(table.tick), previous: previous, seat: seat,
                presentation: &presentation)
            if isAsPredicted == false { counts.mispredictions &+= 1 }
        }
        predictor.snapshotArrived(table)
    }

    // MARK: Ahead

    /// Predicts up to the newest command.
    mutating func advance(commands: CommandHistory, seats: SeatSet) {
        guard isWanted else { return }
        advance(to: commands.newest, commands: commands, seats: seats)
    }

    private mutating func advance(to tick: Tick, commands: CommandHistory, seats: SeatSet) {
        guard let predictor, let seat, let received,
            let place = received.place(of: received.newest)
        else { return }
        let isOutdated = predictor.isOutdated
        predictor.advance(
            to: tick, table: received.tables[place], commands: commands, seat: seat, seats: seats)
        if isOutdated { isRestored = true }
    }

    // MARK: The view

    /// Makes the view of an instant.
    ///
    /// - Parameters:
    ///   - arrivalTick: The tick whose snapshot arrives then at the earliest.
    ///   - commandTick: The tick that a command of then is for.
    mutating func show(
        atNanoseconds now: UInt64, arrivalTick: Double, commandTick: Double,
        commands: CommandHistory, seats: SeatSet
    ) {
        advance(commands: commands, seats: seats)
        let last = shownAtNanoseconds ?? now
        let elapsedSeconds = now > last ? Double(now - last) / 1_000_000_000 : 0
        shownAtNanoseconds = max(now, last)
        guard let received, received.newest != .zero else {
            presentation.begin()
            return
        }
        let elapsedTicks = elapsedSeconds * tickRate
        if newestShown < received.newest, playback.tick > Double(newestShown.rawValue) {
            // What was shown beyond the newest snapshot is known by now.
            _ = presentation.keepInPlace(received, at: playback.tick, isPredicted: false)
        }
        newestShown = received.newest
        playback.advance(
            arrivalTick: arrivalTick, newest: Double(received.newest.rawValue),
            elapsedTicks: elapsedTicks)
        delayTicks = arrivalTick - playback.tick
        predictedTick = settle(commandTick: commandTick, elapsedTicks: elapsedTicks)
        presentation.begin()
        presentation.compose(
            predicted: predictedTick == nil ? nil : predictor?.ring,
            predictedTick: predictedTick ?? playback.tick, received: received,
            remoteTick: playback.tick, seat: seat, elapsedSeconds: elapsedSeconds)
    }

    /// Finds the predicted instant to be shown, and lets things that jump by that glide.
    ///
    /// It is at most one tick behind the newest predicted one, so that what is commanded is seen
    /// with the next refresh, and never goes back.
    private mutating func settle(commandTick: Double, elapsedTicks: Double) -> Double? {
        predictedTicks = 0
        guard isWanted, let predictor, predictor.base != .zero else { return nil }
        predictedTicks = predictor.newest.distance(from: predictor.base)
        let newest = Double(predictor.newest.rawValue)
        let target = commandTick - 1
        let isRestored = isRestored
        self.isRestored = false
        guard let last = predictedTick else {
            let tick = min(max(target, newest - 1), newest)
            _ = presentation.keepInPlace(predictor.ring, at: tick, isPredicted: true)
            return tick
        }
        if isRestored,
            let distance = presentation.keepInPlace(predictor.ring, at: last, isPredicted: true)
        {
            counts.corrections &+= 1
            counts.correctionDistance = distance
        }
        let expected = last + elapsedTicks
        let bend = min(max((target - expected) * 0.1, -Playback.bendMax), Playback.bendMax)
        let tick = min(max(expected + bend * elapsedTicks, newest - 1, last), newest)
        if (tick - expected).magnitude > Self.jumpTicks {
            presentation.move(predictor.ring, to: min(expected, newest))
            _ = presentation.keepInPlace(predictor.ring, at: tick, isPredicted: true)
        }
        return tick
    }
}

/// What happened to a prediction.
struct PredictionCounts: Sendable {
    /// Snapshots in which something of the own seat was not as predicted.
    var mispredictions: UInt64 = 0
    /// Times that an own thing had to be moved where it was shown.
    var corrections: UInt64 = 0
    /// How far the last of them moved it, in value units.
    var correctionDistance: Double = 0
}
