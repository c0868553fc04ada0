import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import NetworkModel
import RoomCore
import ServerCore
import SimulatorKit
import TransportInterface

/// The end of a run: the faults stop, everybody must come up to date, and everything is given back.
extension FaultRun {
    /// Snapshots that a client may be behind: the slowest pace, the beat, and the way.
    private var ticksBehindMax: UInt32 {
        8 + UInt32(truncatingIfNeeded: plan.server.room.tickRate / 10)
    }

    /// Ends all faults: ways are clean, everybody reads, hosts go on.
    func heal() {
        healedAt = network.now
        siteFaults.isOver = true
        if plant == .noSnapshots { siteFaults.always.insert(.snapshotSkipped) }
        watch.tell("the faults are over")
        for later in laterActions where later.at > network.now { later.work(self) }
        laterActions.removeAll()
        server.goOn()
        network.setListening(true, host: serverHost)
        for player in players.indices {
            ways[player] = .clean
            handshakeDelays[player] = 0
            players[player].stall(until: nil)
            setWay(player)
        }
        // A way that has swallowed bytes cannot go on: the network says so once it is back.
        for link in cutLinks.sorted() { network.breakLink(link) }
        cutLinks.removeAll()
        for link in hosts.flatMap({ network.links(openedBy: $0) }) {
            network.setReading(true, link: link)
            network.setReading(true, link: link, atServer: true)
            network.hastenLink(link)
        }
    }

    /// Waits until everybody is up to date: within a second, or a second after the next attempt.
    func awaitLiveness() {
        guard let healedAt else { return }
        let least = healedAt.advanced(byNanoseconds: 4_000_000_000)
        let most = healedAt.advanced(byNanoseconds: 60_000_000_000)
        while watch.finding == nil {
            run(until: network.now.advanced(byNanoseconds: 100_000_000))
            let isDone = checkLiveness(since: healedAt)
            if isDone && network.now >= least || network.now >= most { break }
        }
    }

    /// Looks at each player; whether all of them are where they should be.
    func checkLiveness(since healedAt: MonotonicInstant) -> Bool {
        var isDone = true
        for player in players where player.isInGame {
            let phase = player.session.phase
            let attempt = max(player.attemptStartedAt ?? healedAt, healedAt)
            switch phase {
            case .playing:
                let welcome = max(player.sight.welcomedAt ?? healedAt, healedAt)
                let behind = ticksBehind(player)
                if behind <= ticksBehindMax {
                    if player.sight.isCurrentSince == nil {
                        player.sight.isCurrentSince = network.now
                    }
                } else {
                    isDone = false
                    expectWithin(
                        1_100, of: max(welcome, attempt), player,
                        "is \(behind) ticks behind, at \(player.sight.newestDecoded); "
                            + standing(of: player))
                }
            case .waiting:
                isDone = isDone && waitsForSeat(player)
            case .connecting, .opening, .joining:
                isDone = false
                expectWithin(1_500, of: attempt, player, "is still \(phase)")
            case .closing:
                isDone = false
                // Also in calm a queue of events may fill, long after the attempt.
                expectWithin(
                    4_000, of: max(player.closesSince ?? attempt, healedAt), player,
                    "is still closing")
            case .ended:
                isDone = false
            }
        }
        return isDone
    }

    /// Whether somebody who waits does so because there is no seat, which no calm gives.
    private func waitsForSeat(_ player: Player) -> Bool {
        plan.has(.crowding) || plan.has(.smallLimits)
    }

    private func expectWithin(
        _ milliseconds: UInt64, of instant: MonotonicInstant, _ player: Player, _ text: String
    ) {
        let passed = network.now.nanoseconds(since: instant) / 1_000_000
        watch.expect(
            passed <= milliseconds, .liveness,
            "\(player.name) \(text), \(passed) ms after the faults, its attempt or its close")
    }

    /// What the server thinks of a player's connection, for findings.
    private func standing(of player: Player) -> String {
        guard let id = player.serverConnection(player.connection),
            let link = network.link(ofHost: hosts[player.index], player.connection)
        else { return "it has no connection" }
        let down = network.waiting(link: link, towardsClient: true)
        let up = network.waiting(link: link, towardsClient: false)
        let member = server.core.rooms.lazy.flatMap(\.memberInspections)
            .first { $0.connection == id }
        return
            "it holds \(player.session.room.newestSnapshot.rawValue), due: \(player.session.room.isAcknowledgementDue); sent \(member?.sentTick ?? 0), acknowledged \(member?.acknowledgedTick ?? 0), "
            + "on the way \(down.byteCount) B down and \(up.byteCount) B up, "
            + "\(down.atSenderByteCount) B wait, client blocked: \(player.session.isBlocked), "
            + "closing: \(member?.isClosing ?? true)"
    }

