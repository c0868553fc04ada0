import GameProtocol
import Hyoshi
import Replication
import RoomCore
import TransportInterface
import WebSocketProtocol

/// The tick: due rooms are stepped, their snapshots encoded once per baseline and sent to all.
extension ServerCore {
    func runDueTicks(of hosted: HostedRoom, now: MonotonicInstant) {
        guard now >= hosted.room.scheduler.nextDeadline else { return }
        // Other rooms' work has passed since the wake-up: lateness is what this room sees.
        let started = environment.now()
        guard
            case .run(let ticks, _, let lateness, let dropped) = hosted.room.poll(
                now: max(started, now))
        else { return }
        for _ in 0..<ticks {
            if let freed = hosted.room.step(), let member = hosted.member(on: freed) {
                hosted.remove(member, now: now)
            }
        }
        broadcast(hosted, now: now)
        let ended = environment.now()
        environment.roomTicked(
            hosted,
            report: TickReport(
                startedAt: started, latenessNanoseconds: lateness,
                workNanoseconds: ended.nanoseconds(since: started),
                ticks: ticks, dropped: dropped))
    }

    private func broadcast(_ hosted: HostedRoom, now: MonotonicInstant) {
        hosted.beginBroadcast()
        if hosted.rosterChanged { renewRoster(of: hosted) }
        if settings.faults.isArmed { strikeMembers(of: hosted, now: now) }
        let tick = hosted.room.tick.rawValue
        // In locals for the whole walk: each access through the batch would be checked on its own.
        var batch = effects.take()
        defer { effects.putBack(batch) }
        var snapshots: UInt64 = 0
        var fullSnapshots: UInt64 = 0
        var byteCount = 0
        let policy = hosted.room.settings.baselinePolicy
        var recent: (wanted: UInt32, compresses: Bool, body: HostedRoom.SnapshotBody)?
        for member in hosted.members {
            guard let connection = member.connection, connection.phase == .joined,
                takesSnapshot(connection, tick: tick, after: hosted.shownTick, now: now)
            else { continue }
            // Bodies are made before the connection's own bytes, which must lie in one piece.
            let wanted = member.baseline(policy)
            let compresses = connection.compresses
            let body: HostedRoom.SnapshotBody
            if let recent, recent.wanted == wanted, recent.compresses == compresses,
                member.replicator == nil
            {
                // Most members of a room want the same as the one before them.
                body = recent.body
            } else {
                body = snapshotBody(
                    for: member, of: hosted, baseline: wanted, compresses: compresses,
                    into: &batch.bytes)
                // One that could not be compressed is tried again.
                let isWhole = !compresses || body.deflated != nil
                if member.replicator == nil, isWhole { recent = (wanted, compresses, body) }
            }
            noteBaseline(body.baseline, wanted: wanted, of: member)
            let start = batch.bytes.count
            // Whatever waits has marked its connection; the roster has marked its members.
            if connection.isDirty || member.needsRoster {
                writePending(of: connection, into: &batch.bytes)
            }
            let sent = writeSnapshotHead(
                body, for: member, of: hosted, on: connection, into: &batch.bytes)
            batch.effects.append(
                .send(
                    connection.id, head: ByteRange(start: start, count: batch.bytes.count - start),
                    body: sent))
            connection.flushedInBatch = batchNumber
            member.noteSent(tick)
            snapshots &+= 1
            byteCount &+= sent.count
            if body.baseline == 0 { fullSnapshots &+= 1 }
        }
        hosted.shownTick = tick
        counters.snapshotsSent &+= snapshots
        counters.fullSnapshotsSent &+= fullSnapshots
        counters.snapshotBytesSent &+= UInt64(byteCount)
    }

    /// The first two steps of the slow reader's ladder: who is blocked waits for a newer snapshot,
    /// who was blocked again and again gets fewer.
    private func takesSnapshot(
        _ connection: ServerConnection, tick: UInt32, after shownTick: UInt32,
        now: MonotonicInstant
    ) -> Bool {
        guard connection.blockedSince == nil else {
            // Newest wins: what waits for a slow reader is always the snapshot of the next tick.
            counters.snapshotsCoalesced &+= 1
            return false
        }
        guard connection.pace.isDue(tick, after: shownTick, now: now) else {
            counters.snapshotsSkipped &+= 1
            return false
        }
        return true
    }

