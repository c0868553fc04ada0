import Hyoshi
import Replication
import RoomCore
import ServerCore
import TransportInterface

/// Looks at a server after each of its ticks: seats, queues, what is shown to whom.
final class ServerWatch {
    private let watch: Watch
    private let log: ServerLog
    private let settings: ServerSettings
    /// Seats that were held, with the name of who has them, as they were at the last tick.
    private var held: [Int: [SeatIndex: (name: String, until: Tick)]] = [:]
    private let oracle: InterestOracle?
    private let veilOracle: VeilOracle?
    private let forgetsReplicators: Bool
    private let schema: Schema?
    /// Names of players whose held seat was freed, at its time or for a full queue of events.
    private(set) var released: Set<String> = []

    /// Until when there was no seat left, by room name, for players and for spectators.
    private var fullUntil: [String: (players: MonotonicInstant, spectators: MonotonicInstant)] = [:]
    /// The names of who was there after the last wake-up, by room name.
    private var present: [String: (players: Set<String>, spectators: Set<String>)] = [:]
    /// Who had a seat and a connection at the last tick.
    private var seated: [Int: [SeatIndex: String]] = [:]

    /// Whether a room had no seat left at some time since, as far as its ticks have shown.
    func wasFull(_ room: String, forSpectators: Bool, since: MonotonicInstant) -> Bool {
        guard let full = fullUntil[room] else { return false }
        return (forSpectators ? full.spectators : full.players) >= since
    }

    /// Looks at a room after each wake-up.
    func woke(_ hosted: HostedRoom) {
        let members = hosted.memberInspections
        noteFullness(hosted, members)
        checkSeats(hosted.room, members, key: hosted.observerKey)
        noteGone(members, key: hosted.observerKey)
    }

    private func noteFullness(_ hosted: HostedRoom, _ members: [MemberInspection]) {
        let never = MonotonicInstant(nanoseconds: 0)
        var full = fullUntil[hosted.room.name] ?? (never, never)
        // Somebody may have come and another have gone in the same wake-up: in between it was full.
        let before = present[hosted.room.name] ?? (players: [], spectators: [])
        let players = Set(members.lazy.filter { $0.seat != nil }.map(\.name))
        let spectators = Set(members.lazy.filter { $0.seat == nil }.map(\.name))
        present[hosted.room.name] = (players, spectators)
        let now = watch.now()
        func until(_ instant: MonotonicInstant, isFull: Bool, wasFull: Bool) -> MonotonicInstant {
            isFull ? .distantFuture : wasFull ? now : min(instant, now)
        }
        full.players = until(
            full.players, isFull: hosted.room.seats.count >= hosted.room.seatsMax,
            wasFull: before.players.union(players).count >= hosted.room.seatsMax)
        full.spectators = until(
            full.spectators, isFull: hosted.spectatorCount >= settings.limits.spectatorsMax,
            wasFull: before.spectators.union(spectators).count >= settings.limits.spectatorsMax)
        fullUntil[hosted.room.name] = full
    }

    /// Notes players who had a seat and a connection and have neither: they have left, were thrown
    /// out, or did not take their events.
    private func noteGone(_ members: [MemberInspection], key: Int) {
        var still: [SeatIndex: String] = [:]
        for member in members {
            if let seat = member.seat, member.connection != nil { still[seat] = member.name }
            if member.hasGap { released.insert(member.name) }
        }
        for (seat, name) in seated[key] ?? [:] where still[seat] != name {
            guard !members.contains(where: { $0.seat == seat && $0.name == name }) else { continue }
            released.insert(name)
        }
        seated[key] = still
    }

    /// - Parameter forgetsReplicators: Whether what was shown to a seat is forgotten on purpose.
    init(
        _ watch: Watch, log: ServerLog, settings: ServerSettings, forgetsReplicators: Bool
    ) {
        self.forgetsReplicators = forgetsReplicators
        self.watch = watch
        self.log = log
        self.settings = settings
        schema = try? Schema(settings.games[0])
        oracle = schema.flatMap { InterestOracle(settings.games[0], schema: $0) }
        veilOracle = schema.flatMap { VeilOracle(settings.games[0], schema: $0) }
    }

