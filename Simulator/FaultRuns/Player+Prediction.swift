import ClientCore
import ClientSession
import Hyoshi
import Replication

/// What was predicted, against what the server has made of the same ticks.
extension Player {
    /// Compares the newest snapshot's tick, as it was predicted, with the server's state.
    ///
    /// They must be the same, to the last number, where the prediction could know everything: nobody
    /// else is in the room, each tick since the snapshot that it stands on was made with the commands
    /// that it was predicted with, and nothing was left to chance or became of things of nobody, which
    /// games leave to the server.
    func checkPrediction() {
        let tick = sight.newestTick
        guard plan.predicts, tick != 0, tick != sight.predictionTick else { return }
        sight.predictionTick = tick
        guard session.room.prediction == .on, let span = session.room.predictedSpan,
            span.base.rawValue < tick, tick <= span.newest.rawValue, let seat = sight.seat,
            let id = serverConnection(connection), let sent = log.connections[id], sent.own == nil,
            let before = log.rooms[sent.room].world.table(span.base.rawValue),
            let state = log.rooms[sent.room].world.table(tick),
            let witness = log.rooms[sent.room].witness,
            isForeseeable(from: before, to: state, seat: seat, witness)
        else { return }
        var predicted = state
        guard session.room.copyPredicted(state.tick, into: &predicted) else { return }
        sight.predictionsCompared += 1
        watch.sites.add(Site.client("prediction compared"))
        if tick - span.base.rawValue > 1 {
            watch.sites.add(Site.client("prediction of several ticks compared"))
        }
        if let difference = state.difference(fromPredicted: predicted, standingOn: before) {
            watch.report(
                .prediction,
                "\(name) predicts another state from tick \(span.base.rawValue): \(difference)")
        }
    }

    /// Whether everything that has led from one state to a later one could be known to the seat.
    private func isForeseeable(
        from before: EntityTable, to state: EntityTable, seat: SeatIndex, _ witness: RoomWitness
    ) -> Bool {
        var alone = SeatSet()
        alone.insert(seat)
        let width = game.inputFields.count
        guard let first = witness.step(before.tick.rawValue), first.seats == alone else {
            return false
        }
        for tick in (before.tick.rawValue + 1)...state.tick.rawValue {
            guard let step = witness.step(tick), step.seats == alone,
                step.randomState == first.randomState
            else { return false }
            for field in 0..<width {
                let applied = step.inputs[seat.index * width + field]
                guard session.room.commands.value(field, at: Tick(tick)) == applied else {
                    return false
                }
            }
        }
        return before.kinds.indices.allSatisfy { kind in
            game.kinds[kind].seatFieldPosition != nil
                || before.kinds[kind].ids == state.kinds[kind].ids
        }
    }
}

extension EntityTable {
    /// The first difference of a predicted table from this one, in words; nil where there is none.
    ///
    /// What has come since the table that the prediction stands on has a provisional id there.
    func difference(
        fromPredicted predicted: EntityTable, standingOn before: EntityTable
    ) -> String? {
        var named = predicted
        for kind in kinds.indices where kinds[kind].ids.count == predicted.kinds[kind].ids.count {
            for (row, id) in kinds[kind].ids.enumerated()
            where named.kinds[kind].ids[row] >= Self.provisionalIDMin
                && before.kinds[kind].row(of: id) == nil
            {
                named.kinds[kind].ids[row] = id
            }
        }
        return difference(from: named)
    }

    /// Ids from here on are of things that a client has predicted.
    private static var provisionalIDMin: UInt32 { 0x8000_0000 }
}
