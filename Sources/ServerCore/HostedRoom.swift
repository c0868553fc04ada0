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

    /// A snapshot behind its head: what is sent of a tick, beside what is private to a seat.
    struct SnapshotBody {
        /// The tick of the baseline; 0 where it is full.
        var baseline: UInt32
        /// Whether it ends in a hash.
        var hasHash: Bool
        var plain: ByteRange
        var deflated: ByteRange?
    }

    var members: [Member] = []
    /// The baselines of those who share their snapshots.
    var history = SnapshotHistory()
    var encoder: SnapshotEncoder
    /// What those who have snapshots of their own are sent them with; nil where everybody shares.
    var replication: RoomReplication?
    /// This tick's bodies that members share, one for each baseline; emptied with each tick.
    var shared: [SnapshotBody] = []
    /// The last tick of which snapshots were sent.
    var shownTick: UInt32 = 0
    /// Whether this tick's snapshots carry a hash.
    private(set) var isHashDue = false
    /// The hash of the room's whole table, where one is due.
    private(set) var tableHash: UInt32?
    /// The first tick whose snapshots carry a hash again.
    private var nextHashTick: UInt32 = 1
    var rosterFrame: [UInt8] = []
    var rosterChanged = true
    var emptySince: MonotonicInstant?
    var joins: TokenBucket

    init(room: Room, schema: Schema, isPermanent: Bool, limits: ServerLimits, now: MonotonicInstant)
    {
        self.room = room
        self.isPermanent = isPermanent
        encoder = SnapshotEncoder(schema: schema)
        replication = HostedRoom.makeReplication(for: room, schema: schema)
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

    /// Keeps the room's table as a baseline, and decides on the hash of its tick.
    ///
    /// Hashes go with ticks that are multiples of the interval, or with the next one that is sent:
    /// so they reach connections whose rate was lowered.
    func beginBroadcast() {
        beginReplication()
        shared.removeAll(keepingCapacity: true)
        let tick = room.tick.rawValue
        let interval = UInt32(clamping: room.settings.hashIntervalTicks)
        isHashDue = interval > 0 && tick >= nextHashTick
        tableHash = nil
        if isHashDue {
            nextHashTick = UInt32(clamping: UInt64(tick - tick % interval) + UInt64(interval))
        }
    }

    /// The hash of the whole table, made at its first use in a tick; nil where none is due.
    func sharedHash() -> UInt32? {
        guard isHashDue else { return nil }
        if tableHash == nil { tableHash = TableHash.hash(room.table) }
        return tableHash
    }

    /// Takes a member out and tells the others.
    func remove(_ member: Member, now: MonotonicInstant) {
        members.removeAll { $0 === member }
        rosterChanged = true
        if members.isEmpty { emptySince = now }
    }

    /// Adds a member and tells the others.
    func add(_ member: Member) {
        giveReplicator(to: member)
        members.append(member)
        rosterChanged = true
        emptySince = nil
    }
}
