import ClientCore
import ClientSession
import Hyoshi
import NetworkModel
import RoomCore
import ServerCore
import SimulatorKit
import TransportInterface

/// What a run came to.
package struct RunReport: Sendable, Equatable {
    /// The seed.
    package var seed: UInt64
    /// A hash over every tick's state, all bytes and all ends.
    package var digest: UInt64
    /// What the next random numbers would be, of all that draw any.
    package var lastDraw: UInt64
    /// Virtual seconds.
    package var seconds: Double
    /// Ticks of all rooms.
    package var ticks: UInt64
    /// What happened how often.
    package var sites: SiteCounts
    /// What should not have happened.
    package var finding: Finding?
}

extension FaultRun {
    /// Plays it to its end, or to the first finding.
    package func play() -> RunReport {
        let steps: [(FaultRun) -> Void] = [
            { $0.playFaults() }, { $0.heal() }, { $0.awaitLiveness() }, { $0.checkCalm() },
            { $0.drain() }, { $0.checkAccounts(isEnd: true) }, { $0.checkRecordings() },
        ]
        for step in steps where watch.finding == nil { step(self) }
        countServer()
        for kind in plan.kinds { watch.sites.add("kind: " + kind.rawValue) }
        var draw = StateHash()
        draw.combine(environment.randomState)
        for player in players { draw.combine(player.randomState) }
        var ticks: UInt64 = 0
        for room in log.rooms { ticks += UInt64(room.newestTick) }
        return RunReport(
            seed: plan.seed, digest: watch.digest.value, lastDraw: draw.value,
            seconds: watch.seconds, ticks: ticks, sites: watch.sites, finding: watch.finding)
    }

    private func playFaults() {
        for planned in plan.actions where watch.finding == nil {
            run(until: watch.start.advanced(byNanoseconds: planned.nanoseconds))
            if watch.finding == nil { apply(planned.action) }
        }
        run(until: watch.start.advanced(byNanoseconds: plan.faultsEndNanoseconds))
    }

    /// Lets time pass, does what has become due, and stops soon after a finding.
    func run(until end: MonotonicInstant) {
        while network.now < end, watch.finding == nil {
            var next = min(end, network.now.advanced(byNanoseconds: 250_000_000))
            for later in laterActions { next = min(next, max(later.at, network.now)) }
            network.run(until: next)
            let due = laterActions.filter { $0.at <= network.now }
            laterActions.removeAll { $0.at <= network.now }
            for later in due { later.work(self) }
            notice()
        }
    }

    /// Looks at who has a seat, and lets those who have ended come again.
    private func notice() {
        for player in players where player.isInGame {
            if player.session.phase == .playing, !player.isSeatForfeit {
                player.seatSeenAt = network.now
            }
            if let endedAt = player.endedAt,
                network.now >= endedAt.advanced(byNanoseconds: 3_000_000_000)
            {
                player.enter(now: network.now)
            }
        }
    }

    // MARK: Faults

    func apply(_ action: FaultAction) {
        let now = network.now
        watch.tell("\(action)")
        switch action {
        case .way(let player, let change): apply(change, to: player)
        case .halfClose(let player, let fromClient):
            count(fromClient ? "half close by the client" : "half close by the server")
            if let link = link(of: player) {
                network.halfCloseLink(link, fromClient: fromClient)
            }
        case .reset(let player):
            count("reset")
            if let link = link(of: player) { network.breakLink(link) }
        case .cut(let player):
            count("silent cut")
            if let link = link(of: player) {
                network.cutLink(link)
                cutLinks.insert(link)
            }
        case .clientReads(let player, let reads):
            if !reads { count("client does not read") }
            if let link = link(of: player) { network.setReading(reads, link: link) }
        case .serverReads(let player, let reads):
            if !reads { count("server does not read") }
            if let link = link(of: player) {
                network.setReading(reads, link: link, atServer: true)
            }
        case .listens(let listens):
            if !listens { count("nobody listens") }
            network.setListening(listens, host: serverHost)
        case .slowHandshake(let player, let nanoseconds):
            if nanoseconds > 0 { count("slow handshake") }
            handshakeDelays[player] = nanoseconds
        default:
            applyToHosts(action, now: now)
        }
    }

