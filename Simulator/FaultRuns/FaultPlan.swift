import Arena
package import Hyoshi
import NetworkModel
import RoomCore
package import ServerCore
import Tag
import WebSocketProtocol

/// Everything that a run is going to meet, drawn from its seed before it begins.
package struct FaultPlan: Sendable {
    /// One player's part.
    package struct Player: Sendable {
        /// The number of its room.
        package var room = 0
        /// Whether it only watches.
        package var isSpectator = false
        /// When it comes first.
        package var entersAtNanoseconds: UInt64 = 0
        /// Commands a second.
        package var commandsPerSecond = 60
        /// Events a minute; 0 for none.
        package var eventsPerMinute = 0
        /// Whether it predicts and shows.
        package var predicts = false
        /// Snapshots that it keeps.
        package var historySlots = 64
        /// Whether it offers compression.
        package var compresses = false
        /// How much faster its clock runs than the server's, in millionths.
        package var driftPartsPerMillion = 0
        /// Whether it is the same command for long, so that snapshots are quiet.
        package var isIdle = false
    }

    /// One peer that means harm.
    package struct Hostile: Sendable {
        /// What it is up to.
        package var kind: HostileKind
        /// The number of the room that it is after.
        package var room: Int
        /// When it comes.
        package var entersAtNanoseconds: UInt64
        /// What it draws its misdeeds from.
        package var seed: UInt64
    }

    /// What everything is drawn from.
    package let seed: UInt64
    /// The length of the run, seconds.
    package let seconds: Int
    /// What the run has, in the order of all kinds.
    package let kinds: [FaultKind]
    /// What is served.
    package var server: ServerSettings
    /// The most connections that the server admits.
    package var connectionsMax = 1_000
    /// Rooms.
    package var roomCount = 1
    /// The players.
    package var players: [Player] = []
    /// Those who mean harm.
    package var hostiles: [Hostile] = []
    /// What is done, earliest first.
    package var actions: [PlannedAction] = []

    /// Seconds at the end that are without faults.
    package static let calmSeconds = 10

    /// Draws a plan.
    ///
    /// - Parameters:
    ///   - with: Kinds that the run is to have, whatever the seed says.
    ///   - without: Kinds that it is not to have.
    package init(
        seed: UInt64, seconds: Int, with: Set<FaultKind> = [], without: Set<FaultKind> = []
    ) {
        self.seed = seed
        self.seconds = max(seconds, Self.calmSeconds + 5)
        kinds = FaultKind.allCases.filter { kind in
            var draw = Draw(seed: seed, name: "has " + kind.rawValue)
            return (draw.oneIn(2) || with.contains(kind)) && !without.contains(kind)
        }
        server = ServerSettings(games: [arena])
        drawSettings()
        drawPlayers()
        drawActions()
        let planned = actions.enumerated().sorted {
            ($0.element.nanoseconds, $0.offset) < ($1.element.nanoseconds, $1.offset)
        }
        actions = planned.map(\.element)
    }

    /// Whether the run has a kind.
    package func has(_ kind: FaultKind) -> Bool { kinds.contains(kind) }

    /// When the faults end, since the start.
    package var faultsEndNanoseconds: UInt64 {
        UInt64(seconds - Self.calmSeconds) * 1_000_000_000
    }

    /// The game that is played.
    package var game: Game { server.games[0] }

    func draw(_ kind: FaultKind) -> Draw { Draw(seed: seed, name: kind.rawValue) }

    // MARK: Settings

    private mutating func drawSettings() {
        if has(.interest) {
            server.games = [has(.customInterest) ? Game(VeiledArena.self) : arenaLarge]
        } else if has(.otherGame) {
            server.games = [tag]
        }
        server.room.emptyRoomSeconds = 3
        server.room.seatHoldSeconds = 20
        if has(.shortHold) {
            var draw = draw(.shortHold)
            server.room.seatHoldSeconds = draw.number(1...6)
        }
        if has(.lastWritten) { server.room.baselinePolicy = .lastWritten }
        if has(.byteBudget) {
            var draw = draw(.byteBudget)
            server.room.seatBytesPerSecondMax = draw.one(of: [2_000, 4_000, 8_000, 16_000, 64_000])
        }
        if has(.tickRate) {
            var draw = draw(.tickRate)
            server.room.tickRate = draw.one(of: [10, 20, 30, 50, 120])
            server.room.catchUpTicksMax = draw.number(1...6)
            server.room.hashIntervalTicks = draw.one(of: [1, 7, 30, 60])
            server.room.rewindMilliseconds = draw.one(of: [0, 100, 500])
        }
        if has(.compression) {
            var draw = draw(.compression)
            server.handshake.deflate = DeflatePolicy(
                isEnabled: true, serverMaxWindowBits: draw.one(of: [9, 10, 12, 15]))
        }
        if has(.smallLimits) { drawLimits() }
    }

    private mutating func drawLimits() {
        var draw = draw(.smallLimits)
        server.limits.waitingEventsMax = draw.number(4...16)
        server.limits.waitingEventBytesMax = draw.number(256...2_048)
        server.limits.spectatorsMax = draw.number(1...3)
        server.limits.handshakesPerSecond = draw.number(2...20)
        server.limits.handshakesBurst = draw.number(2...20)
        server.limits.joinsPerSecond = draw.number(1...8)
        server.limits.blockedSeconds = draw.number(1...3)
        server.limits.helloSeconds = draw.number(2...5)
        connectionsMax = draw.number(6...40)
    }

    // MARK: Players

    private mutating func drawPlayers() {
        var draw = Draw(seed: seed, name: "players")
        let count = draw.number(1...16)
        roomCount = 1
        if has(.severalRooms) {
            var draw = self.draw(.severalRooms)
            roomCount = draw.number(2...4)
        }
        if has(.alone) { roomCount = count }
        let seatsWanted = max(count / roomCount, 1)
        if has(.crowding) {
            var draw = self.draw(.crowding)
            server.room.seatsMax = max(draw.number(1...seatsWanted), 1)
        }
        for index in 0..<count {
            var player = Player()
            player.room = index % roomCount
            player.entersAtNanoseconds = draw.milliseconds(0...3_000)
            player.commandsPerSecond = draw.one(of: [20, 30, 60, 60, 60, 120])
            player.isIdle = draw.oneIn(6)
            players.append(player)
        }
        drawTraits()
        guard has(.hostiles) else { return }
        var harm = self.draw(.hostiles)
        for _ in 0..<harm.number(1...5) {
            hostiles.append(
                Hostile(
                    kind: harm.one(of: HostileKind.allCases),
                    room: harm.number(0...(roomCount - 1)),
                    entersAtNanoseconds: harm.bits() % faultsEndNanoseconds, seed: harm.bits()))
        }
    }

    private mutating func drawTraits() {
        for (kind, apply) in Self.traits where has(kind) {
            var draw = draw(kind)
            for index in players.indices { apply(&players[index], &draw) }
        }
    }

    private static let traits: [(FaultKind, @Sendable (inout Player, inout Draw) -> Void)] = [
        (.spectators, { player, draw in if draw.oneIn(4) { player.isSpectator = true } }),
        (
            .events,
            { player, draw in player.eventsPerMinute = draw.one(of: [0, 6, 30, 120, 240]) }
        ),
        (
            .eventFlood,
            { player, draw in if draw.oneIn(3) { player.eventsPerMinute = 1_200 } }
        ),
        (.prediction, { player, draw in player.predicts = !draw.oneIn(4) }),
        (
            .smallHistory,
            { player, draw in
                if draw.oneIn(2) { player.historySlots = draw.number(4...32) }
            }
        ),
        (.compression, { player, draw in player.compresses = !draw.oneIn(4) }),
        (
            .clockDrift,
            { player, draw in player.driftPartsPerMillion = draw.number(-500...500) }
        ),
    ]
}