    // MARK: Rooms

    func opened(_ hosted: HostedRoom, server: Int) {
        hosted.observerKey = log.rooms.count
        log.rooms.append(ServerLog.Room(name: hosted.room.name, server: server))
        watch.sites.add(Site.server("room opened"))
    }

    func closed(_ hosted: HostedRoom) {
        log.rooms[hosted.observerKey].isOpen = false
        watch.expect(hosted.playerCount == 0, .seats, "a room with a player was closed")
        watch.sites.add(Site.server("room closed"))
    }

    func ticked(_ hosted: HostedRoom, _ report: TickReport) {
        let room = hosted.room
        let key = hosted.observerKey
        if report.ticks > 1 { watch.sites.add(Site.server("ticks caught up")) }
        if report.dropped > 0 { watch.sites.add(Site.server("ticks dropped")) }
        watch.expect(
            room.tick.rawValue == log.rooms[key].newestTick + UInt32(report.ticks), .order,
            "the room is at tick \(room.tick.rawValue) after \(log.rooms[key].newestTick) and "
                + "\(report.ticks) more")
        log.rooms[key].newestTick = room.tick.rawValue
        log.rooms[key].world.record(room.table)
        watch.digest.combine(room.stateHash)
        let members = hosted.memberInspections
        for member in members {
            checkQueues(member)
            guard let id = member.connection else { continue }
            let connection = connection(id, room: key)
            if member.sentTick != connection.newestSent { sent(member, id, connection, room) }
            checkAcknowledgement(member, connection)
        }
    }

    private func connection(_ id: ConnectionID, room: Int) -> ServerLog.Connection {
        if let known = log.connections[id] { return known }
        let made = ServerLog.Connection(room: room)
        log.connections[id] = made
        return made
    }

    /// Notes what a member was sent of this tick.
    private func sent(
        _ member: MemberInspection, _ id: ConnectionID, _ connection: ServerLog.Connection,
        _ room: Room
    ) {
        watch.expect(
            member.sentTick == room.tick.rawValue && member.sentTick > connection.newestSent,
            .order, "tick \(member.sentTick) was sent after \(connection.newestSent)")
        connection.newestSent = member.sentTick
        connection.sentTicks.insert(member.sentTick)
        guard let replicator = member.replicator else { return }
        if connection.own == nil { connection.own = ServerLog.Tables() }
        connection.own?.record(replicator.table)
        checkInterest(replicator, member, connection, room)
    }

    private func checkAcknowledgement(
        _ member: MemberInspection, _ connection: ServerLog.Connection
    ) {
        let tick = member.acknowledgedTick
        guard connection.isPlayers, tick != connection.newestAcknowledged else { return }
        // Zero takes all of them back: a baseline was lost, and a full snapshot comes.
        watch.expect(
            tick == 0 || tick > connection.newestAcknowledged, .order,
            "the server's acknowledgement went from \(connection.newestAcknowledged) to \(tick)")
        watch.expect(
            tick == 0 || connection.decodedTicks.contains(tick), .order,
            "the server takes tick \(tick) for acknowledged, which was never decoded")
        connection.newestAcknowledged = tick
    }

    // MARK: Seats

