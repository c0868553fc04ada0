import Histogram

/// What the server itself says about the beat of a run's rooms: of each percentile the worst room.
package struct ServerBeat: Sendable, Equatable {
    /// Start of ticks after their deadline, nanoseconds.
    package var latenessP50: Double
    package var latenessP99: Double
    package var latenessP999: Double
    package var latenessMax: Double
    /// Ticks that could not be made in time.
    package var droppedTicks: Int?
    /// Input commands that had an effect, at their tick or later.
    package var inputsApplied: Int?
    /// Input commands that had none: too early, or beyond the rate limit.
    package var inputsDropped: Int?

    /// Takes the numbers over.
    package init(
        latenessP50: Double, latenessP99: Double, latenessP999: Double, latenessMax: Double,
        droppedTicks: Int? = nil, inputsApplied: Int? = nil, inputsDropped: Int? = nil
    ) {
        self.latenessP50 = latenessP50
        self.latenessP99 = latenessP99
        self.latenessP999 = latenessP999
        self.latenessMax = latenessMax
        self.droppedTicks = droppedTicks
        self.inputsApplied = inputsApplied
        self.inputsDropped = inputsDropped
    }

    /// Takes off what had been counted before the run; percentiles are since the rooms opened.
    package mutating func subtract(_ before: ServerBeat) {
        func difference(_ now: Int?, _ then: Int?) -> Int? {
            now.map { max($0 - (then ?? 0), 0) }
        }
        droppedTicks = difference(droppedTicks, before.droppedTicks)
        inputsApplied = difference(inputsApplied, before.inputsApplied)
        inputsDropped = difference(inputsDropped, before.inputsDropped)
    }
}

/// A run's result: what was measured between the moment when all bots had joined and the end.
package struct Report: Sendable {
    /// Rooms and bots in each.
    package var rooms: Int
    package var botsPerRoom: Int
    /// How long was measured.
    package var seconds: Double
    /// The rooms' tick rate, from the welcome.
    package var tickRate: Int
    /// Bots with an open connection at the end, and bots that had joined.
    package var connected: Int
    package var joined: Int
    /// Everything that was counted.
    package var measurements: Measurements
    /// Snapshots of the bot with the fewest.
    package var snapshotsFewest: Int
    /// The server's own numbers, or why there are none.
    package var beat: ServerBeat?
    package var beatAbsence: String?

    /// Takes the numbers over.
    package init(
        rooms: Int, botsPerRoom: Int, seconds: Double, tickRate: Int, connected: Int, joined: Int,
        measurements: Measurements, snapshotsFewest: Int, beat: ServerBeat? = nil,
        beatAbsence: String? = nil
    ) {
        self.rooms = rooms
        self.botsPerRoom = botsPerRoom
        self.seconds = seconds
        self.tickRate = tickRate
        self.connected = connected
        self.joined = joined
        self.measurements = measurements
        self.snapshotsFewest = snapshotsFewest
        self.beat = beat
        self.beatAbsence = beatAbsence
    }

    /// All bots, also those that never joined.
    package var bots: Int { rooms * botsPerRoom }

    /// The numbers that can be required.
    package var values: MetricValues {
        var values = MetricValues()
        values[.connected] = Double(connected)
        values[.joined] = Double(joined)
        values[.inputsSent] = Double(measurements.inputsSent)
        values[.reconnects] = Double(measurements.reconnects)
        values[.closes] = Double(measurements.closes)
        if seconds > 0, bots > 0 {
            addRates(to: &values)
        }
        if measurements.marginsKnown > 0 {
            values[.inputsLate] =
                Double(measurements.marginsNegative) / Double(measurements.marginsKnown)
        }
        let arrivals = measurements.interArrival
        values[.interArrivalP50] = percentile(arrivals, 50)
        values[.interArrivalP99] = percentile(arrivals, 99)
        values[.interArrivalP999] = percentile(arrivals, 99.9)
        values[.interArrivalMax] = percentile(arrivals, 100)
        values[.roundTripP50] = percentile(measurements.roundTrip, 50)
        values[.roundTripP99] = percentile(measurements.roundTrip, 99)
        if let beat { add(beat, to: &values) }
        return values
    }

    private func addRates(to values: inout MetricValues) {
        let snapshots = Double(measurements.snapshots)
        let due = (seconds * Double(tickRate)).rounded(.down) * Double(bots)
        // One snapshot more than due is a matter of where the window was cut.
        if due > 0 { values[.delivered] = min(snapshots / due, 1) }
        values[.snapshotsMean] = snapshots / seconds / Double(bots)
        values[.snapshotsMin] = joined < bots ? 0 : Double(snapshotsFewest) / seconds
        values[.bytesPerClient] = Double(measurements.bytesReceived) / seconds / Double(bots)
    }

    private func add(_ beat: ServerBeat, to values: inout MetricValues) {
        values[.latenessP50] = beat.latenessP50
        values[.latenessP99] = beat.latenessP99
        values[.latenessP999] = beat.latenessP999
        values[.latenessMax] = beat.latenessMax
        if let dropped = beat.droppedTicks { values[.droppedTicks] = Double(dropped) }
        if let applied = beat.inputsApplied, let dropped = beat.inputsDropped, applied + dropped > 0
        {
            values[.inputsDropped] = Double(dropped) / Double(applied + dropped)
        }
    }

    private func percentile(_ histogram: Histogram<UInt32>, _ percentile: Double) -> Double? {
        guard histogram.totalCount > 0 else { return nil }
        // The upper edge of the last bucket can lie above what was ever seen.
        return Double(min(histogram.valueAtPercentile(percentile), histogram.max))
    }
}
