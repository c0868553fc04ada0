import Hyoshi
import Replication
import RoomCore
import TransportInterface
import WebSocketProtocol

/// A player or spectator of a room; a player outlives the connection while the seat is held.
final class Member {
    /// The seat, or nil for a spectator.
    let seat: SeatIndex?
    /// The name as the roster shows it.
    var name: String
    /// SHA-256 of the token that resumes the seat; the token itself is not kept.
    var tokenDigest: [32 of UInt8]
    /// That of the token before it, until the peer is known to have got the present one: the welcome
    /// that carries it may be lost with its connection.
    var formerTokenDigest: [32 of UInt8]?
    /// The connection that has used the former token, by its number.
    private var connectionNumber: UInt64 = 0
    /// The connection, or nil while the seat is held.
    var connection: ServerConnection?
    /// Events for this member.
    var lane: ReliableLane
    /// The id of the newest event taken from this member.
    var takenEventID: UInt32 = 0
    /// Whether `takenEventID` is to be told.
    var owesAcknowledgement = false
    /// Whether the roster is to be sent.
    var needsRoster = true
    /// The newest snapshot that the peer says it has decoded; 0 for none.
    var acknowledgedTick: UInt32 = 0
    /// What makes its own snapshots, where it does not share the room's.
    var replicator: SeatReplicator?
    /// Whether its baseline has rolled off, so that it is sent full snapshots until it acknowledges.
    var isResyncing = false
    /// What it was last told about its commands.
    var toldCounters = InputCounters()
    /// When it may be told again.
    var tellAt: MonotonicInstant
    /// Reports of desyncs that are looked into.
    var desyncs: TokenBucket
    /// The newest snapshot that was sent on this connection; 0 for none.
    var sentTick: UInt32 = 0
    /// Which of the 64 ticks up to `sentTick` were sent on this connection: bit i is `sentTick` − i.
    private var sentTicks: UInt64 = 0
    var events: TokenBucket

    init(
        seat: SeatIndex?, name: String, tokenDigest: [32 of UInt8], limits: ServerLimits,
        now: MonotonicInstant
    ) {
        self.seat = seat
        self.name = name
        self.tokenDigest = tokenDigest
        lane = ReliableLane(
            entriesMax: limits.waitingEventsMax, bytesMax: limits.waitingEventBytesMax)
        events = TokenBucket(perSecond: limits.eventsPerSecond, burst: limits.eventsBurst, now: now)
        desyncs = TokenBucket(perSecond: 1, burst: 2, now: now)
        tellAt = now
    }

    /// Whether a token of this digest resumes the seat, on this connection.
    func isResumed(
        by digest: borrowing [32 of UInt8], on connection: ServerConnection
    ) -> Bool {
        // Where an event is missing, also for a connection that was ending already, nothing goes on.
        guard seat != nil, !lane.hasGap else { return false }
        if ConstantTime.areEqual(tokenDigest.span, digest.span) { return true }
        // Whoever got no welcome comes again on a connection of its own. A hello on an older one than
        // that which has used the token was overtaken on its way, by a program that was started anew.
        guard let formerTokenDigest, connection.number > connectionNumber else { return false }
        return ConstantTime.areEqual(formerTokenDigest.span, digest.span)
    }

    /// Gives out another token; the one that was used stays good until the peer speaks again.
    func renewToken(_ next: [32 of UInt8], used digest: [32 of UInt8]) {
        formerTokenDigest = digest
        tokenDigest = next
    }

    /// Takes a new connection: what was sent on the former one may not have arrived.
    func attach(_ connection: ServerConnection) {
        self.connection = connection
        connectionNumber = connection.number
        connection.member = self
        acknowledgedTick = 0
        sentTick = 0
        sentTicks = 0
        isResyncing = false
        toldCounters = InputCounters()
        replicator?.reset()
        needsRoster = true
        // The welcome tells what was taken.
        owesAcknowledgement = false
        lane.restart()
    }

    /// The snapshot of `tick` goes out on this connection.
    func noteSent(_ tick: UInt32) {
        // A shift by 64 or more leaves no bit.
        sentTicks = sentTicks << (tick &- sentTick) | 1
        sentTick = tick
    }

    /// Whether the snapshot of a tick was sent on this connection and not long ago.
    func wasSent(_ tick: UInt32) -> Bool {
        tick != 0 && tick <= sentTick && (sentTicks >> (sentTick - tick)) & 1 == 1
    }

    /// The snapshot that the next one is to be cut against; 0 for none.
    func baseline(_ policy: BaselinePolicy) -> UInt32 {
        switch policy {
        case .acknowledged: acknowledgedTick
        // The bytes arrive in order: whoever decodes the next one has got this one.
        case .lastWritten: acknowledgedTick == 0 ? 0 : sentTick
        }
    }

    /// Nothing that was sent so far is a baseline any more: the next snapshots are in full, until one
    /// of them is acknowledged.
    ///
    /// Acknowledgements of what came before may still be on their way.
    func distrustSent() {
        acknowledgedTick = 0
        sentTicks = 0
    }

    /// Takes an acknowledgement: a baseline is only ever a snapshot that was sent on this connection
    /// and not replaced by a newer one; 0 takes it back.
    func acknowledge(_ tick: UInt32) {
        if tick == 0 {
            acknowledgedTick = 0
        } else if tick > acknowledgedTick, wasSent(tick) {
            acknowledgedTick = tick
        }
    }
}
