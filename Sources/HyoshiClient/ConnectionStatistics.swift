/// How well the connection and the prediction do.
public struct ConnectionStatistics: Sendable {
    /// Whether the room is joined and the connection stands.
    public internal(set) var isPlaying = false
    /// The least time that a message took there and back in the last seconds; nil before the first.
    public internal(set) var roundTrip: Duration?
    /// How much the arrivals of snapshots vary (RFC 3550 §6.4.1).
    public internal(set) var jitter = Duration.zero
    /// How much slower the server's beat is than the local clock, in millionths; nil before about
    /// five seconds.
    public internal(set) var driftPartsPerMillion: Double?
    /// How far commands are addressed ahead of the snapshots as they arrive, in ticks.
    public internal(set) var leadTicks = 0.0
    /// How many ticks before its own the last command came to the server; negative: too late.
    public internal(set) var margin: Int?
    /// How far others are shown in the past, in ticks.
    public internal(set) var interpolationDelayTicks = 0.0
    /// Whether the player's own things are predicted.
    public internal(set) var isPredicting = false
    /// Snapshots in which something of the own seat was not as predicted.
    public internal(set) var mispredictions: UInt64 = 0
    /// How far own things are shown from where they are predicted now, in the values' own unit.
    public internal(set) var visibleErrorDistance = 0.0
    /// The tick of the newest snapshot.
    public internal(set) var newestSnapshotTick: UInt32 = 0
    /// Snapshots received.
    public internal(set) var snapshots: UInt64 = 0
    /// Snapshots that could not be decoded or whose hash did not fit; each healed by a full one.
    public internal(set) var faultySnapshots: UInt64 = 0
    /// Commands sent.
    public internal(set) var commands: UInt64 = 0
    /// Commands that came too late for their tick, as the server has counted.
    public internal(set) var lateCommands: UInt64 = 0
    /// Commands that the server refused: too far ahead, or too many.
    public internal(set) var refusedCommands: UInt64 = 0
    /// Bytes received, WebSocket frames included.
    public internal(set) var bytesReceived: UInt64 = 0
    /// Bytes sent, WebSocket frames included.
    public internal(set) var bytesSent: UInt64 = 0
    /// Connections opened after the first.
    public internal(set) var reconnections: UInt64 = 0
    /// Seats resumed with a token.
    public internal(set) var resumptions: UInt64 = 0
    /// Reliable messages that wait for the server to take them.
    public internal(set) var messagesWaiting = 0
    /// Events that nobody read in time and that were let go, oldest first.
    public internal(set) var eventsDropped: UInt64 = 0
}
