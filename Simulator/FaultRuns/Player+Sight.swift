import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import Replication
import TransportInterface

/// What a client has seen on its present connection.
struct ConnectionSight {
    var newestTick: UInt32 = 0
    /// The one before it.
    var previousTick: UInt32 = 0
    /// The same, which a snapshot that cannot be decoded does not take back.
    var newestDecoded: UInt32 = 0
    var seat: SeatIndex?
    var welcomedAt: MonotonicInstant?
    /// Whether a snapshot could not be decoded: then a full one has to come.
    var isFullDue = false
    /// Where others were shown last.
    var remoteTick: Double = 0
    var desyncs = 0
    /// The newest tick of which the prediction was looked at, and how many were compared.
    var predictionTick: UInt32 = 0
    var predictionsCompared = 0
    /// When it was up to date last.
    var isCurrentSince: MonotonicInstant?
}

/// The checks of what comes from the server.
extension Player {
    func observe(
        _ event: ClientSessionEvent, _ payload: Span<UInt8>, now: MonotonicInstant
    ) {
        guard case .message(let outcome) = event else { return }
        // Lost on purpose.
        if case .ignored = outcome, siteFaults.has(.snapshotLost) { return }
        var message: ServerMessage?
        var isUndecodable = false
        do throws(ProtocolError) {
            message = try decoder.decode(payload)
        } catch {
            isUndecodable = true
        }
        if case .welcome(let welcome) = message {
            sight.seat = welcome.seat
            input.begin(welcome.schema)
        }
        switch outcome {
        case .welcomed(let isResumed): welcomed(isResumed: isResumed, now: now)
        case .snapshot(let snapshot): saw(snapshot)
        case .desynchronized(let snapshot):
            sight.desyncs += 1
            watch.report(
                .snapshots,
                "\(name): the hash of tick \(snapshot.tick.rawValue) does not match")
        case .undecodable:
            watch.expect(
                isUndecodable, .snapshots, "\(name): only the session cannot decode a snapshot")
            watch.expect(
                plan.historySlots < 64 || siteFaults.has(.snapshotLost), .snapshots,
                "\(name) with all its baselines cannot decode a snapshot")
            watch.sites.add(Site.client("snapshot without its baseline"))
            sight.newestTick = 0
        case .event(let event):
            if case .event = message {
                mail.received(event, payload, by: self)
            }
        case .repeatedEvent: watch.sites.add(Site.client("event came again"))
        case .roster: watch.sites.add(Site.client("roster"))
        case .acknowledged: watch.sites.add(Site.client("events taken"))
        case .pong: watch.sites.add(Site.client("pong"))
        case .counters: watch.sites.add(Site.client("command counters"))
        case .desync: watch.sites.add(Site.client("answer to a desync"))
        case .ignored: watch.sites.add(Site.client("old pong"))
        }
    }

    private func welcomed(isResumed: Bool, now: MonotonicInstant) {
        watch.sites.add(Site.client(isResumed ? "seat resumed" : "welcomed"))
        sight.welcomedAt = now
        watch.tell(
            "\(name) is welcomed to seat \(sight.seat.map { Int($0.rawValue) } ?? -1), resumed: \(isResumed)"
        )
        sight.newestTick = 0
        sight.remoteTick = 0
        isSeatForfeit = false
        nextEvent = plan.eventsPerMinute > 0 ? clock.local(now) : .distantFuture
        if !isResumed {
            mail.begin(now: now)
            seatName = name
        }
    }

    private func saw(_ snapshot: ServerSnapshot) {
        let tick = snapshot.tick.rawValue
        watch.expect(
            tick > sight.newestTick, .order,
            "\(name) is sent tick \(tick) after \(sight.newestTick)")
        sight.previousTick = sight.newestTick
        sight.newestTick = tick
        sight.newestDecoded = tick
        if snapshot.baselineDistance == 0 { watch.sites.add(Site.client("full snapshot")) }
        guard let table = decoder.table else {
            return watch.report(.snapshots, "\(name): a snapshot without a table")
        }
        guard let id = serverConnection(connection), let sent = log.connections[id] else {
            return watch.report(
                .snapshots, "\(name) is sent tick \(tick) on a connection that carries nobody")
        }
        watch.expect(
            sent.sentTicks.contains(tick), .snapshots,
            "\(name) is shown tick \(tick), which was not sent to it")
        sent.isPlayers = true
        sent.decodedTicks.insert(tick)
        let difference =
            sent.own.map { $0.difference(from: table) }
            ?? log.rooms[sent.room].world.difference(from: table)
        if let difference { watch.report(.snapshots, "\(name): \(difference)") }
    }

    /// The session has decoded the same as the decoder beside it, and predicts from there.
    func checkTable() {
        guard sight.newestTick != 0, let table = session.room.table else { return }
        if let mine = decoder.table, let difference = mine.difference(from: table) {
            watch.report(.snapshots, "\(name)'s session: \(difference)")
        }
    }

    /// What is shown: forward in time, within bounds, and from the server's state.
    func checkShown() {
        let shown = session.room.shown
        watch.expect(
            shown.remoteTick >= sight.remoteTick, .view,
            "\(name) is shown tick \(shown.remoteTick) after \(sight.remoteTick)")
        sight.remoteTick = shown.remoteTick
        for (kind, rows) in shown.kinds.enumerated() {
            watch.expect(
                rows.values.allSatisfy { $0.isFinite }, .view,
                "\(name) is shown a value that is no number, in kind \(kind)")
            watch.expect(
                Set(rows.ids).count == rows.ids.count, .view,
                "\(name) is shown a thing of kind \(kind) twice")
        }
        if let fault = things.fault(in: shown) {
            watch.report(.view, "\(name): \(fault), \(shown.changes.count) changes")
        }
        guard session.room.prediction == .on, let table = session.room.table else { return }
        var predicted = table
        if session.room.copyPredicted(table.tick, into: &predicted),
            let difference = table.difference(from: predicted)
        {
            watch.report(.prediction, "\(name) predicts from another state: \(difference)")
        }
    }
}
