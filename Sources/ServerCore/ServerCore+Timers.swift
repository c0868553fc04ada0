import RoomCore
import TransportInterface
import WebSocketProtocol

/// Deadlines and heartbeats, looked at once a second for each connection.
extension ServerCore {
    func checkTimers(now: MonotonicInstant) {
        guard !connections.isEmpty else { return }
        let share = (connections.count + 59) / 60
        for _ in 0..<share {
            if timerCursor >= connections.count { timerCursor = 0 }
            if let connection = connections[timerCursor] { checkTimers(of: connection, now: now) }
            timerCursor += 1
        }
    }

    private func checkTimers(of connection: ServerConnection, now: MonotonicInstant) {
        let limits = settings.limits
        switch connection.phase {
        case .handshake:
            // One whose answer was handed over whole has the transport's time to take it.
            if now >= connection.deadline, !connection.isEnding { drop(connection) }
            return
        case .greeting:
            if now >= connection.deadline { close(connection, .helloMissing, now: now) }
        case .joined:
            checkReader(connection, now: now)
            tellCounters(of: connection, now: now)
        case .closing:
            break
        case .handedOver:
            return
        }
        if connection.phase != .closing {
            if now >= connection.heardAt.advanced(bySeconds: limits.silenceSeconds) {
                counters.silentPeersClosed &+= 1
                close(connection, .silent, now: now)
            }
            if now >= connection.pingedAt.advanced(bySeconds: limits.pingSeconds),
                connection.blockedSince == nil
            {
                connection.pingedAt = now
                connection.owesPing = true
                markDirty(connection)
            }
        }
        settle(connection, now: now)
    }

    /// The last step of the slow reader's ladder: coalesced until now, and then ended.
    private func checkReader(_ connection: ServerConnection, now: MonotonicInstant) {
        guard let since = connection.blockedSince,
            now >= since.advanced(bySeconds: settings.limits.blockedSeconds)
        else { return }
        counters.slowReadersClosed &+= 1
        close(connection, .slowReader, now: now)
    }

    /// Ends the transport at once: there is nobody to talk to.
    func drop(_ connection: ServerConnection) {
        effects.effects.append(.close(connection.id, .immediately))
    }

    func closeEmptyRooms(now: MonotonicInstant) {
        guard
            let position = rooms.firstIndex(where: { hosted in
                guard !hosted.isPermanent, let since = hosted.emptySince else { return false }
                return now >= since.advanced(bySeconds: hosted.room.settings.emptyRoomSeconds)
            })
        else { return }
        closeRoom(at: position)
    }
}
