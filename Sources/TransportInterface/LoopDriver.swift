/// The protocol side of one event loop: a transport feeds it, and carries its effects out.
///
/// All calls come from the loop's own thread, one after another. A wake-up is: `accepted`,
/// `received`, `writable` and `closed` for whatever happened since the last one, then one
/// `poll(now:)`, then the transport empties ``effects``. A driver does no I/O and reads no clock.
package protocol LoopDriver: AnyObject {
    /// What the driver wants done; filled by every call, emptied by the transport.
    var effects: EffectBatch { get }

    /// When `poll` wants to be called next, at the latest.
    var nextDeadline: MonotonicInstant { get }

    /// A peer connected. `handedOver` is true where another loop of the group sent it here.
    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant)

    /// A connection asked for with ``Effect/connect(address:tag:)`` is open.
    func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant)

    /// A connection asked for with ``Effect/connect(address:tag:)`` could not be opened.
    func connectFailed(tag: UInt64, now: MonotonicInstant)

    /// Bytes came from the peer, segmented in any way. The span is valid during the call only.
    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant)

    /// The peer does not read: what was written last waits in the transport, in part or whole.
    /// The driver sends nothing more to it until `writable`, except a last close.
    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant)

    /// All that waited has been written.
    func writable(_ connection: ConnectionID, now: MonotonicInstant)

    /// The connection is gone; its id means nothing from here on.
    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant)

    /// Runs whatever is due at `now`: ticks, deadlines, timers.
    func poll(now: MonotonicInstant)

    /// The wake-up is over: every effect has been carried out at `now`.
    func finished(now: MonotonicInstant)

    /// The server is asked to stop: refuse new work and say goodbye to every peer.
    func shutDown(now: MonotonicInstant)
}

extension LoopDriver {
    /// Servers open no connections.
    package func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {}
    /// Servers open no connections.
    package func connectFailed(tag: UInt64, now: MonotonicInstant) {}
    /// Most drivers do not measure their wake-ups.
    package func finished(now: MonotonicInstant) {}
}
