import GameProtocol
package import Hyoshi
package import TransportInterface

/// What there is to be seen of a room.
extension ClientRoom {
    /// What ``show(at:)`` has made last.
    package var shown: ClientView {
        _read { yield stage.presentation.view }
    }

    /// Whether own things are predicted, or why not.
    package var prediction: PredictionState { stage.state }

    /// Makes ``shown`` what is to be drawn at `now`: once for each refresh of a display, after the
    /// command of that refresh.
    ///
    /// Instants must not go back. Without a connection it shows what was known last. Cost: a copy
    /// of what is shown, and after a snapshot the prediction from there on.
    package mutating func show(at now: MonotonicInstant) {
        stage.show(
            atNanoseconds: now.nanoseconds,
            arrivalTick: clock.tickWithFraction(at: now, aheadNanoseconds: 0),
            commandTick: commandTickWithFraction(at: now), commands: commands, seats: seats)
    }

    /// Switches the prediction of own things on or off; it is on where it is possible.
    package mutating func setPrediction(_ isOn: Bool) {
        stage.setPrediction(isOn)
    }

    /// Copies the table of a predicted tick, or for their ticks the last snapshots; false, and
    /// nothing touched, where it is not kept.
    package func copyPredicted(_ tick: Tick, into table: inout EntityTable) -> Bool {
        stage.copyPredicted(tick, into: &table)
    }

    /// The snapshot that the prediction stands on, and the newest tick that was made from there; nil
    /// where nothing is predicted.
    ///
    /// When a snapshot has come it is still the one before, until the prediction goes on.
    package var predictedSpan: (base: Tick, newest: Tick)? { stage.predictedSpan }

    /// How well the way to the server and the prediction do.
    package func statistics(at now: MonotonicInstant) -> ClientStatistics {
        var statistics = ClientStatistics()
        statistics.roundTripNanoseconds = clock.roundTripNanoseconds
        statistics.jitterNanoseconds = clock.jitterNanoseconds
        statistics.driftPartsPerMillion = clock.driftPartsPerMillion
        statistics.leadTicks = Double(lead.nanoseconds) / Double(clock.tickNanoseconds)
        statistics.margin = margin
        statistics.silenceNanoseconds = snapshotArrivedAt.map { now.nanoseconds(since: $0) }
        statistics.interpolationDelayTicks = stage.delayTicks
        statistics.prediction = prediction
        statistics.predictedTicks = stage.predictedTicks
        statistics.newestSnapshot = newestSnapshot.rawValue
        statistics.newestCommand = commands.newest.rawValue
        statistics.mispredictions = stage.counts.mispredictions
        statistics.corrections = stage.counts.corrections
        statistics.correctionDistance = stage.counts.correctionDistance
        statistics.visibleErrorDistance = stage.presentation.visibleErrorDistance
        statistics.resimulatedTicks = stage.resimulatedTicks
        statistics.desyncs = desyncs
        statistics.commands = counters
        return statistics
    }

    /// What the player knows at `now`, or nil before the first snapshot.
    // In place: a room of which a method is called that does not change it is copied, all 1,700 bytes.
    @inline(__always)
    package func view(at now: MonotonicInstant) -> EntityView? {
        guard let table else { return nil }
        return EntityView(table: table, seat: seat, commandTick: commandTick(at: now))
    }

    /// ``view(at:)`` for an owner who can change the room: it is not copied for that.
    package mutating func takeView(at now: MonotonicInstant) -> EntityView? { view(at: now) }

    /// The tick that a command given at `now` is for.
    ///
    /// It is never so far ahead of the newest snapshot that the server, which keeps commands for
    /// 32 ticks, could refuse it: also not where the server has fallen behind its own beat.
    @inline(__always)
    package func commandTick(at now: MonotonicInstant) -> Tick {
        let wanted = clock.tick(at: now, aheadNanoseconds: lead.nanoseconds)
        guard newestSnapshot != .zero else { return wanted }
        return min(max(wanted, newestSnapshot.advanced(by: 1)), latestCommandTick)
    }

    /// ``commandTick(at:)`` with its fraction.
    private func commandTickWithFraction(at now: MonotonicInstant) -> Double {
        let wanted = clock.tickWithFraction(at: now, aheadNanoseconds: lead.nanoseconds)
        guard newestSnapshot != .zero else { return wanted }
        return min(
            max(wanted, Double(newestSnapshot.rawValue) + 1), Double(latestCommandTick.rawValue))
    }

    @inline(__always)
    private var latestCommandTick: Tick {
        let way = Int64(clamping: min(clock.roundTripNanoseconds ?? 0, 1_000_000_000))
        return newestSnapshot.advanced(
            by: Self.commandTicksMax + Int(way / clock.tickNanoseconds))
    }

    /// How many ticks before `tick` the others are that are shown now, as far as the server cares;
    /// exactly, so between ticks where something is shown.
    @inline(__always)
    func exactViewDelay(of tick: Tick) -> Double {
        let shownTick = shown.remoteTick
        let seen = shownTick > 0 ? shownTick : Double(newestSnapshot.rawValue)
        guard let rewindTicksMax = welcome?.rewindTicksMax, seen > 0 else { return 0 }
        return min(max(Double(tick.rawValue) - seen, 0), Double(rewindTicksMax))
    }
}
