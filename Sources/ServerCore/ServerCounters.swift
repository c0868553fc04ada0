/// What happened on one loop since the start: plain numbers that only rise.
package struct ServerCounters: Equatable, Sendable {
    /// Transport connections that were admitted.
    package var connectionsAccepted: UInt64 = 0
    /// Connections that were turned away at a limit.
    package var connectionsRefused: UInt64 = 0
    /// Plain HTTP requests that were answered.
    package var requestsAnswered: UInt64 = 0
    /// Upgrades that were refused with a status.
    package var handshakesRefused: UInt64 = 0
    /// WebSocket connections that were opened.
    package var upgrades: UInt64 = 0
    /// Players that joined, resumed ones included.
    package var joins: UInt64 = 0
    /// Seats that were resumed with a token.
    package var resumes: UInt64 = 0
    /// Messages that came from peers.
    package var messagesReceived: UInt64 = 0
    /// Messages that were dropped for the rate limit.
    package var messagesDropped: UInt64 = 0
    /// Snapshots that were sent.
    package var snapshotsSent: UInt64 = 0
    /// Of these, how many were full ones.
    package var fullSnapshotsSent: UInt64 = 0
    /// Snapshots that a slow reader did not get because a newer one took their place.
    package var snapshotsCoalesced: UInt64 = 0
    /// How often a connection that was blocked again and again had its rate of snapshots halved.
    package var ratesLowered: UInt64 = 0
    /// Snapshots that a connection did not get for its lowered rate.
    package var snapshotsSkipped: UInt64 = 0
    /// How often a baseline had rolled off when a snapshot was due, so that it went out in full.
    package var resyncs: UInt64 = 0
    /// Reports of peers that have decoded something else than was sent.
    package var desyncs: UInt64 = 0
    /// Payload bytes of the snapshots that were sent.
    package var snapshotBytesSent: UInt64 = 0
    /// Connections that were closed with 1013 for not reading.
    package var slowReadersClosed: UInt64 = 0
    /// Peers that were taken for dead.
    package var silentPeersClosed: UInt64 = 0
    /// Reliable events that were relayed.
    package var eventsRelayed: UInt64 = 0
    /// Connections that were closed for breaking the WebSocket or the game protocol.
    package var violations: UInt64 = 0

    package init() {}
}