    private func checkSeats(_ room: Room, _ members: [MemberInspection], key: Int) {
        var taken = SeatSet()
        var connections: Set<ConnectionID> = []
        var stillHeld: [SeatIndex: (name: String, until: Tick)] = [:]
        for member in members {
            if let id = member.connection {
                watch.expect(
                    connections.insert(id).inserted, .seats, "two members on one connection")
                watch.expect(
                    member.isAttached, .seats, "\(member.name): its connection is another's")
            }
            guard let seat = member.seat else {
                watch.expect(
                    member.connection != nil, .seats, "\(member.name) watches from nowhere")
                continue
            }
            watch.expect(
                !taken.contains(seat), .seats, "seat \(seat.rawValue) has two players")
            taken.insert(seat)
            switch room.state(of: seat) {
            case .open:
                watch.report(.seats, "\(member.name) is on seat \(seat.rawValue), which is open")
            case .present:
                watch.expect(
                    member.connection != nil, .seats,
                    "seat \(seat.rawValue) counts as present and has no connection")
            case .held(let until):
                watch.expect(
                    member.connection == nil, .seats,
                    "seat \(seat.rawValue) counts as held and has a connection")
                checkHeld(until, room, seat)
                stillHeld[seat] = (member.name, until)
            }
        }
        watch.expect(
            taken == room.seats, .seats,
            "the room has seats \(room.seats.map(\.rawValue)), its members "
                + "\(taken.map(\.rawValue))")
        noteReleased(stillHeld, members, room, key: key)
        watch.expect(
            room.seats.count <= room.seatsMax, .seats, "more players than seats")
        watch.expect(
            members.count { $0.seat == nil } <= settings.limits.spectatorsMax, .seats,
            "more spectators than may be")
    }

    private func checkHeld(_ until: Tick, _ room: Room, _ seat: SeatIndex) {
        // One seat is freed in a tick.
        let latest = until.advanced(by: room.seatsMax + 1)
        watch.expect(
            room.tick <= latest, .seats,
            "seat \(seat.rawValue) is held at tick \(room.tick.rawValue), until "
                + "\(until.rawValue)")
        let farthest = room.tick.advanced(
            by: room.settings.seatHoldSeconds * room.scheduler.tickRate)
        watch.expect(
            until <= farthest, .seats, "seat \(seat.rawValue) is held for too long")
    }

    /// Notes players whose seat was held and was freed.
    private func noteReleased(
        _ stillHeld: [SeatIndex: (name: String, until: Tick)], _ members: [MemberInspection],
        _ room: Room, key: Int
    ) {
        for (seat, (name, until)) in held[key] ?? [:] where stillHeld[seat]?.name != name {
            guard !members.contains(where: { $0.seat == seat && $0.name == name }) else { continue }
            released.insert(name)
            watch.tell("the seat \(seat.rawValue) of \(name) is freed")
            let isEarly = room.tick < until
            watch.sites.add(Site.server(isEarly ? "held seat given up" : "held seat ran out"))
        }
        held[key] = stillHeld
    }

    // MARK: Queues

    private func checkQueues(_ member: MemberInspection) {
        let limits = settings.limits
        watch.expect(
            member.waitingEventCount <= limits.waitingEventsMax, .queues,
            "\(member.waitingEventCount) events wait for \(member.name), "
                + "\(limits.waitingEventsMax) may")
        watch.expect(
            member.waitingEventByteCount <= limits.waitingEventBytesMax, .queues,
            "\(member.waitingEventByteCount) bytes of events wait for \(member.name), "
                + "\(limits.waitingEventBytesMax) may")
    }

    // MARK: Interest

    private func checkInterest(
        _ replicator: SeatReplicator, _ member: MemberInspection,
        _ connection: ServerLog.Connection, _ room: Room
    ) {
        guard let schema else { return }
        let shown = schema.kinds.indices.map { replicator.worldIDs(ofKind: $0).sorted() }
        let allowed: [[UInt32]]
        if let oracle, let seat = member.seat {
            allowed = oracle.view(of: room.table, seat: seat, shown: connection.shown)
        } else if let veilOracle, let seat = member.seat {
            allowed = veilOracle.view(of: room.table, seat: seat)
            watch.sites.add(Site.server("interest of a game's own"))
        } else {
            allowed = room.table.kinds.map(\.ids)
        }
        connection.shown = shown
        for kind in schema.kinds.indices where shown[kind] != allowed[kind] {
            let permitted = Set(allowed[kind])
            if let stranger = shown[kind].first(where: { !permitted.contains($0) }) {
                watch.report(
                    .interest,
                    "\(member.name) is shown \(schema.kinds[kind].name) \(stranger) at tick "
                        + "\(room.tick.rawValue), which is outside of what it may see")
            }
            guard replicator.budget == nil, !forgetsReplicators else { continue }
            watch.report(
                .interest,
                "\(member.name) is shown \(shown[kind].count) of kind "
                    + "\(schema.kinds[kind].name) at tick \(room.tick.rawValue), "
                    + "\(allowed[kind].count) are in view")
        }
        guard replicator.budget == nil else {
            return checkFreshness(replicator, allowed, member, connection, room)
        }
        checkNumbers(replicator, member, room)
    }

