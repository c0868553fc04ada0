import ClientCore
import Hyoshi
import TransportInterface
import WebSocketProtocol

extension BotDriver {
    // MARK: Visits

    var slotInstant: MonotonicInstant {
        let period = slot / UInt64(slotCount)
        let part = slot % UInt64(slotCount)
        return epoch.advanced(
            byNanoseconds: period * visitNanoseconds + part * visitNanoseconds / UInt64(slotCount))
    }

    func visitSlots(now: MonotonicInstant) {
        guard !isStopping else { return }
        var visited = 0
        while slotInstant <= now {
            if visited == slotCount {
                // More than a period behind: whole periods that were missed are not made up for.
                let periods = now.nanoseconds(since: slotInstant) / visitNanoseconds
                slot += periods * UInt64(slotCount)
                return
            }
            var position = Int(slot % UInt64(slotCount))
            while position < bots.count {
                visit(bots[position], position: position, now: now)
                position += slotCount
            }
            slot += 1
            visited += 1
        }
    }

    /// Sends the pings that are due: each bot's about every 0.6 s, at varying times within the tick.
    ///
    /// The inputs of a bot come at one and the same time within the tick; were its pings to come
    /// then, all of them would wait equally long at the server.
    func sendPings(now: MonotonicInstant) {
        guard !isStopping, !bots.isEmpty else { return }
        let gap = 600_000_000 / UInt64(bots.count)
        var sent = 0
        while nextPing <= now, sent < bots.count {
            nextPing = nextPing.advanced(byNanoseconds: gap / 2 + random.next() % (gap + 1))
            let bot = bots[pingCursor]
            pingCursor = (pingCursor + 1) % bots.count
            sent += 1
            guard case .playing = bot.phase, !bot.isBlocked else { continue }
            send(bot) { bot, message in bot.room.writePing(now: now, into: &message) }
        }
        // After a stall nothing is made up for.
        if nextPing <= now { nextPing = now }
    }

    func visit(_ bot: Bot, position: Int, now: MonotonicInstant) {
        switch bot.phase {
        case .idle:
            guard bot.retryAt <= now else { return }
            bot.phase = .connecting
            effects.effects.append(
                .connect(address: settings.server.address, tag: UInt64(position)))
        case .playing:
            play(bot, now: now)
            pollEndpoint(bot, now: now)
        case .joining, .closing:
            pollEndpoint(bot, now: now)
        case .connecting, .handshaking, .ended:
            break
        }
    }

    func pollEndpoint(_ bot: Bot, now: MonotonicInstant) {
        switch bot.endpoint?.poll(now: now) ?? .none {
        case .none:
            break
        case .failed(let violation):
            bot.closeCode = violation.closeCode.rawValue
            bot.phase = .closing
            listOutgoing(bot)
        case .dropTransport:
            effects.effects.append(.close(bot.connection, .immediately))
        }
    }

    func play(_ bot: Bot, now: MonotonicInstant) {
        guard !bot.isBlocked else { return }
        if settings.inputRate > 0, bot.nextInput <= now {
            let gap = 1_000_000_000 / UInt64(settings.inputRate)
            // At visits of the same rate each one is due, however early it is by rounding.
            bot.nextInput = now.advanced(byNanoseconds: gap - gap / 4)
            command(bot, now: now)
        }
        if bot.room.isAcknowledgementDue {
            send(bot) { bot, message in bot.room.writeAcknowledgement(into: &message) }
        }
    }

    func command(_ bot: Bot, now: MonotonicInstant) {
        if let view = bot.room.view(at: now) {
            bot.pilot?.decide(view, into: &bot.input)
        }
        message.removeAll(keepingCapacity: true)
        guard bot.room.writeCommand(bot.input, now: now, into: &message) else { return }
        measurements.inputsSent += 1
        frameMessage(bot)
    }

    // MARK: Sending

    func send(_ bot: Bot, _ write: (Bot, inout [UInt8]) -> Void) {
        message.removeAll(keepingCapacity: true)
        write(bot, &message)
        frameMessage(bot)
    }

    func frameMessage(_ bot: Bot) {
        let entropy = entropy
        bot.endpoint?.sendMessage(
            .binary, message.span, compress: false, into: &bot.outgoing, scratch: scratch,
            maskingKey: entropy)
        listOutgoing(bot)
    }

    func listOutgoing(_ bot: Bot) {
        guard !bot.isInOutgoingList else { return }
        bot.isInOutgoingList = true
        outgoingList.append(bot)
    }

    func flush(now: MonotonicInstant) {
        for bot in outgoingList {
            bot.isInOutgoingList = false
            let entropy = entropy
            bot.endpoint?.writeControlOutput(into: &bot.outgoing, maskingKey: entropy)
            guard bot.connection.slot >= 0, !bot.outgoing.isEmpty else { continue }
            if settings.delays, !isStopping {
                bot.outboundLine.append(bot.outgoing.span, due: due(bot, now: now))
                bot.outgoing.removeAll(keepingCapacity: true)
            } else if !bot.isBlocked {
                emit(bot)
            }
            if isStopping { effects.effects.append(.close(bot.connection, .afterFlush)) }
        }
        outgoingList.removeAll(keepingCapacity: true)
    }

    /// Hands the bot's waiting bytes to the transport: at most once for each wake-up.
    func emit(_ bot: Bot) {
        let start = effects.bytes.count
        effects.bytes.append(contentsOf: bot.outgoing)
        measurements.bytesSent += bot.outgoing.count
        effects.effects.append(
            .send(
                bot.connection, head: ByteRange(start: start, count: bot.outgoing.count),
                body: .empty))
        bot.outgoing.removeAll(keepingCapacity: true)
    }

    // MARK: The slow way

    /// When bytes that start now arrive: half of the added time later, more or less.
    func due(_ bot: Bot, now: MonotonicInstant) -> MonotonicInstant {
        var nanoseconds = settings.latencyNanoseconds / 2
        let spread = settings.jitterNanoseconds
        if spread > 0 {
            // jitter / 2 either way, never below zero.
            nanoseconds += bot.random.next() % (spread + 1)
            nanoseconds -= min(spread / 2, nanoseconds)
        }
        return now.advanced(byNanoseconds: nanoseconds)
    }

    func deliverDue(now: MonotonicInstant) {
        for bot in bots {
            if bot.inboundLine.nextDue <= now {
                delivered.removeAll(keepingCapacity: true)
                if bot.inboundLine.takeDue(now: now, into: &delivered) {
                    let bytes = delivered
                    deliver(bytes.span, to: bot, now: now)
                }
            }
            if bot.outboundLine.nextDue <= now, !bot.isBlocked, bot.connection.slot >= 0 {
                let start = effects.bytes.count
                if bot.outboundLine.takeDue(now: now, into: &effects.bytes) {
                    let count = effects.bytes.count - start
                    measurements.bytesSent += count
                    effects.effects.append(
                        .send(
                            bot.connection, head: ByteRange(start: start, count: count),
                            body: .empty))
                }
            }
        }
    }
}