    private func ticksBehind(_ player: Player) -> UInt32 {
        guard let id = player.serverConnection(player.connection),
            let sent = log.connections[id]
        else { return .max }
        let newest = log.rooms[sent.room].newestTick
        return newest - min(player.sight.newestDecoded, newest)
    }

    // MARK: Calm

    /// Everybody sends a last event, which everybody must get; rosters are true; nobody falls back.
    func checkCalm() {
        let settled = players.filter { isSettled($0) }
        for player in settled where !player.plan.isSpectator {
            player.sendEvent(toAll: true, player.clock.local(network.now))
        }
        let before = settled.map { (ObjectIdentifier($0), $0.incarnation, $0.mail.tenure) }
        let lateBefore = settled.map { lateCommands(of: $0) }
        let comparedBefore = settled.map { isAlone($0) ? $0.sight.predictionsCompared : .max }
        guard let healedAt else { return }
        keepsRosters = true
        for _ in 0..<20 where watch.finding == nil {
            run(until: network.now.advanced(byNanoseconds: 100_000_000))
            _ = checkLiveness(since: healedAt)
        }
        keepsRosters = false
        let still = zip(settled, before).filter {
            isSettled($0) && $0.incarnation == $1.1 && $0.mail.tenure == $1.2
        }.map(\.0)
        guard watch.finding == nil else { return }
        for player in still { checkRoster(player) }
        for (player, late) in zip(settled, lateBefore)
        where still.contains(where: { $0 === player }) {
            checkPace(player, lateBefore: late, since: healedAt)
        }
        for (player, compared) in zip(settled, comparedBefore)
        where still.contains(where: { $0 === player }) && isAlone(player) {
            watch.expect(
                compared == .max || player.sight.predictionsCompared > compared, .prediction,
                "nothing that \(player.name) predicts is what happens, alone and in calm")
        }
        for receiver in still {
            for sender in still where room(of: sender) == room(of: receiver) {
                checkMail(from: sender, to: receiver)
            }
        }
    }

    /// Commands of a player that came too late so far.
    private func lateCommands(of player: Player) -> UInt64? {
        guard let seat = player.session.room.seat, let key = room(of: player),
            let hosted = server.core.rooms.first(where: { $0.observerKey == key })
        else { return nil }
        return hosted.room.inputCounters(of: seat).late
    }

    /// Seconds after which somebody who reads again gets every snapshot: two steps of the ladder,
    /// and some more for the last block.
    private static let paceSeconds: UInt64 = 5

    /// No snapshot of the games that are played has more bytes.
    private static let snapshotByteCountMax = 8 * 1024

    /// Who has been there in calm for long gets each tick's snapshot, and its commands are on time.
    private func checkPace(_ player: Player, lateBefore: UInt64?, since healedAt: MonotonicInstant)
    {
        let start = max(player.sight.welcomedAt ?? network.now, healedAt)
        guard network.now.nanoseconds(since: start) >= Self.paceSeconds * 1_000_000_000 else {
            return
        }
        // A way that holds less than a snapshot blocks at each one, which lowers the rate.
        let holdsSnapshots =
            network.link(ofHost: hosts[player.index], player.connection)
            .map { network.bufferByteCount(link: $0) >= Self.snapshotByteCountMax } ?? false
        watch.expect(
            player.sight.newestTick == player.sight.previousTick + 1
                || player.sight.previousTick == 0 || !holdsSnapshots, .liveness,
            "\(player.name) gets tick \(player.sight.newestTick) after "
                + "\(player.sight.previousTick), in calm")
        if let lateBefore, let late = lateCommands(of: player) {
            watch.expect(
                late <= lateBefore + 2, .liveness,
                "\(late - lateBefore) commands of \(player.name) came late, in calm")
        }
    }