    /// Without a budget a seat's numbers are the world's.
    private func checkNumbers(
        _ replicator: SeatReplicator, _ member: MemberInspection, _ room: Room
    ) {
        for kind in replicator.table.kinds.indices {
            let mine = replicator.table.kinds[kind]
            let world = room.table.kinds[kind]
            for (row, id) in replicator.worldIDs(ofKind: kind).enumerated() {
                guard let origin = world.row(of: id) else { continue }
                let width = world.fieldCount
                let same =
                    mine.values[(row * width)..<((row + 1) * width)]
                    == world.values[(origin * width)..<((origin + 1) * width)]
                watch.expect(
                    same, .snapshots,
                    "\(member.name) is sent other numbers of kind \(kind), id \(id), than the "
                        + "world has at tick \(room.tick.rawValue)")
            }
        }
    }

    /// Whatever waits for a budget: nothing in view stays out of date for many snapshots.
    private func checkFreshness(
        _ replicator: SeatReplicator, _ allowed: [[UInt32]], _ member: MemberInspection,
        _ connection: ServerLog.Connection, _ room: Room
    ) {
        let bytesPerTick = (replicator.budget?.bytesPerSecond ?? 0) / room.scheduler.tickRate
        // Without acknowledgements everything is sent in full again and again.
        guard bytesPerTick >= Self.bytesPerTickMin,
            member.acknowledgedTick + 60 > room.tick.rawValue
        else {
            connection.fresh = [:]
            return
        }
        let sent = UInt32(truncatingIfNeeded: connection.sentTicks.count)
        var fresh: [UInt64: UInt32] = [:]
        for kind in allowed.indices {
            let current = currentIDs(replicator, room, kind: kind)
            for id in allowed[kind] {
                let key = UInt64(kind) << 32 | UInt64(id)
                fresh[key] = current.contains(id) ? sent : connection.fresh[key] ?? sent
            }
        }
        connection.fresh = fresh
        guard let stale = fresh.filter({ sent - $0.value > Self.staleSnapshotsMax }).keys.min()
        else { return }
        watch.report(
            .interest,
            "\(member.name): kind \(stale >> 32) id \(stale & 0xFFFF_FFFF) was not as the world has "
                + "it for \(Self.staleSnapshotsMax) snapshots, at tick \(room.tick.rawValue)")
    }

    /// The world's ids of those that a seat has as the world has them.
    private func currentIDs(_ replicator: SeatReplicator, _ room: Room, kind: Int) -> Set<UInt32> {
        let mine = replicator.table.kinds[kind]
        let world = room.table.kinds[kind]
        let width = world.fieldCount
        var current: Set<UInt32> = []
        for (row, id) in replicator.worldIDs(ofKind: kind).enumerated() {
            guard let origin = world.row(of: id) else { continue }
            let same =
                mine.values[(row * width)..<((row + 1) * width)]
                == world.values[(origin * width)..<((origin + 1) * width)]
            if same { current.insert(id) }
        }
        return current
    }

    /// Snapshots within which even a small budget brings everything in view up to date.
    private static let staleSnapshotsMax: UInt32 = 600
    /// The bytes of a tick from which on that is promised.
    private static let bytesPerTickMin = 60
}
