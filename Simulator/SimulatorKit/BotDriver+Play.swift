import ClientCore
import ClientSession
import Hyoshi
import TransportInterface

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
            guard bot.session.canCommand() else { continue }
            bot.session.ping(now: now)
            listOutgoing(bot)
        }
        // After a stall nothing is made up for.
        if nextPing <= now { nextPing = now }
    }

    func visit(_ bot: BotClient, position: Int, now: MonotonicInstant) {
        visit(&bot.session, of: bot, position: position, now: now)
    }

    /// Visits a bot by its session, which is accessed once for all of it: each access is checked.
    private func visit(
        _ session: inout ClientSession, of bot: BotClient, position: Int, now: MonotonicInstant
    ) {
        play(&session, of: bot, now: now)
        switch session.poll(now: now) {
        case .none, .closeAfterFlush:
            break
        case .connect:
            effects.effects.append(
                .connect(address: settings.server.address, tag: UInt64(position)))
        case .drop:
            drop(bot)
        }
        if session.hasOutput { listOutgoing(bot) }
    }

    private func play(
        _ session: inout ClientSession, of bot: BotClient, now: MonotonicInstant
    ) {
        guard session.canCommand(), settings.inputRate > 0, bot.nextInput <= now else { return }
        let gap = 1_000_000_000 / UInt64(settings.inputRate)
        // At visits of the same rate each one is due, however early it is by rounding.
        bot.nextInput = now.advanced(byNanoseconds: gap - gap / 4)
        if !settings.isIdle, let view = session.view(at: now), let seat = view.seat {
            if bot.isProgrammed {
                ask(for: bot, view.table, seat: seat, commandTick: view.commandTick)
                return
            }
            bot.policy?.decide(
                view.table, seat: seat, commandTick: view.commandTick, into: &bot.input)
        }
        if session.command(bot.input, now: now) { measurements.inputsSent += 1 }
    }

    // MARK: Sending

    func listOutgoing(_ bot: BotClient) {
        guard !bot.isInOutgoingList else { return }
        bot.isInOutgoingList = true
        outgoingList.append(bot)
    }

    /// Hands what waits to the transport: for each bot at most once for each wake-up.
    func flush(now: MonotonicInstant) {
        guard !outgoingList.isEmpty else { return }
        var batch = effects.take()
        for bot in outgoingList {
            bot.isInOutgoingList = false
            guard bot.connection != BotClient.noConnection else { continue }
            flush(&bot.session, of: bot, into: &batch, now: now)
        }
        effects.putBack(batch)
        outgoingList.removeAll(keepingCapacity: true)
    }

    private func flush(
        _ session: inout ClientSession, of bot: BotClient,
        into batch: inout EffectBatch.Content, now: MonotonicInstant
    ) {
        var action = ClientSession.TransportAction.none
        if settings.delays, !isStopping {
            delivered.removeAll(keepingCapacity: true)
            action = session.takeOutput(into: &delivered)
            let waiting = delivered
            bot.outboundLine.append(waiting.span, due: due(bot, now: now))
        } else if !session.isBlocked || isStopping {
            let start = batch.bytes.count
            action = session.takeOutput(into: &batch.bytes)
            let count = batch.bytes.count - start
            if count > 0 {
                measurements.bytesSent += count
                batch.effects.append(
                    .send(bot.connection, head: ByteRange(start: start, count: count), body: .empty)
                )
            }
            if isStopping { action = .closeAfterFlush }
        }
        if case .closeAfterFlush = action {
            batch.effects.append(.close(bot.connection, .afterFlush))
        }
    }

    // MARK: The slow way

    /// When bytes that start now arrive: half of the added time later, more or less.
    func due(_ bot: BotClient, now: MonotonicInstant) -> MonotonicInstant {
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
            if bot.outboundLine.nextDue <= now, !bot.session.isBlocked,
                bot.connection != BotClient.noConnection
            {
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
