package import GameProtocol

/// Why a client predicts, or why it does not.
package enum PredictionState: UInt8, Sendable, Equatable {
    /// Own things are predicted.
    case on = 0
    /// It was switched off.
    case switchedOff = 1
    /// The client was made without the game's rules.
    case noGame = 2
    /// The server's declarations of the game are not those that the client was compiled with.
    case otherSchema = 3
    /// There is no own seat to predict for.
    case spectating = 4
    /// No snapshot has come on this connection yet.
    case waiting = 5
}

/// How well the way to the server and the prediction do: for a panel, a report, a metric.
package struct ClientStatistics: Sendable, Equatable {
    /// The least round trip of the last seconds, nanoseconds; nil before the first pong.
    package var roundTripNanoseconds: UInt64?
    /// How much the arrivals of snapshots vary, nanoseconds, smoothed as in RFC 3550 §6.4.1.
    package var jitterNanoseconds: Int64 = 0
    /// How much slower the server's beat is than the local clock, in millionths; nil before about
    /// five seconds of snapshots.
    package var driftPartsPerMillion: Double?
    /// How far commands are addressed ahead of the snapshots as they arrive, in ticks.
    package var leadTicks: Double = 0
    /// The margin of the own commands as the newest snapshot told it, in ticks; nil before.
    package var margin: Int?
    /// Time since the newest snapshot came, nanoseconds; nil before the first.
    package var silenceNanoseconds: UInt64?
    /// How far others are shown behind the snapshots as they arrive, in ticks.
    package var interpolationDelayTicks: Double = 0
    /// Whether own things are predicted.
    package var prediction = PredictionState.noGame
    /// Ticks from the newest snapshot to the newest predicted one.
    package var predictedTicks = 0
    /// The newest snapshot's tick.
    package var newestSnapshot: UInt32 = 0
    /// The newest tick that the own player has given a command for.
    package var newestCommand: UInt32 = 0
    /// Snapshots in which something of the own seat was not as predicted a tick before.
    package var mispredictions: UInt64 = 0
    /// Times that a place or direction of an own thing had to be corrected where it was shown.
    package var corrections: UInt64 = 0
    /// How far the last correction moved an own thing, in the value units of its coordinates.
    package var correctionDistance: Double = 0
    /// How far own things are shown from where they are predicted now, at most: what is left of
    /// the corrections.
    package var visibleErrorDistance: Double = 0
    /// Ticks that were made a second time or more often.
    package var resimulatedTicks: UInt64 = 0
    /// Snapshots whose hash did not fit the table that was decoded.
    package var desyncs: UInt64 = 0

    /// What became of the own commands, as the server has told last; nil before.
    package var commands: CommandCounters?

    /// Nothing measured.
    package init() {}
}