    private func applyToHosts(_ action: FaultAction, now: MonotonicInstant) {
        switch action {
        case .stallServer(let nanoseconds):
            count("server stands still")
            server.stall(until: now.advanced(byNanoseconds: nanoseconds))
        case .restartServer: restartServer()
        case .stallClient(let player, let nanoseconds):
            count("client stands still")
            stallClient(player, nanoseconds)
        case .jumpClock(let player, let nanoseconds):
            count("clock jumps")
            players[player].clock.jump(nanoseconds: nanoseconds)
        case .restart(let player, let withToken):
            players[player].restart(withToken: withToken, now: now)
        case .leave(let player): players[player].leave(now: now)
        case .enter(let player):
            if !players[player].isInGame || players[player].endedAt != nil {
                count("comes again")
                players[player].enter(now: now)
            }
        case .kick(let player): kick(player)
        default: break
        }
    }

    private func count(_ fault: String) { watch.sites.add(Site.fault(fault)) }

    private func link(of player: Int) -> Int? {
        network.link(ofHost: hosts[player], players[player].connection)
    }

    /// A client that stands still does not read either.
    private func stallClient(_ player: Int, _ nanoseconds: UInt64) {
        let end = network.now.advanced(byNanoseconds: nanoseconds)
        players[player].stall(until: end)
        guard let link = link(of: player) else { return }
        network.setReading(false, link: link)
        laterActions.append((end, { $0.network.setReading(true, link: link) }))
    }

    private func kick(_ player: Int) {
        let target = players[player]
        guard target.isInGame, target.session.phase == .playing,
            let seat = target.session.room.seat
        else { return }
        count("kick")
        server.request { core, now in
            // By then the seat may be another's.
            let hosted = core.rooms.first { $0.room.name == "room\(target.plan.room)" }
            let member = hosted?.memberInspections.first { $0.seat == seat }
            guard member?.name == target.seatName else { return }
            target.isSeatForfeit = true
            _ = core.kick(room: "room\(target.plan.room)", seat: seat, now: now)
        }
    }

    private func apply(_ change: WayChange, to player: Int) {
        switch change {
        case .latency(let nanoseconds):
            if nanoseconds > 0 { count("latency") }
            ways[player].latencyNanoseconds = nanoseconds
        case .jitter(let nanoseconds):
            if nanoseconds > 0 { count("jitter") }
            ways[player].jitterNanoseconds = nanoseconds
        case .bytesPerSecond(let rate):
            if rate > 0 { count("bandwidth") }
            ways[player].bytesPerSecond = rate
        case .stalls(let perMillion, let nanoseconds):
            if perMillion > 0 { count("stalls") }
            ways[player].stallsPerMillion = perMillion
            ways[player].stallNanoseconds = nanoseconds
        case .pieces(let byteCountMax):
            if byteCountMax > 0 { count("pieces") }
            if byteCountMax == 1 { count("single bytes") }
            ways[player].pieceByteCountMax = byteCountMax
        case .buffer(let byteCount):
            if byteCount < 65_536 { count("small buffer") }
            ways[player].bufferByteCount = byteCount
        case .resets(let perMillion):
            if perMillion > 0 { count("resets at writes") }
            ways[player].resetsPerMillion = perMillion
        }
        setWay(player)
    }

    func setWay(_ player: Int) {
        network.setProfile(ways[player], host: hosts[player])
        for link in network.links(openedBy: hosts[player]) {
            // What a way holds does not change under what is on it.
            network.setProfile(ways[player], link: link, keepingBuffer: true)
        }
    }
}
