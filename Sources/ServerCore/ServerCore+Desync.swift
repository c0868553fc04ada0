import GameProtocol
import Hyoshi
import Replication
import RoomCore
import TransportInterface

/// What the two sides tell each other about how it goes: desyncs, and the fate of commands.
extension ServerCore {
    /// A client has decoded something else than was sent: finds out what, and starts it anew.
    ///
    /// Only snapshots that were sent on this connection are compared, so a report tells nothing of
    /// what its sender was not shown. `columns` are the hashes in `inputValues`.
    func take(
        _ desync: ClientDesync, from member: Member, in hosted: HostedRoom,
        on connection: ServerConnection, now: MonotonicInstant
    ) {
        counters.desyncs &+= 1
        // What follows from the faulty table is acknowledged like any other until this is known.
        defer { member.distrustSent() }
        // Over the rate it is healed all the same, but not looked into.
        guard member.desyncs.take(now: now) else { return }
        let column = firstDifference(desync, of: member, in: hosted)
        let schema = hosted.encoder.schema
        environment.desynchronized(
            hosted,
            report: DesyncReport(
                seat: member.seat, tick: desync.tick,
                kind: column.map { schema.kinds[$0.kind].name },
                field: column.flatMap { column in
                    column.field.map { schema.kinds[column.kind].fields[$0].name }
                }))
        guard connection.outbox.count < ServerCore.outboxByteCountMax else { return }
        headScratch.removeAll(keepingCapacity: true)
        ServerMessagePacker.desync(
            DesyncAnswer(tick: desync.tick, kind: column?.kind, field: column?.field),
            into: &headScratch)
        answer(connection)
    }

    /// The first column of what was sent whose hash is not the reported one; nil where that cannot
    /// be told.
    private func firstDifference(
        _ desync: ClientDesync, of member: Member, in hosted: HostedRoom
    ) -> TableColumn? {
        let schema = hosted.encoder.schema
        guard desync.columnCount == TableHash.columnCount(of: schema),
            member.wasSent(desync.tick.rawValue)
        else { return nil }
        var table = schema.makeTable()
        guard copyTable(shownTo: member, at: desync.tick, of: hosted, into: &table) else {
            return nil
        }
        var columns: [UInt32] = []
        TableHash.appendColumns(of: table, to: &columns)
        for position in columns.indices
        where columns[position] != UInt32(bitPattern: inputValues[position]) {
            return TableHash.column(at: position, of: schema)
        }
        return nil
    }

    /// Copies what a member was shown at a tick; false where it is no longer kept.
    func copyTable(
        shownTo member: Member, at tick: Tick, of hosted: HostedRoom,
        into table: inout EntityTable
    ) -> Bool {
        hosted.history(of: member).copy(tick, into: &table)
    }

    /// Tells a seat what became of its commands: once a second at most, and only where one of them
    /// was not simply applied.
    func tellCounters(of connection: ServerConnection, now: MonotonicInstant) {
        guard let member = connection.member, let seat = member.seat,
            let hosted = connection.hosted, now >= member.tellAt
        else { return }
        let counters = hosted.room.inputCounters(of: seat)
        let told = member.toldCounters
        guard
            counters.late != told.late || counters.early != told.early
                || counters.repeated != told.repeated || counters.dropped != told.dropped,
            connection.outbox.count < ServerCore.outboxByteCountMax
        else { return }
        member.toldCounters = counters
        member.tellAt = now.advanced(bySeconds: 1)
        headScratch.removeAll(keepingCapacity: true)
        ServerMessagePacker.counters(CommandCounters(counters), into: &headScratch)
        answer(connection)
    }
}

extension CommandCounters {
    init(_ counters: InputCounters) {
        self.init(
            applied: UInt32(truncatingIfNeeded: counters.applied),
            late: UInt32(truncatingIfNeeded: counters.late),
            early: UInt32(truncatingIfNeeded: counters.early),
            repeated: UInt32(truncatingIfNeeded: counters.repeated),
            dropped: UInt32(truncatingIfNeeded: counters.dropped))
    }
}
