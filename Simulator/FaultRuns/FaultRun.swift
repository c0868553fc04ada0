import ClientSession
import Hyoshi
import NetworkModel
import RoomCore
import ServerCore
import SimulatorKit
import TransportInterface
import WebSocketProtocol

/// One run: a server, its clients and the way between them in virtual time, with the faults of a
/// plan, and everything checked on every tick.
package final class FaultRun {
    /// What happens in it.
    package let plan: FaultPlan
    let plant: Plant?
    let siteFaults: SiteFaults
    private let serverSettings: ServerSettings
    let watch: Watch
    let log = ServerLog()
    let network: VirtualNetwork
    let serverWatch: ServerWatch
    private(set) var environment: FaultEnvironment
    let server: ServerHost
    private(set) var players: [Player] = []
    let serverHost: Int
    /// The network's number of each player's host.
    private(set) var hosts: [Int] = []
    /// Those who mean harm and have come, with the network's number of each one's host.
    private(set) var hostiles: [(peer: any HostilePeer, host: Int)] = []
    /// How each player's way behaves.
    var ways: [NetworkProfile] = []
    var handshakeDelays: [UInt64] = []
    /// What is due later because of what was done.
    var laterActions: [(at: MonotonicInstant, work: (FaultRun) -> Void)] = []
    /// Links that swallow everything.
    var cutLinks: Set<Int> = []
    var recordings: [RunRecording] = []
    private(set) var serverCount = 0
    /// When the faults were over.
    var healedAt: MonotonicInstant?
    /// Server counters of the servers before.
    var pastCounters: [ServerCounters] = []
    /// Whether it is noted who is in which room, and what was noted, by room.
    var keepsRosters = false
    var rosters: [Int: [(since: MonotonicInstant, text: String)]] = [:]

    static let address = SocketAddress.loopback(port: 8080)

    /// Puts a run together.
    ///
    /// - Parameter trace: Is told what happens, one line each.
    package init(
        _ plan: FaultPlan, plant: Plant? = nil, trace: ((String) -> Void)? = nil
    ) throws {
        self.plan = plan
        self.plant = plant
        siteFaults = SiteFaults(seed: plan.seed, isOn: plan.has(.siteFaults))
        if plant == .wrongNumber { siteFaults.plant(.stateCorrupted, perMillion: 4_000) }
        if plant == .noSnapshots { siteFaults.plant(.snapshotSkipped, perMillion: 1) }
        var settings = plan.server
        settings.faults = siteFaults.sites
        plant?.change(&settings)
        serverSettings = settings
        network = VirtualNetwork(seed: plan.seed)
        watch = Watch(seed: plan.seed, start: network.now, trace: trace)
        serverWatch = ServerWatch(
            watch, log: log, settings: plan.server,
            forgetsReplicators: siteFaults.has(.replicatorForgotten))
        environment = FaultEnvironment(
            network: network, seed: plan.seed, connectionsMax: plan.connectionsMax,
            sites: siteFaults.sites, isForeign: plant == .foreignRandom)
        server = ServerHost(
            try ServerCore(settings: settings, environment: environment), plant: plant)
        serverHost = network.add(
            server, listeningAt: FaultRun.address, wakesOnArrival: false)
        wire(environment)
        server.onWake = { [unowned self] in
            for hosted in server.core.rooms { serverWatch.woke(hosted) }
            checkServerQueues()
        }
        watch.now = { [unowned network] in network.now }
        watch.tick = { [unowned self] in server.core.rooms.first?.room.tick.rawValue ?? 0 }
        for index in plan.players.indices { try addPlayer(index) }
        // Some of them last for 30 ticks.
        later(plan.faultsEndNanoseconds - 4_000_000_000) { $0.siteFaults.isOver = true }
        for hostile in plan.hostiles {
            later(hostile.entersAtNanoseconds) { run in run.addHostile(hostile) }
        }
    }

    private func addHostile(_ hostile: FaultPlan.Hostile) {
        let target = HostileTarget(address: FaultRun.address, game: plan.game.name)
        let peer = hostile.kind.makeDriver(
            target: target, room: "room\(hostile.room)", seed: hostile.seed)
        watch.tell("\(hostile.kind) comes to room \(hostile.room)")
        watch.sites.add("hostile: " + hostile.kind.rawValue)
        hostiles.append((peer, network.add(hostile: peer)))
    }

    private func addPlayer(_ index: Int) throws {
        let player = try Player(
            index: index, plan: plan, watch: watch, log: log, address: FaultRun.address,
            now: network.now, siteFaults: siteFaults, plant: plant)
        player.losesEvents = plant == .lostEvent
        let host = network.add(player)
        player.serverConnection = { [unowned self] id in
            network.link(ofHost: host, id).flatMap { network.serverConnection(ofLink: $0) }
        }
        player.wasFull = { [unowned self] room, watches, since in
            serverWatch.wasFull("room\(room)", forSpectators: watches, since: since)
        }
        player.wasReleased = { [unowned self] name in serverWatch.released.contains(name) }
        player.onConnected = { [unowned self] id in connected(index, id) }
        players.append(player)
        hosts.append(host)
        ways.append(.clean)
        handshakeDelays.append(0)
        later(plan.players[index].entersAtNanoseconds) { run in
            if !run.players[index].isInGame { run.players[index].enter(now: run.network.now) }
        }
    }

    private func wire(_ environment: FaultEnvironment) {
        let number = serverCount
        environment.onRoomOpened = { [unowned self] hosted in
            serverWatch.opened(hosted, server: number)
            let recording = RunRecording(hosted)
            log.rooms[hosted.observerKey].witness = recording.witness
            recordings.append(recording)
        }
        environment.onTick = { [unowned self] hosted, report in
            serverWatch.ticked(hosted, report)
            recordings.first { $0.key == hosted.observerKey }?.ticked()
            if keepsRosters { noteRoster(of: hosted) }
        }
        environment.onRoomClosed = { [unowned self] hosted in
            serverWatch.closed(hosted)
            recordings.first { $0.key == hosted.observerKey }?.end()
        }
        environment.onDesync = { [unowned self] report in
            // Those who mean harm tell of desyncs that there are not.
            guard plan.hostiles.isEmpty else { return }
            watch.report(.snapshots, "the server was told of a desync: \(report)")
        }
    }

    /// Does something so many nanoseconds after the start.
    private func later(_ nanoseconds: UInt64, _ work: @escaping (FaultRun) -> Void) {
        laterActions.append((watch.start.advanced(byNanoseconds: nanoseconds), work))
    }

    // MARK: What clients ask

    private func connected(_ player: Int, _ id: ConnectionID) {
        guard handshakeDelays[player] > 0,
            let link = network.link(ofHost: hosts[player], id)
        else { return }
        network.setReading(false, link: link, atServer: true)
        let due = network.now.advanced(byNanoseconds: handshakeDelays[player])
        laterActions.append(
            (due, { run in run.network.setReading(true, link: link, atServer: true) }))
    }

    // MARK: A new server

    /// Shuts the server down and, a second later, starts another one in its place.
    func restartServer() {
        watch.sites.add(Site.server("shut down"))
        server.request { core, now in core.shutDown(now: now) }
        for player in players { player.isSeatForfeit = true }
        laterActions.append((network.now.advanced(byNanoseconds: 1_000_000_000), { $0.replace() }))
    }

    private func replace() {
        for link in allOpenLinks { network.breakLink(link) }
        checkAccounts(isEnd: false)
        pastCounters.append(server.core.counters)
        // Recordings of a server that ends without a word are torn.
        serverCount += 1
        let next = FaultEnvironment(
            network: network, seed: environment.randomState ^ plan.seed,
            connectionsMax: plan.connectionsMax, sites: siteFaults.sites,
            isForeign: plant == .foreignRandom)
        do {
            server.replace(
                with: try ServerCore(settings: serverSettings, environment: next))
        } catch {
            return watch.report(.accounts, "the server cannot be started: \(error)")
        }
        environment = next
        for player in players { player.isSeatForfeit = true }
        wire(next)
    }

    /// Links that are open at one side at least.
    var allOpenLinks: [Int] {
        (hosts + hostiles.map(\.host)).flatMap { network.links(openedBy: $0) }
    }
}
