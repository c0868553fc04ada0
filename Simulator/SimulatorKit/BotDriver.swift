import ClientCore
import Hyoshi
package import TransportInterface
import WebSocketProtocol

/// The bots of one thread, as the driver of one event loop: thousands of connections, no I/O.
///
/// Every bot is visited at a fixed rate, in turn over up to 16 slots of that period, so that the
/// inputs of a run spread over the tick as those of people do. What a wake-up wants sent to a
/// connection goes out as one write at its end.
package final class BotDriver: LoopDriver {
    package let effects = EffectBatch()
    /// What has been counted since the last ``beginMeasuring(now:)``.
    package internal(set) var measurements = Measurements()
    /// The tick rate of the last welcome.
    package internal(set) var tickRate = 60

    let settings: BotSettings
    var bots: [Bot] = []
    let entropy: () -> UInt32
    let scratch = WebSocketScratch()
    var limits = WebSocketLimits()
    /// The bot of each connection slot; −1 for none.
    var botOfSlot: [Int32] = []
    var outgoingList: [Bot] = []
    var message: [UInt8] = []
    var delivered: [UInt8] = []
    var isStopping = false
    var lastTrouble: String?
    var hasReachedServer = false

    let slotCount: Int
    let visitNanoseconds: UInt64
    var epoch = MonotonicInstant(nanoseconds: 0)
    var slot: UInt64 = 0
    var nextPing: MonotonicInstant
    var pingCursor = 0
    var random: DeterministicRandom

    /// The bots of these numbers.
    ///
    /// - Parameter entropy: 32 strong random bits, for masking keys (RFC 6455 §10.3).
    package init(
        settings: BotSettings, bots range: Range<Int>, now: MonotonicInstant,
        entropy: @escaping () -> UInt32
    ) {
        self.settings = settings
        self.entropy = entropy
        // A welcome names every field; a full snapshot of a large room has tens of kilobytes.
        limits.messageByteCountMax = 256 * 1024
        limits.frameByteCountMax = 256 * 1024
        slotCount = min(max(range.count, 1), 16)
        let rate = settings.inputRate >= 20 ? settings.inputRate : 60
        visitNanoseconds = 1_000_000_000 / UInt64(rate)
        epoch = now
        nextPing = now
        random = DeterministicRandom(seed: settings.seed &+ UInt64(range.lowerBound))
        let gap = 1_000_000_000 / max(settings.connectsPerSecond, 1)
        for (position, index) in range.enumerated() {
            let start = now.advanced(byNanoseconds: UInt64(position) * gap)
            bots.append(Bot(index: index, settings: settings, start: start))
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
        for bot in bots {
            if bot.isConnected { progress.connected += 1 }
            if case .playing = bot.phase { progress.joined += 1 }
            if case .ended = bot.phase { progress.ended += 1 }
            if bot.hasFailedToConnect && !bot.hasEverConnected { progress.neverConnected += 1 }
        }
        progress.snapshotsMeasured = measurements.snapshots
        progress.lastTrouble = lastTrouble
        progress.hasReachedServer = hasReachedServer
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
        let slot = Int(connection.slot)
        while botOfSlot.count <= slot { botOfSlot.append(-1) }
        botOfSlot[slot] = Int32(position)
        bot.connection = connection
        bot.phase = .handshaking
        bot.isBlocked = false
        do throws(ClientRequestError) {
            try startHandshake(bot)
        } catch {
            lastTrouble = "the request for \(settings.target(ofBot: bot.index)) is not valid"
            bot.phase = .ended
            effects.effects.append(.close(connection, .immediately))
        }
    }

    package func connectFailed(tag: UInt64, now: MonotonicInstant) {
        guard let position = Int(exactly: tag), bots.indices.contains(position) else { return }
        lastTrouble = "no connection to \(settings.server.host)"
        failedToConnect(bots[position], now: now)
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
        bot(of: connection)?.isBlocked = true
    }

    package func writable(_ connection: ConnectionID, now: MonotonicInstant) {
        guard let bot = bot(of: connection) else { return }
        bot.isBlocked = false
        if !bot.outgoing.isEmpty { listOutgoing(bot) }
    }

    package func closed(
        _ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant
    ) {
        guard let bot = bot(of: connection) else { return }
        botOfSlot[Int(connection.slot)] = -1
        bot.connection = ConnectionID(slot: -1, generation: 0)
        if !isStopping { countEnd(of: bot) }
        bot.endpoint = nil
        bot.handshake = nil
        bot.outgoing.removeAll(keepingCapacity: true)
        bot.inboundLine.removeAll()
        bot.outboundLine.removeAll()
        bot.room.connectionLost()
        if case .ended = bot.phase { return }
        if isStopping {
            bot.phase = .ended
        } else {
            retry(bot, now: now)
        }
    }

    package var nextDeadline: MonotonicInstant {
        guard !isStopping else { return .distantFuture }
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
        sendPings(now: now)
        flush(now: now)
    }

    package func shutDown(now: MonotonicInstant) {
        isStopping = true
        for bot in bots {
            switch bot.phase {
            case .joining, .playing:
                send(bot) { bot, message in bot.room.writeLeave(into: &message) }
                bot.endpoint?.close(.normalClosure, now: now)
                listOutgoing(bot)
                bot.phase = .closing
            case .handshaking, .closing:
                effects.effects.append(.close(bot.connection, .immediately))
            case .idle, .connecting, .ended:
                bot.phase = .ended
            }
        }
    }

    func bot(of connection: ConnectionID) -> Bot? {
        let slot = Int(connection.slot)
        guard botOfSlot.indices.contains(slot), botOfSlot[slot] >= 0 else { return nil }
        let bot = bots[Int(botOfSlot[slot])]
        return bot.connection == connection ? bot : nil
    }
}
