import GameProtocol
import Hyoshi
import Replication
import RoomCore
import TransportInterface

/// Rooms in which each seat has snapshots of its own: by interest, by budget, or for their size.
extension HostedRoom {
    /// What seats of a room with an interest are sent at most unless the room says otherwise.
    static let seatBytesPerSecondDefault = 32_000

    /// The budget of each seat of a room, in bytes a second; nil for none.
    static func seatBytesPerSecond(_ settings: RoomSettings, _ interest: Interest) -> Int? {
        guard let wanted = settings.seatBytesPerSecondMax else {
            return interest == .everything ? nil : seatBytesPerSecondDefault
        }
        return wanted > 0 ? wanted : nil
    }

    /// What the room's replicators share; nil where all members share the same snapshots.
    static func makeReplication(for room: Room, schema: Schema) -> RoomReplication? {
        let replication = RoomReplication(schema: schema, game: room.game)
        guard
            room.game.interest != .everything || replication.mayExceedMessage
                || seatBytesPerSecond(room.settings, room.game.interest) != nil
        else { return nil }
        return replication
    }

    /// Gives a member a replicator of its own where the room's kind of sharing asks for one.
    ///
    /// Spectators are shown everything, without a budget: they share their snapshots unless the
    /// world can become too large for one message.
    func giveReplicator(to member: Member) {
        guard let replication, member.seat != nil || replication.mayExceedMessage else { return }
        let bytesPerSecond = HostedRoom.seatBytesPerSecond(room.settings, room.game.interest)
        member.replicator = SeatReplicator(
            seat: member.seat, schema: encoder.schema,
            budget: member.seat == nil
                ? nil
                : bytesPerSecond.map {
                    ByteBudget(bytesPerSecond: $0, tickRate: room.scheduler.tickRate)
                })
    }

    /// Looks at the world of a tick for whoever has snapshots of its own, and keeps it as a baseline
    /// for whoever shares them.
    func beginReplication() {
        replication?.begin(room.table)
        if replication == nil || members.contains(where: { $0.replicator == nil }) {
            history.record(room.table)
        }
    }

    /// The history that a member's baselines come from: exactly what it was sent.
    func history(of member: Member) -> SnapshotHistory {
        member.replicator?.history ?? history
    }
}

extension ServerCore {
    /// The least body of a member's own that is worth compressing, in bytes.
    ///
    /// A delta is shorter as a rule, and compressing one for each seat would cost more than the room.
    private static let ownBodyCompressedFromBytes = 512

    /// The body of a snapshot that is made for one member; nil where it shares the room's.
    ///
    /// Bodies are compressed one by one and without context takeover (RFC 7692 §7.1.1), so nothing
    /// of one seat's bytes shows in the length of another's.
    func ownBody(
        of member: Member, in hosted: HostedRoom, baseline: UInt32, compresses: Bool,
        into bytes: inout [UInt8]
    ) -> HostedRoom.SnapshotBody? {
        // Taken out for the call, so that it is changed in place.
        guard member.replicator != nil, var replication = hosted.replication.take() else {
            return nil
        }
        defer { hosted.replication = replication }
        if hosted.room.game.interest == .custom, let seat = member.seat {
            replication.filter.selection.removeAll()
            hosted.room.show(to: seat, in: &replication.filter.selection)
        }
        member.replicator?.compose(
            hosted.room.table, baseline: Tick(baseline), room: &replication)
        var hash: UInt32?
        if hosted.isHashDue, let table = member.replicator?.table {
            hash = TableHash.hash(table)
        }
        let start = bytes.count
        ServerMessagePacker.snapshotBody(replication.encoder, hash: hash, into: &bytes)
        let plain = ByteRange(start: start, count: bytes.count - start)
        let distance = UInt32(truncatingIfNeeded: replication.encoder.baselineDistance)
        var body = HostedRoom.SnapshotBody(
            baseline: distance == 0 ? 0 : hosted.room.tick.rawValue &- distance,
            hasHash: hash != nil, plain: plain, deflated: nil)
        if compresses, plain.count >= Self.ownBodyCompressedFromBytes {
            body.deflated = deflated(plain, in: &bytes)
        }
        return body
    }
}
