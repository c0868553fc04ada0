import Hyoshi
import Replication
import RoomCore
import TransportInterface

/// What goes wrong on purpose with the members of a room; never called unless a test asks for it.
extension ServerCore {
    /// Lets faults strike the members of a room before a tick is sent to them.
    func strikeMembers(of hosted: HostedRoom, now: MonotonicInstant) {
        let faults = settings.faults
        let tick = hosted.room.tick.rawValue
        for member in hosted.members {
            guard let connection = member.connection, connection.phase == .joined else { continue }
            unblock(connection, tick: tick)
            if faults.strikes(.baselineForgotten) { member.acknowledge(0) }
            if member.replicator != nil, faults.strikes(.replicatorForgotten) {
                member.replicator?.reset()
            }
            guard connection.blockedSince == nil else { continue }
            let bits = faults.bits(.sendBlocked)
            if bits != 0 {
                let ticks = UInt32(truncatingIfNeeded: bits % 30) + 2
                connection.unblocksAtTick = tick &+ ticks
                blocked(connection.id, waitingByteCount: 1, now: now)
            } else if faults.strikes(.snapshotSkipped) {
                // Without a word to its pace, which would soon lower the rate.
                connection.unblocksAtTick = tick &+ 1
                connection.blockedSince = now
            }
        }
    }

    private func unblock(_ connection: ServerConnection, tick: UInt32) {
        guard let until = connection.unblocksAtTick, tick >= until else { return }
        connection.unblocksAtTick = nil
        connection.blockedSince = nil
        markDirty(connection)
    }
}
