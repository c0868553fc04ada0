package import NetworkModel
package import TransportInterface

/// Hosts joined by byte streams in virtual time: what the transport and the kernel are to drivers.
///
/// Each host is one event loop with a production driver. The network wakes a driver as the transport
/// does: arrivals first, then `poll`, then its effects are carried out. No socket, no wall clock:
/// the same seed gives the same run, byte for byte.
package final class VirtualNetwork {
    /// What the clock plans.
    enum Event {
        /// The first segment on the way to an end.
        case arrival(end: Int)
        /// The first sign of a link at its server.
        case accepted(link: Int)
        /// The answer to it at its client.
        case connected(link: Int, tag: UInt64)
        /// Nobody listens there.
        case connectFailed(host: Int, tag: UInt64)
        /// The end has waited long enough for the other one to end too.
        case lingered(end: Int)
    }

    /// One side of a link.
    struct End {
        enum Phase { case opening, open, lingering, closed }
        var host: Int
        var id: ConnectionID
        var phase = Phase.opening
    }

    /// An event loop on the network.
    struct Host {
        let driver: any LoopDriver
        var profile: NetworkProfile
        let wakesOnArrival: Bool
        let address: SocketAddress?
        var isListening = true
        /// When the driver is to be woken next.
        var deadline: MonotonicInstant
        var lastWake: MonotonicInstant
        /// What has come since it was woken last.
        var arrivals: [Event] = []
        /// The end in each connection slot, or −1.
        var ends: [Int] = []
        var generations: [UInt32] = []
        var freeSlots: [Int32] = []
    }

    // One thread has a network, and no access to what it holds goes on while a driver is called: what
    // a driver is handed was moved out before. So there is nothing that the checks of exclusivity at
    // run time could find, and they were a sixth of a match's cost.

    @exclusivity(unchecked) var clock: VirtualClock<Event>
    @exclusivity(unchecked) var hosts: [Host] = []
    /// Both ends of each link: the client's at 2n, the server's at 2n + 1.
    @exclusivity(unchecked) var ends: [End] = []
    /// The bytes on their way to each end.
    @exclusivity(unchecked) var pipes: [NetworkPipe] = []
    private let seed: UInt64
    private var isPaused = false
    /// What a driver asks for, while it is carried out.
    @exclusivity(unchecked) private var asked = EffectBatch.Content()
    /// What a driver reads.
    @exclusivity(unchecked) private var piece: [UInt8] = []

    /// How long an end that has closed waits for the other one.
    static let lingerNanoseconds: UInt64 = 5_000_000_000
    /// Bytes that may wait at a sender before the connection is given up.
    static let waitingByteCountMax = 1 << 20

    /// Makes a network without hosts.
    package init(
        seed: UInt64, start: MonotonicInstant = MonotonicInstant(nanoseconds: 1_000_000_000)
    ) {
        self.seed = seed
        clock = VirtualClock(start: start)
    }

    /// The present.
    package var now: MonotonicInstant { clock.now }

    /// Adds a host.
    ///
    /// - Parameters:
    ///   - driver: Its protocol side.
    ///   - profile: How the connections that it opens behave.
    ///   - address: Where it listens, if anywhere.
    ///   - wakesOnArrival: Whether it is woken by what arrives; else on its own beat only, as the
    ///     server's loops are.
    /// - Returns: The number of the host.
    @discardableResult
    package func add(
        _ driver: any LoopDriver, profile: NetworkProfile = .clean,
        listeningAt address: SocketAddress? = nil, wakesOnArrival: Bool = true
    ) -> Int {
        hosts.append(
            Host(
                driver: driver, profile: profile, wakesOnArrival: wakesOnArrival,
                address: address, deadline: now, lastWake: MonotonicInstant(nanoseconds: 0)))
        return hosts.count - 1
    }

    /// Lets virtual time pass.
    package func run(seconds: Double) {
        run(until: now.advanced(byNanoseconds: UInt64(max(seconds, 0) * 1e9)))
    }

    /// Lets a run end with the present instant, whatever it was to reach; for drivers in a wake-up.
    package func pause() { isPaused = true }

    /// Lets virtual time pass up to an instant.
    package func run(until end: MonotonicInstant) {
        isPaused = false
        // Whoever drives the drivers from outside may have changed what they wait for.
        for host in hosts.indices {
            hosts[host].deadline = min(hosts[host].deadline, nextDeadline(of: host))
        }
        while true {
            var next = clock.nextDue
            for host in hosts.indices { next = min(next, hosts[host].deadline) }
            guard next <= end else { break }
            clock.advance(to: next)
            while let event = clock.takeDue() { dispatch(event) }
            for host in hosts.indices where hosts[host].deadline <= clock.now { wake(host) }
            if isPaused { return }
        }
        clock.advance(to: end)
    }

    // MARK: Faults

    /// Whether a host's address answers.
    package func setListening(_ isListening: Bool, host: Int) {
        hosts[host].isListening = isListening
    }

    /// The links that are open, by number, in the order in which they were opened.
    package var openLinks: [Int] {
        stride(from: 0, to: ends.count, by: 2)
            .filter { ends[$0].phase == .open && ends[$0 + 1].phase == .open }.map { $0 / 2 }
    }

    /// Breaks a link: both sides hear of a reset at once, and what was on its way is lost.
    package func breakLink(_ link: Int) {
        for end in [2 * link, 2 * link + 1] where ends.indices.contains(end) {
            pipes[end].removeAll()
            release(end, reason: .reset)
        }
    }

    /// Lets a link swallow everything from now on; neither side hears of it.
    package func cutLink(_ link: Int) {
        for end in [2 * link, 2 * link + 1] where pipes.indices.contains(end) {
            pipes[end].removeAll()
            pipes[end].isCut = true
        }
    }

    /// Lets the client's (or the server's) side of a link stop reading, or go on.
    package func setReading(_ isReading: Bool, link: Int, atServer: Bool = false) {
        let end = 2 * link + (atServer ? 1 : 0)
        guard pipes.indices.contains(end) else { return }
        pipes[end].isHeld = !isReading
        plan(end)
    }

    /// Lets a host's side of one of its connections stop reading, or go on.
    package func setReading(_ isReading: Bool, host: Int, connection: ConnectionID) {
        guard hosts.indices.contains(host), let end = end(host, connection) else { return }
        pipes[end].isHeld = !isReading
        plan(end)
    }

    /// Changes how a link behaves, both ways; what is on its way already is not changed.
    package func setProfile(_ profile: NetworkProfile, link: Int) {
        for end in [2 * link, 2 * link + 1] where pipes.indices.contains(end) {
            pipes[end].profile = profile
        }
    }

    // MARK: Waking

    /// Hands an event to its host: at once, or with the host's next beat.
    private func dispatch(_ event: Event) {
        let host: Int
        switch event {
        case .arrival(let end), .lingered(let end): host = ends[end].host
        case .accepted(let link): host = ends[2 * link + 1].host
        case .connected(let link, _): host = ends[2 * link].host
        case .connectFailed(let failed, _): host = failed
        }
        hosts[host].arrivals.append(event)
        if hosts[host].wakesOnArrival { hosts[host].deadline = now }
    }

    /// One wake-up of a host's loop.
    private func wake(_ host: Int) {
        let driver = hosts[host].driver
        hosts[host].lastWake = now
        var position = 0
        while position < hosts[host].arrivals.count {
            let event = hosts[host].arrivals[position]
            position += 1
            handle(event, driver)
        }
        hosts[host].arrivals.removeAll(keepingCapacity: true)
        driver.poll(now: now)
        carryOutEffects(of: host, driver)
        driver.finished(now: now)
        hosts[host].deadline = nextDeadline(of: host)
    }

    /// When a host wants to be woken; a beat that comes at once again comes a moment later, so that
    /// time goes on.
    private func nextDeadline(of host: Int) -> MonotonicInstant {
        let earliest = hosts[host].lastWake.advanced(byNanoseconds: NetworkPipe.wayNanosecondsMin)
        return max(hosts[host].driver.nextDeadline, earliest)
    }

    private func handle(_ event: Event, _ driver: any LoopDriver) {
        switch event {
        case .arrival(let end):
            pipes[end].isPlanned = false
            take(end, driver)
        case .accepted(let link):
            if ends[2 * link + 1].phase == .opening { open(link, driver) }
        case .connected(let link, let tag):
            guard ends[2 * link].phase == .opening else {
                // It was broken on its way.
                driver.connectFailed(tag: tag, now: now)
                return
            }
            ends[2 * link].phase = .open
            driver.connected(ends[2 * link].id, tag: tag, now: now)
        case .connectFailed(_, let tag):
            driver.connectFailed(tag: tag, now: now)
        case .lingered(let end):
            if ends[end].phase == .lingering { release(end, reason: .closedByDriver) }
        }
    }

    /// Reads what has come to an end.
    private func take(_ end: Int, _ driver: any LoopDriver) {
        while let arrival = pipes[end].takeDue(now: now) {
            let phase = ends[end].phase
            switch arrival {
            case .bytes(let count):
                deliver(count, to: end, driver)
                tellWritable(ends[end ^ 1], pipe: end)
            case .end:
                let isOpen = phase == .open
                release(end, reason: isOpen ? .endOfStream : .closedByDriver)
            case .reset:
                release(end, reason: .reset)
            }
        }
        plan(end)
    }

    /// Lets a driver read bytes, where its end is still open.
    private func deliver(_ count: Int, to end: Int, _ driver: any LoopDriver) {
        let id = ends[end].id
        let isRead = ends[end].phase == .open
        var piece: [UInt8] = []
        swap(&piece, &self.piece)
        var rest = count
        while rest > 0 {
            rest = pipes[end].takePiece(of: rest, into: &piece)
            if isRead, !piece.isEmpty { driver.received(id, piece.span, now: now) }
        }
        swap(&piece, &self.piece)
    }

    /// Tells the sender that nothing of its bytes waits any more.
    private func tellWritable(_ sender: End, pipe: Int) {
        guard pipes[pipe].takeUnblocking(), sender.phase == .open else { return }
        hosts[sender.host].driver.writable(sender.id, now: now)
        if hosts[sender.host].wakesOnArrival { hosts[sender.host].deadline = now }
    }

    /// Plans the first arrival at an end.
    func plan(_ end: Int) {
        guard let due = pipes[end].takePlan(now: now) else { return }
        clock.plan(.arrival(end: end), at: due)
    }

    // MARK: Effects

    /// Carries out what a driver asks for; doing so may make it ask for more.
    private func carryOutEffects(of host: Int, _ driver: any LoopDriver) {
        let batch = driver.effects
        for _ in 0..<4 {
            guard !batch.isEmpty else { return }
            batch.exchange(&asked)
            for position in asked.effects.indices { carryOut(asked.effects[position], host: host) }
            asked.removeAll()
        }
    }

    private func carryOut(_ effect: Effect, host: Int) {
        switch effect {
        case .send(let id, let head, let body):
            guard let end = end(host, id), ends[end].phase == .open else { return }
            let target = end ^ 1
            if pipes[target].write(asked.bytes.span, head, body, now: now) {
                breakLink(end / 2)
                return
            }
            plan(target)
            let waiting = pipes[target].countWaitingBytes()
            guard waiting > 0 else { return }
            if waiting > Self.waitingByteCountMax {
                pipes[target].reset(now: now)
                plan(target)
                release(end, reason: .reset)
            } else {
                pipes[target].isSenderBlocked = true
                hosts[host].driver.blocked(id, waitingByteCount: waiting, now: now)
            }
        case .close(let id, let mode):
            guard let end = end(host, id) else { return }
            close(end, mode)
        case .connect(let address, let tag):
            connect(from: host, to: address, tag: tag)
        case .handOver:
            // A virtual server has one loop.
            break
        }
    }

    private func close(_ end: Int, _ mode: CloseMode) {
        let target = end ^ 1
        switch mode {
        case .immediately:
            let isWaiting = pipes[target].waitingByteCount > 0
            if isWaiting { pipes[target].reset(now: now) } else { pipes[target].end(now: now) }
            plan(target)
            release(end, reason: .closedByDriver, endsOther: false)
        case .afterFlush:
            guard ends[end].phase == .open else { return }
            ends[end].phase = .lingering
            pipes[target].end(now: now)
            plan(target)
            clock.plan(
                .lingered(end: end), at: now.advanced(byNanoseconds: Self.lingerNanoseconds))
        }
    }

    // MARK: Connections

    private func connect(from host: Int, to address: SocketAddress, tag: UInt64) {
        let link = ends.count / 2
        let profile = hosts[host].profile
        var toServer = pipe(profile, link: link, towardsClient: false)
        var toClient = pipe(profile, link: link, towardsClient: true)
        let there = now.advanced(byNanoseconds: toServer.wayNanoseconds())
        let back = there.advanced(byNanoseconds: toClient.wayNanoseconds())
        let server = hosts.firstIndex { $0.address == address && $0.isListening }
        guard let server else {
            clock.plan(.connectFailed(host: host, tag: tag), at: back)
            return
        }
        ends.append(End(host: host, id: giveSlot(host, end: 2 * link)))
        ends.append(End(host: server, id: ConnectionID(slot: -1, generation: 0)))
        pipes.append(toClient)
        pipes.append(toServer)
        clock.plan(.accepted(link: link), at: there)
        clock.plan(.connected(link: link, tag: tag), at: back)
    }

    private func pipe(
        _ profile: NetworkProfile, link: Int, towardsClient: Bool
    ) -> NetworkPipe {
        NetworkPipe(
            profile: profile,
            seed: NetworkPipe.seed(
                ofRun: seed, connection: link, towardsClient: towardsClient))
    }

    /// The server's side of a new link.
    private func open(_ link: Int, _ driver: any LoopDriver) {
        let end = 2 * link + 1
        ends[end].id = giveSlot(ends[end].host, end: end)
        ends[end].phase = .open
        let peer = PeerAddress(family: .ipv4, network: 0x7F00_0001)
        driver.accepted(ends[end].id, peer: peer, handedOver: false, now: now)
    }

    private func giveSlot(_ host: Int, end: Int) -> ConnectionID {
        let slot: Int32
        if let free = hosts[host].freeSlots.popLast() {
            slot = free
        } else {
            slot = Int32(hosts[host].ends.count)
            hosts[host].ends.append(-1)
            hosts[host].generations.append(0)
        }
        hosts[host].ends[Int(slot)] = end
        hosts[host].generations[Int(slot)] &+= 1
        return ConnectionID(slot: slot, generation: hosts[host].generations[Int(slot)])
    }

    private func end(_ host: Int, _ id: ConnectionID) -> Int? {
        let slot = Int(id.slot)
        guard hosts[host].ends.indices.contains(slot), hosts[host].ends[slot] >= 0,
            hosts[host].generations[slot] == id.generation
        else { return nil }
        return hosts[host].ends[slot]
    }

    /// Ends one side: its driver is told, and the other side will hear of it.
    private func release(_ end: Int, reason: DisconnectReason, endsOther: Bool = true) {
        guard ends[end].phase != .closed else { return }
        guard ends[end].id.slot >= 0 else {
            // The server has not seen it yet, and will not.
            ends[end].phase = .closed
            return
        }
        let wasOpening = ends[end].phase == .opening
        ends[end].phase = .closed
        let host = ends[end].host
        hosts[host].ends[Int(ends[end].id.slot)] = -1
        hosts[host].freeSlots.append(ends[end].id.slot)
        pipes[end].removeAll()
        if endsOther, ends[end ^ 1].phase != .closed {
            pipes[end ^ 1].end(now: now)
            plan(end ^ 1)
        }
        guard !wasOpening else { return }
        hosts[host].driver.closed(ends[end].id, reason: reason, now: now)
        if hosts[host].wakesOnArrival { hosts[host].deadline = now }
    }
}