    /// What a member is sent of this tick: the body of its snapshot, and the baseline that it has.
    private func snapshotBody(
        for member: Member, of hosted: HostedRoom, baseline: UInt32, compresses: Bool,
        into bytes: inout [UInt8]
    ) -> HostedRoom.SnapshotBody {
        ownBody(of: member, in: hosted, baseline: baseline, compresses: compresses, into: &bytes)
            ?? sharedBody(of: hosted, baseline: baseline, compresses: compresses, into: &bytes)
    }

    /// The third step of the slow reader's ladder: its baseline has rolled off, and it starts anew.
    func noteBaseline(_ baseline: UInt32, wanted: UInt32, of member: Member) {
        let isResyncing = wanted != 0 && baseline == 0
        if isResyncing, !member.isResyncing { counters.resyncs &+= 1 }
        member.isResyncing = isResyncing
    }

    /// The body that all members with one baseline share, encoded at its first use in this tick.
    private func sharedBody(
        of hosted: HostedRoom, baseline: UInt32, compresses: Bool, into bytes: inout [UInt8]
    ) -> HostedRoom.SnapshotBody {
        let distance = hosted.room.tick.rawValue &- baseline
        let usable =
            baseline != 0 && distance <= UInt32(SnapshotEncoder.baselineDistanceMax)
            && hosted.history.contains(Tick(baseline))
        let baseline = usable ? baseline : 0
        var position = 0
        while position < hosted.shared.count, hosted.shared[position].baseline != baseline {
            position += 1
        }
        if position == hosted.shared.count {
            hosted.encoder.encode(
                hosted.room.table, baseline: Tick(baseline), history: hosted.history)
            let hash = hosted.sharedHash()
            let start = bytes.count
            ServerMessagePacker.snapshotBody(hosted.encoder, hash: hash, into: &bytes)
            hosted.shared.append(
                HostedRoom.SnapshotBody(
                    baseline: baseline, hasHash: hash != nil,
                    plain: ByteRange(start: start, count: bytes.count - start), deflated: nil))
        }
        if compresses, hosted.shared[position].deflated == nil {
            let plain = hosted.shared[position].plain
            hosted.shared[position].deflated = deflated(plain, in: &bytes)
        }
        return hosted.shared[position]
    }

    /// Writes the frame's header and the seat's own part of a snapshot.
    ///
    /// - Returns: The bytes that follow.
    private func writeSnapshotHead(
        _ body: HostedRoom.SnapshotBody, for member: Member,
        of hosted: HostedRoom, on connection: ServerConnection, into bytes: inout [UInt8]
    ) -> ByteRange {
        let progress = member.seat.map { hosted.room.inputProgress(of: $0) }
        let margin = progress?.tick.map { Int($0) - Int(hosted.room.tick.rawValue) }
        let head = SnapshotHead(
            sequence: progress?.sequence, margin: margin, hasHash: body.hasHash)
        guard connection.compresses, let deflated = body.deflated else {
            WebSocketFrame.appendServerHeader(
                .binary, isCompressed: false, payloadByteCount: head.count + body.plain.count,
                into: &bytes)
            head.append(to: &bytes)
            return body.plain
        }
        // Compressed once for all; the seat's own part goes in front as a stored block.
        let prefix = head.bytes
        connection.endpoint.appendSharedMessageHead(
            .binary, prefix: prefix.span.extracting(0..<head.count),
            sharedByteCount: deflated.count, isCompressed: true, into: &bytes)
        return deflated
    }

    /// Compresses a body that stands in `bytes`, behind it; nil where there is no compressor.
    func deflated(_ plain: ByteRange, in bytes: inout [UInt8]) -> ByteRange? {
        guard !settings.faults.strikes(.compressorMissing) else { return nil }
        deflateScratch.removeAll(keepingCapacity: true)
        deflateScratch.append(
            contentsOf: bytes[plain.start..<(plain.start + plain.count)])
        let body = deflateScratch
        guard let range = deflater?.compressShared(body.span, into: &bytes) else {
            return nil
        }
        return ByteRange(start: range.lowerBound, count: range.count)
    }