    /// Whether a player predicts, with nobody else's doing and nothing hidden, and has for long.
    private func isAlone(_ player: Player) -> Bool {
        guard plan.has(.alone), plan.hostiles.isEmpty, player.plan.predicts,
            !player.plan.isSpectator, player.session.room.prediction == .on,
            let id = player.serverConnection(player.connection),
            let sent = log.connections[id], sent.own == nil,
            // Also a seat that is held for somebody has things.
            server.core.rooms.first(where: { $0.observerKey == sent.room })?.room.seats.count == 1,
            let welcomedAt = player.sight.welcomedAt
        else { return false }
        return network.now.nanoseconds(since: welcomedAt) >= Self.paceSeconds * 1_000_000_000
    }

    private func isSettled(_ player: Player) -> Bool {
        player.isInGame && player.session.phase == .playing && player.sight.newestTick != 0
            && room(of: player) != nil
    }

    private func room(of player: Player) -> Int? {
        player.serverConnection(player.connection).flatMap { log.connections[$0]?.room }
    }

    private func checkMail(from sender: Player, to receiver: Player) {
        let (row, count) = sender.mail.toAll
        guard count > 0, sender.session.room.outbox.waiting.isEmpty else { return }
        let newest = receiver.mail.newest[row] ?? 0
        watch.expect(
            newest == count, .events,
            "\(receiver.name) has got \(newest) of the \(count) events of \(sender.name)")
    }

    /// Who is in a room, one text for all of it.
    private func truth(of hosted: HostedRoom) -> String {
        let texts = hosted.memberInspections.compactMap { member in
            member.seat.map { "\($0.rawValue) \(member.name) \(member.connection != nil)" }
        }
        return texts.sorted().joined(separator: ", ")
    }

    /// Notes who is in a room after a tick, where that is another than before.
    ///
    /// Held seats run out one by one, each in a tick of its own: what a player knows may have held
    /// for a single one.
    func noteRoster(of hosted: HostedRoom) {
        let text = truth(of: hosted)
        guard rosters[hosted.observerKey]?.last?.text != text else { return }
        rosters[hosted.observerKey, default: []].append((network.now, text))
    }

    /// What a player knows of its room is what holds, or has held until just now.
    private func checkRoster(_ player: Player) {
        guard let key = room(of: player), let all = rosters[key] else { return }
        let justNow = all.lastIndex { network.now.nanoseconds(since: $0.since) >= 800_000_000 } ?? 0
        let truths = all[justNow...].map(\.text)
        let known = player.session.room.roster.map {
            "\($0.seat.rawValue) \($0.name) \($0.state == .present)"
        }.sorted().joined(separator: ", ")
        watch.expect(
            truths.contains(known), .seats,
            "\(player.name) knows the roster \(known), and it is \(truths.last ?? "gone")")
    }

    // MARK: Drain

    /// Everybody leaves; seats that are held run out, and the rooms are closed.
    func drain() {
        for player in players { player.leave(now: network.now) }
        for _ in 0..<120 where watch.finding == nil && !hostiles.allSatisfy(\.peer.isFinished) {
            run(until: network.now.advanced(byNanoseconds: 1_000_000_000))
        }
        let seconds = plan.server.room.seatHoldSeconds + plan.server.room.emptyRoomSeconds + 12
        for _ in 0..<seconds where watch.finding == nil {
            run(until: network.now.advanced(byNanoseconds: 1_000_000_000))
            if server.core.connectionCount == 0, server.core.rooms.isEmpty { break }
        }
        for (peer, _) in hostiles { check(peer) }
    }

    /// Kinds under which a misdeed may come to another end than it should.
    private static let disturbing: [FaultKind] = [
        .serverRestart, .serverStall, .notListening, .smallLimits, .crowding, .kicks, .tickRate,
        .shortHold,
    ]

    /// Whether a misdeed may have failed, so that whoever was to be ended for it stays.
    private func mayStay(_ kind: HostileKind, isDisturbed: Bool) -> Bool {
        switch kind {
        case .unacknowledgedEvents:
            // Behind an event that is lost on purpose none is taken until it comes again.
            siteFaults.strikes.contains { $0.site == .eventNotTaken && $0.count > 0 }
        case .stolenSeat:
            // The second connection, which takes the seat, may find nobody who listens, or no room.
            isDisturbed || plan.has(.siteFaults)
        default:
            false
        }
    }

