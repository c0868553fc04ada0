import ClientSession
import Hyoshi
package import TransportInterface
import WebSocketProtocol

/// The bots of one thread, as the driver of one event loop: thousands of connections, no I/O.
///
/// Every bot is visited at a fixed rate, in turn over up to 16 slots of that period, so that the
/// inputs of a run spread over the tick as those of people do. What a wake-up wants sent to a
/// connection goes out as one write at its end.
package final class BotDriver: LoopDriver {
    // One thread has a driver and its bots, and no access to a property lasts while anything is called
    // that could reach it again; a session, of which that is not said, stays checked.

    package let effects = EffectBatch()
    /// What has been counted since the last ``beginMeasuring(now:)``.
    @exclusivity(unchecked) package internal(set) var measurements = Measurements()
    /// The tick rate of the last welcome.
    package internal(set) var tickRate = 60

    let settings: BotSettings
    @exclusivity(unchecked) var bots: [BotClient] = []
    /// The bot of each connection slot; −1 for none.
    @exclusivity(unchecked) var botOfSlot: [Int32] = []
    @exclusivity(unchecked) var outgoingList: [BotClient] = []
    @exclusivity(unchecked) var delivered: [UInt8] = []
    @exclusivity(unchecked) var isStopping = false
    /// What programs are to decide, and the bots that wait for it.
    var requests: [BotRequest] = []
    var waiting: [BotClient] = []
    var decidedCount = 0
    /// Why a program decides no longer.
    var programError: BotProgramError?
    /// Called at the end of a wake-up after which there are requests; who is called sees to
    /// ``decide(_:_:)`` and ``sendDecisions(now:)``, now or later.
    var onRequests: (() -> Void)?
    /// The points of each seat, for requests.
    var scoresOfTable: ((EntityTable) -> [Int32?])?
    var lastTrouble: String?
    var hasReachedServer = false
    /// Bots whose request cannot be made.
    private var impossibleBots = 0

    let slotCount: Int
    let visitNanoseconds: UInt64
    @exclusivity(unchecked) var epoch = MonotonicInstant(nanoseconds: 0)
    @exclusivity(unchecked) var slot: UInt64 = 0
    @exclusivity(unchecked) var nextPing: MonotonicInstant
    @exclusivity(unchecked) var pingCursor = 0
    @exclusivity(unchecked) var random: DeterministicRandom

    /// The bots of these numbers.
    ///
    /// - Parameter entropy: 32 strong random bits, for masking keys (RFC 6455 §10.3).
    package init(
        settings: BotSettings, bots range: Range<Int>, now: MonotonicInstant,
        entropy: @escaping () -> UInt32
    ) {
        self.settings = settings
        slotCount = min(max(range.count, 1), 16)
        let rate = settings.inputRate >= 20 ? settings.inputRate : 60
        visitNanoseconds = 1_000_000_000 / UInt64(rate)
        epoch = now
        nextPing = now
        random = DeterministicRandom(seed: settings.seed &+ UInt64(range.lowerBound))
        let gap = 1_000_000_000 / max(settings.connectsPerSecond, 1)
        let scratch = ClientSessionScratch()
        for (position, index) in range.enumerated() {
            let start = now.advanced(byNanoseconds: UInt64(position) * gap)
            do throws(ClientRequestError) {
                bots.append(
                    try BotClient(
                        index: index, settings: settings, start: start, scratch: scratch,
                        entropy: entropy))
            } catch {
                lastTrouble = "the request for \(settings.target(ofBot: index)) is not valid"
                hasReachedServer = true
                impossibleBots += 1
            }
        }
    }

    // MARK: Control

    /// Forgets what was counted so far: the window that is reported begins.
    package func beginMeasuring(now: MonotonicInstant) {
        measurements.reset()
        for bot in bots {
            bot.snapshots = 0
            bot.lastSnapshot = nil
        }
    }

    /// Snapshots of the bot with the fewest since the measuring began.
    package var snapshotsFewest: Int { bots.map(\.snapshots).min() ?? 0 }

    /// What the bots have come to.
    package var progress: BotProgress {
        var progress = BotProgress()
        progress.ended = impossibleBots
        progress.neverConnected = impossibleBots
        for bot in bots {
            if bot.session.isOpen { progress.connected += 1 }
            switch bot.session.phase {
            case .playing: progress.joined += 1
            case .ended: progress.ended += 1
            case .waiting, .connecting, .opening, .joining, .closing: break
            }
            if bot.hasFailedToConnect && !bot.hasEverConnected { progress.neverConnected += 1 }
        }
        progress.snapshotsMeasured = measurements.snapshots
        progress.lastTrouble = lastTrouble
        progress.hasReachedServer = hasReachedServer
        progress.programError = programError
        return progress
    }

    // MARK: The loop's events

    package func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        // Bots listen nowhere.
        effects.effects.append(.close(connection, .immediately))
    }

    package func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        guard let position = Int(exactly: tag), bots.indices.contains(position), !isStopping else {
            effects.effects.append(.close(connection, .immediately))
            return
        }
        let bot = bots[position]
        guard bot.session.connected(now: now) else {
            effects.effects.append(.close(connection, .immediately))
            return
        }
        let slot = Int(connection.slot)
        while botOfSlot.count <= slot { botOfSlot.append(-1) }
        botOfSlot[slot] = Int32(position)
        bot.connection = connection
        listOutgoing(bot)
    }

    package func connectFailed(tag: UInt64, now: MonotonicInstant) {
        guard let position = Int(exactly: tag), bots.indices.contains(position) else { return }
        let bot = bots[position]
        _ = bot.session.connectFailed(now: now)
        measurements.connectFailures += 1
        bot.hasFailedToConnect = true
        lastTrouble = "no connection to \(settings.server.host)"
    }

    package func received(
        _ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant
    ) {
        guard let bot = bot(of: connection) else { return }
        measurements.bytesReceived += bytes.count
        if settings.delays {
            bot.inboundLine.append(bytes, due: due(bot, now: now))
        } else {
            deliver(bytes, to: bot, now: now)
        }
    }

    package func blocked(
        _ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant
    ) {
        bot(of: connection)?.session.isBlocked = true
    }

    package func writable(_ connection: ConnectionID, now: MonotonicInstant) {
        guard let bot = bot(of: connection) else { return }
        bot.session.isBlocked = false
        if bot.session.hasOutput { listOutgoing(bot) }
    }

    package func closed(
        _ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant
    ) {
        guard let bot = bot(of: connection) else { return }
        botOfSlot[Int(connection.slot)] = -1
        bot.connection = BotClient.noConnection
        bot.inboundLine.removeAll()
        bot.outboundLine.removeAll()
        let end = bot.session.closed(now: now)
        if !isStopping { count(end, of: bot) }
    }

    package var nextDeadline: MonotonicInstant {
        guard !isStopping else { return .distantFuture }
        // What was decided between two wake-ups is to go out.
        if !outgoingList.isEmpty { return MonotonicInstant(nanoseconds: 0) }
        var next = min(slotInstant, nextPing)
        if settings.delays {
            for bot in bots {
                next = min(next, bot.inboundLine.nextDue, bot.outboundLine.nextDue)
            }
        }
        return next
    }

    package func poll(now: MonotonicInstant) {
        if settings.delays { deliverDue(now: now) }
        visitSlots(now: now)
        if !requests.isEmpty {
            onRequests?()
            if decidedCount == requests.count { sendDecisions(now: now) }
        }
        sendPings(now: now)
        flush(now: now)
    }

    package func shutDown(now: MonotonicInstant) {
        isStopping = true
        for bot in bots {
            switch bot.session.leave(now: now) {
            case .none, .connect, .closeAfterFlush: listOutgoing(bot)
            case .drop: drop(bot)
            }
        }
    }

    /// Ends the bot's connection, where it has one.
    func drop(_ bot: BotClient) {
        guard bot.connection != BotClient.noConnection else { return }
        effects.effects.append(.close(bot.connection, .immediately))
    }

    func bot(of connection: ConnectionID) -> BotClient? {
        let slot = Int(connection.slot)
        guard botOfSlot.indices.contains(slot), botOfSlot[slot] >= 0 else { return nil }
        let bot = bots[Int(botOfSlot[slot])]
        return bot.connection == connection ? bot : nil
    }
}
