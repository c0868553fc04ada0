import GameProtocol
import Hyoshi
package import Replication
import RoomCore
package import TransportInterface
import WebSocketProtocol

/// The serving of one event loop: its connections, sessions and rooms, bytes to bytes.
///
/// A transport (or a virtual network) drives it through ``LoopDriver``. All protocol decisions are
/// made here, none of them blocks, and each wake-up's effects are one batch. Not thread-safe: it
/// belongs to its loop.
package final class ServerCore: LoopDriver {
    package let effects = EffectBatch()
    /// How it serves.
    package let settings: ServerSettings
    /// What happened so far.
    package internal(set) var counters = ServerCounters()

    let environment: any ServerEnvironment
    let schemas: [Schema]
    let scratch = WebSocketScratch()
    var deflater: BroadcastDeflater?
    /// Connections by slot.
    var connections: [ServerConnection?] = []
    /// Transport connections that are open on this loop.
    package internal(set) var connectionCount = 0
    /// Connections that have come so far, refused ones too.
    private var connectionNumber: UInt64 = 0
    /// Open rooms, in the order in which they were opened.
    package internal(set) var rooms: [HostedRoom] = []
    var roomPositions: [String: Int] = [:]
    /// Bytes of documents that may still be sent in this wake-up.
    var documentBytesLeft = 0
    /// Slots of connections with something to flush.
    var dirtySlots: [Int32] = []
    var batchNumber: UInt64 = 0
    /// The next slot whose timers are looked at.
    var timerCursor = 0
    /// The beat of everything that is not a room's tick, on the same grid as ticks of 60 Hz: a loop
    /// with such rooms wakes up once for both.
    var serviceBeat: TickScheduler
    var isShuttingDown = false
    /// The private head of the snapshot that is being written.
    var headScratch: [UInt8] = []
    /// Upgrades that are left.
    var handshakes: TokenBucket
    /// The values of the input message that is being handled.
    var inputValues: [Int32] = []
    /// The plain bytes that are being compressed.
    var deflateScratch: [UInt8] = []
    let limits = ProtocolLimits()
    /// Ends that wait until nobody walks over the members.
    var lateCloses: [(ConnectionID, CloseReason)] = []
    var lateRemovals: [Member] = []
    /// Connections whose hand-over is in the present batch.
    var handedOver: [ConnectionID] = []

    /// Bytes of pongs and the like that may wait for a connection that does not read.
    static let outboxByteCountMax = 16 * 1024

    /// The window of the compressor that all connections share: 4 KiB, more than a snapshot has.
    static let sharedWindowBits = 12

    /// Makes a core; its permanent rooms that have their place on this loop are opened.
    package init(
        settings: ServerSettings, environment: any ServerEnvironment
    ) throws(SchemaError) {
        self.settings = settings
        self.environment = environment
        var schemas: [Schema] = []
        for game in settings.games { schemas.append(try Schema(game)) }
        self.schemas = schemas
        deflater = BroadcastDeflater(windowBits: ServerCore.sharedWindowBits)
        serviceBeat = TickScheduler(tickRate: 60, catchUpTicksMax: 1, now: environment.now())
        handshakes = TokenBucket(
            perSecond: settings.limits.handshakesPerSecond,
            burst: settings.limits.handshakesBurst, now: environment.now())
        openPermanentRooms()
    }

    deinit {
        // Members and their connections hold each other until one of them ends.
        for connection in connections {
            connection?.member?.connection = nil
        }
    }

    // MARK: LoopDriver

    package var nextDeadline: MonotonicInstant {
        var deadline = serviceBeat.nextDeadline
        for hosted in rooms {
            deadline = min(deadline, hosted.room.scheduler.nextDeadline)
        }
        return deadline
    }

    package func accepted(
        _ id: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        let slot = Int(id.slot)
        guard slot >= 0 else { return }
        while connections.count <= slot { connections.append(nil) }
        connectionNumber &+= 1
        let connection = ServerConnection(
            id: id, number: connectionNumber, peer: peer, handedOver: handedOver,
            settings: settings, now: now)
        if !handedOver {
            switch isShuttingDown ? .serverFull : environment.admit(peer) {
            case .admitted:
                counters.connectionsAccepted &+= 1
            case .serverFull, .addressFull:
                counters.connectionsRefused &+= 1
                effects.effects.append(.close(id, .immediately))
                return
            }
        }
        connection.holdsPlace = handedOver
        connections[slot] = connection
        connectionCount += 1
    }

    package func received(_ id: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        guard let connection = connection(id) else { return }
        connection.heardAt = now
        switch connection.phase {
        case .handshake: receiveHandshake(bytes, on: connection, now: now)
        case .greeting, .joined, .closing: receiveFrames(bytes, on: connection, now: now)
        case .handedOver: break
        }
    }

    package func blocked(_ id: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        guard let connection = connection(id), connection.blockedSince == nil else { return }
        connection.blockedSince = now
        if connection.pace.blocked(now: now) { counters.ratesLowered &+= 1 }
    }

    package func writable(_ id: ConnectionID, now: MonotonicInstant) {
        guard let connection = connection(id) else { return }
        if connection.blockedSince != nil { connection.pace.unblocked(now: now) }
        connection.blockedSince = nil
        // What was held back for it had lost its mark.
        markDirty(connection)
    }

    package func closed(_ id: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        guard let connection = connection(id) else { return }
        forget(connection, now: now)
    }

    package func poll(now: MonotonicInstant) {
        batchNumber &+= 1
        documentBytesLeft = settings.limits.documentBytesPerWakeUpInAll
        carryOutLateEnds(now: now)
        for hosted in rooms { runDueTicks(of: hosted, now: now) }
        if case .run = serviceBeat.poll(now: now) {
            checkTimers(now: now)
            closeEmptyRooms(now: now)
        }
        flushDirty(now: now)
    }

    package func finished(now: MonotonicInstant) {
        if !handedOver.isEmpty { forgetHandedOver() }
    }

    package func shutDown(now: MonotonicInstant) {
        isShuttingDown = true
        for connection in connections {
            guard let connection, connection.phase != .handedOver else { continue }
            if connection.opening == nil {
                close(connection, .goingAway, now: now)
            } else {
                connection.closesAfterFlush = true
                markDirty(connection)
            }
        }
    }

    // MARK: Connections

    func connection(_ id: ConnectionID) -> ServerConnection? {
        let slot = Int(id.slot)
        guard slot >= 0, slot < connections.count, let connection = connections[slot],
            connection.id == id
        else { return nil }
        return connection
    }

    func markDirty(_ connection: ServerConnection) {
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirtySlots.append(connection.id.slot)
    }

    /// Starts the closing handshake; the member, if any, stays until the transport is gone.
    func close(_ connection: ServerConnection, _ reason: CloseReason, now: MonotonicInstant) {
        guard connection.phase != .closing else { return }
        connection.phase = .closing
        connection.endpoint.close(
            CloseCode(rawValue: reason.code), reason: reason.description, now: now)
        markDirty(connection)
    }

    /// The transport is gone: frees what the connection held, and holds or frees its seat.
    private func forget(_ connection: ServerConnection, now: MonotonicInstant) {
        connections[Int(connection.id.slot)] = nil
        connectionCount -= 1
        environment.release(connection.peer)
        if let member = connection.member { detach(member, from: connection, now: now) }
        if connection.holdsPlace { environment.releaseRoom(connection.roomName) }
    }
}