    /// Each misdeed has come to its end.
    private func check(_ peer: any HostilePeer) {
        let account = peer.account
        let isDisturbed = Self.disturbing.contains { plan.has($0) } || plan.hostiles.count > 1
        let findings = (isDisturbed ? account.findingsInFaultyWorld : account.findings)
            .filter { $0.end != .outstayed || !mayStay(peer.kind, isDisturbed: isDisturbed) }
        watch.expect(findings.isEmpty, .bystanders, "\(findings)")
        watch.expect(peer.isFinished, .bystanders, "\(peer.kind) goes on for ever")
        watch.expect(
            account.undecodable == 0, .bystanders, "\(peer.kind) was sent what it cannot decode")
        watch.digest.combine(UInt64(truncatingIfNeeded: account.bytesSent))
        watch.digest.combine(UInt64(truncatingIfNeeded: account.bytesReceived))
    }

    /// What was counted in is counted out.
    func checkAccounts(isEnd: Bool) {
        let core = server.core
        watch.expect(
            core.connectionCount == 0, .accounts,
            "\(core.connectionCount) connections are left when all are gone")
        watch.expect(
            environment.admitted == 0, .accounts,
            "\(environment.admitted) connections were admitted and not released")
        watch.expect(
            core.connectionInspections.isEmpty, .accounts, "connections are kept that are gone")
        guard isEnd else { return }
        watch.expect(
            core.rooms.isEmpty, .accounts,
            "\(core.rooms.count) rooms are left that nobody is in: "
                + "\(core.rooms.map { $0.memberInspections.map(\.name) })")
        watch.expect(
            environment.placeCount == 0, .accounts,
            "\(environment.placeCount) references to places were not given back")
        watch.expect(core.lateEndCount == 0, .accounts, "ends wait for ever")
    }

    /// Queues of the server and of what lies between, after each of its wake-ups.
    func checkServerQueues() {
        let core = server.core
        watch.expect(
            core.connectionCount <= plan.connectionsMax, .queues, "too many connections")
        for connection in core.connectionInspections {
            watch.expect(
                connection.outboxByteCount <= 24 * 1024, .queues,
                "\(connection.outboxByteCount) bytes wait for a connection")
            let silence = network.now.nanoseconds(since: connection.heardAt) / 1_000_000_000
            watch.expect(
                silence <= Self.silenceSecondsMax, .queues,
                "a connection is kept that has been silent for \(silence) s")
            watch.expect(
                connection.requestByteCount <= 16 * 1024, .queues,
                "\(connection.requestByteCount) bytes of a request are kept")
        }
        watch.expect(
            core.rooms.count <= plan.roomCount || !plan.hostiles.isEmpty, .queues,
            "\(core.rooms.count) rooms are open")
        for player in players {
            guard let link = network.link(ofHost: hosts[player.index], player.connection) else {
                continue
            }
            let waiting = network.waiting(link: link, towardsClient: true)
            watch.expect(
                waiting.atSenderByteCount <= Self.waitingByteCountMax, .queues,
                "\(waiting.atSenderByteCount) bytes wait at the server for \(player.name)")
            watch.expect(
                player.session.waitingByteCount <= 64 * 1024, .queues,
                "\(player.session.waitingByteCount) bytes wait in \(player.name)")
        }
    }

    /// What a server waits for a peer, a second until it looks, the closing handshake, the time that
    /// a transport lingers, and a server that stands still meanwhile.
    private static let silenceSecondsMax: UInt64 = 14 + 1 + 2 + 5 + 4

    /// One snapshot, 64 events, pongs and the like, and a roster.
    private static let waitingByteCountMax = (48 + 32 + 16 + 8) * 1024

    /// Counts what the servers have done.
    func countServer() {
        for (site, count) in siteFaults.strikes where count > 0 {
            watch.sites.add(Site.site(site), count)
        }
        for counters in pastCounters + [server.core.counters] {
            let numbers: [(String, UInt64)] = [
                ("connections refused", counters.connectionsRefused),
                ("handshakes refused", counters.handshakesRefused),
                ("seats resumed", counters.resumes),
                ("messages dropped", counters.messagesDropped),
                ("full snapshots", counters.fullSnapshotsSent),
                ("snapshots coalesced", counters.snapshotsCoalesced),
                ("rates lowered", counters.ratesLowered),
                ("snapshots skipped", counters.snapshotsSkipped),
                ("resyncs", counters.resyncs), ("desyncs", counters.desyncs),
                ("slow readers closed", counters.slowReadersClosed),
                ("silent peers closed", counters.silentPeersClosed),
                ("events relayed", counters.eventsRelayed),
                ("violations", counters.violations),
            ]
            for (name, count) in numbers where count > 0 {
                watch.sites.add(Site.server(name), count)
            }
        }
    }
}
