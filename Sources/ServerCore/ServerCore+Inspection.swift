package import Hyoshi
package import Replication
package import TransportInterface

/// What checks of a whole run look at; no server needs it.
package struct MemberInspection {
    /// The seat, or nil for a spectator.
    package var seat: SeatIndex?
    /// The name as the roster shows it.
    package var name: String
    /// The connection, or nil while the seat is held.
    package var connection: ConnectionID?
    /// Whether the connection carries this very member, in this very room.
    package var isAttached: Bool
    /// Whether the connection is being closed.
    package var isClosing: Bool
    /// The newest snapshot that was sent on this connection; 0 for none.
    package var sentTick: UInt32
    /// The newest snapshot that the peer says it has decoded; 0 for none.
    package var acknowledgedTick: UInt32
    /// The newest event that was taken from it.
    package var takenEventID: UInt32
    /// Events that wait for its acknowledgement.
    package var waitingEventCount: Int
    /// Their bytes.
    package var waitingEventByteCount: Int
    /// Whether an event is missing, so that its token resumes nothing.
    package var hasGap: Bool
    /// What makes its own snapshots, where it does not share the room's.
    package var replicator: SeatReplicator?
}

/// One connection, as checks see it.
package struct ConnectionInspection {
    /// Its name.
    package var id: ConnectionID
    /// When its peer was heard last.
    package var heardAt: MonotonicInstant
    /// Bytes that wait for the next flush.
    package var outboxByteCount: Int
    /// Bytes of a request that is being read.
    package var requestByteCount: Int
    /// Whether it is marked to be flushed.
    package var isDirty: Bool
}

extension HostedRoom {
    /// The members, players and spectators, in the order in which they came.
    package var memberInspections: [MemberInspection] {
        members.map { member in
            MemberInspection(
                seat: member.seat, name: member.name, connection: member.connection?.id,
                isAttached: member.connection.map {
                    $0.member === member && $0.hosted === self
                } ?? true,
                isClosing: member.connection?.phase == .closing,
                sentTick: member.sentTick, acknowledgedTick: member.acknowledgedTick,
                takenEventID: member.takenEventID, waitingEventCount: member.lane.count,
                waitingEventByteCount: member.lane.byteCount, hasGap: member.lane.hasGap,
                replicator: member.replicator)
        }
    }
}

extension ServerCore {
    /// The connections, by slot.
    package var connectionInspections: [ConnectionInspection] {
        connections.compactMap { connection in
            connection.map {
                ConnectionInspection(
                    id: $0.id, heardAt: $0.heardAt, outboxByteCount: $0.outbox.count,
                    requestByteCount: $0.opening?.received.count ?? 0, isDirty: $0.isDirty)
            }
        }
    }

    /// Slots that are marked to be flushed.
    package var dirtySlotCount: Int { dirtySlots.count }

    /// Ends that wait until nobody walks over the members.
    package var lateEndCount: Int { lateCloses.count + lateRemovals.count }
}
