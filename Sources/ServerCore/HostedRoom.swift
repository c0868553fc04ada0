import GameProtocol
import Hyoshi
import Replication
package import RoomCore
import TransportInterface

/// A room together with its members and what its snapshots are made with.
package final class HostedRoom {
    /// The room itself.
    package let room: Room
    /// Whether it stays open without members.
    package let isPermanent: Bool
    /// A number for whoever observes rooms, set in ``ServerEnvironment/roomOpened(_:)``.
    package var observerKey = 0

    /// The shared part of a tick's snapshot for one baseline.
    struct SharedSnapshot {
        var baseline: UInt32
        var plain: ByteRange
        var deflated: ByteRange?
    }

    var members: [Member] = []
    var history = SnapshotHistory()
    var encoder: SnapshotEncoder
    /// This tick's shared parts; emptied with each tick.
    var shared: [SharedSnapshot] = []
    var rosterFrame: [UInt8] = []
    var rosterChanged = true
    var emptySince: MonotonicInstant?
    var joins: TokenBucket

    init(room: Room, schema: Schema, isPermanent: Bool, limits: ServerLimits, now: MonotonicInstant)
    {
        self.room = room
        self.isPermanent = isPermanent
        encoder = SnapshotEncoder(schema: schema)
        emptySince = now
        joins = TokenBucket(
            perSecond: limits.joinsPerSecond, burst: limits.joinsPerSecond, now: now)
    }

    /// Players, present and held.
    package var playerCount: Int { room.seats.count }

    /// Spectators.
    package var spectatorCount: Int {
        members.count { $0.seat == nil }
    }

    /// The member on a seat.
    func member(on seat: SeatIndex) -> Member? {
        members.first { $0.seat == seat }
    }

    /// Takes a member out and tells the others.
    func remove(_ member: Member, now: MonotonicInstant) {
        members.removeAll { $0 === member }
        rosterChanged = true
        if members.isEmpty { emptySince = now }
    }

    /// Adds a member and tells the others.
    func add(_ member: Member) {
        members.append(member)
        rosterChanged = true
        emptySince = nil
    }
}
