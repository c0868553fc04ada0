/// What changes about a player's way.
package enum WayChange: Equatable, Sendable {
    /// There and back.
    case latency(nanoseconds: UInt64)
    /// Its spread.
    case jitter(nanoseconds: UInt64)
    /// Each way; 0 for any number.
    case bytesPerSecond(UInt64)
    /// Of a million writes, and for how long.
    case stalls(perMillion: UInt64, nanoseconds: UInt64)
    /// The largest piece; 0 for as written.
    case pieces(byteCountMax: Int)
    /// What the way holds.
    case buffer(byteCount: Int)
    /// Of a million writes.
    case resets(perMillion: UInt64)
}

/// What is done to a run at an instant.
///
/// Players are named by their positions.
package enum FaultAction: Equatable, Sendable {
    case way(player: Int, WayChange)
    case halfClose(player: Int, fromClient: Bool)
    case reset(player: Int)
    case cut(player: Int)
    case clientReads(player: Int, Bool)
    case serverReads(player: Int, Bool)
    case listens(Bool)
    /// Each new connection is read this late; 0 for at once.
    case slowHandshake(player: Int, nanoseconds: UInt64)
    case stallServer(nanoseconds: UInt64)
    case restartServer
    case stallClient(player: Int, nanoseconds: UInt64)
    case jumpClock(player: Int, nanoseconds: UInt64)
    case restart(player: Int, withToken: Bool)
    case leave(player: Int)
    case enter(player: Int)
    case kick(player: Int)
}

/// An action and when it is due.
package struct PlannedAction: Equatable, Sendable {
    /// Since the run's start.
    package var nanoseconds: UInt64
    /// What is done.
    package var action: FaultAction
}