    private func renewRoster(of hosted: HostedRoom) {
        hosted.rosterChanged = false
        hosted.rosterFrame.removeAll(keepingCapacity: true)
        var entries: [RosterEntry] = []
        for seat in hosted.room.seats {
            guard let member = hosted.member(on: seat) else { continue }
            entries.append(
                RosterEntry(
                    seat: seat, name: member.name,
                    state: member.connection == nil ? .held : .present))
        }
        headScratch.removeAll(keepingCapacity: true)
        ServerMessagePacker.roster(entries, into: &headScratch)
        appendFrame(headScratch, into: &hosted.rosterFrame)
        for member in hosted.members { member.needsRoster = true }
    }

    // MARK: Flushing

    /// Writes everything but snapshots that waits for a connection to the end of the batch.
    func writePending(of connection: ServerConnection, into bytes: inout [UInt8]) {
        if !connection.outbox.isEmpty {
            bytes.append(contentsOf: connection.outbox)
            connection.outbox.removeAll(keepingCapacity: connection.outbox.count <= 512)
        }
        if let opening = connection.opening { writeDocument(of: opening, into: &bytes) }
        if let member = connection.member, connection.phase == .joined {
            if member.needsRoster, let hosted = connection.hosted {
                bytes.append(contentsOf: hosted.rosterFrame)
                member.needsRoster = false
            }
            if member.owesAcknowledgement {
                headScratch.removeAll(keepingCapacity: true)
                ServerMessagePacker.acknowledge(
                    eventID: member.takenEventID, into: &headScratch)
                appendFrame(headScratch, into: &bytes)
                member.owesAcknowledgement = false
            }
            member.lane.writeUnsent(into: &bytes)
        }
        if connection.owesPing {
            connection.owesPing = false
            let nothing: [UInt8] = []
            connection.endpoint.sendPing(nothing.span, into: &bytes) { 0 }
        }
        if connection.endpoint.hasControlOutput {
            connection.endpoint.writeControlOutput(into: &bytes) { 0 }
        }
    }

    /// Sends what waits for connections that got no snapshot in this batch, and ends the finished.
    func flushDirty(now: MonotonicInstant) {
        var keptCount = 0
        // By position: an iterator would hold the array, and a slot that is kept would copy it.
        for position in dirtySlots.indices {
            let slot = dirtySlots[position]
            guard let connection = connections[Int(slot)], connection.phase != .handedOver else {
                continue
            }
            if connection.flushedInBatch == batchNumber, hasPending(connection) {
                // One send per batch: what came up after its snapshot goes out with the next.
                dirtySlots[keptCount] = slot
                keptCount += 1
                continue
            }
            connection.isDirty = false
            if connection.flushedInBatch != batchNumber {
                guard connection.blockedSince == nil || connection.phase == .closing else {
                    continue
                }
                var batch = effects.take()
                let start = batch.bytes.count
                writePending(of: connection, into: &batch.bytes)
                let count = batch.bytes.count - start
                if count > 0 {
                    batch.effects.append(
                        .send(
                            connection.id, head: ByteRange(start: start, count: count),
                            body: .empty))
                    connection.flushedInBatch = batchNumber
                }
                effects.putBack(batch)
            }
            if let opening = connection.opening, opening.documentRestCount > 0 {
                // The rest goes out with the next wake-ups, or once the peer reads again.
                connection.isDirty = true
                dirtySlots[keptCount] = slot
                keptCount += 1
                continue
            }
            if connection.closesAfterFlush || connection.endpoint.needsTransportClose,
                !connection.isEnding
            {
                connection.isEnding = true
                effects.effects.append(.close(connection.id, .afterFlush))
            }
        }
        dirtySlots.removeSubrange(keptCount...)
    }

    private func hasPending(_ connection: ServerConnection) -> Bool {
        !connection.outbox.isEmpty || connection.owesPing || connection.endpoint.hasControlOutput
    }

    /// Appends one unmasked, uncompressed binary message.
    func appendFrame(_ payload: [UInt8], into output: inout [UInt8]) {
        WebSocketFrame.appendServerFrame(
            .binary, isCompressed: false, payload: payload.span, into: &output)
    }
}
