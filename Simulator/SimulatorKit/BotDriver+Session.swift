import ClientCore
import ClientSession
import GameProtocol
import Histogram
import Hyoshi
import Replication
import TransportInterface

extension BotDriver {
    // MARK: Bytes from the server

    func deliver(_ bytes: Span<UInt8>, to bot: BotClient, now: MonotonicInstant) {
        deliver(bytes, to: &bot.session, of: bot, now: now)
    }

    private func deliver(
        _ bytes: Span<UInt8>, to session: inout ClientSession, of bot: BotClient,
        now: MonotonicInstant
    ) {
        let action = session.received(bytes, now: now) { event, _ in
            switch event {
            case .opened: opened(bot)
            case .message(let outcome): count(outcome, of: bot, now: now)
            }
        }
        if let isResumed = bot.newWelcomeIsResumed {
            bot.newWelcomeIsResumed = nil
            welcomed(bot, by: session.room.welcome, isResumed: isResumed, now: now)
        }
        if case .drop = action { drop(bot) }
        if session.hasOutput { listOutgoing(bot) }
    }

    private func opened(_ bot: BotClient) {
        measurements.connects += 1
        if bot.hasEverConnected { measurements.reconnects += 1 }
        bot.hasEverConnected = true
        bot.lastSnapshot = nil
    }

    private func count(_ outcome: ClientRoom.Outcome, of bot: BotClient, now: MonotonicInstant) {
        switch outcome {
        case .welcomed(let isResumed):
            bot.newWelcomeIsResumed = isResumed
        case .snapshot(let snapshot), .desynchronized(let snapshot):
            countSnapshot(bot, now: now)
            if snapshot.baselineDistance == 0 { measurements.fullSnapshots += 1 }
            if let margin = snapshot.margin {
                measurements.marginsKnown += 1
                if margin < 0 { measurements.marginsNegative += 1 }
            }
        case .undecodable:
            countSnapshot(bot, now: now)
            measurements.undecodable += 1
        case .event:
            measurements.events += 1
        case .pong(let roundTripNanoseconds):
            _ = measurements.roundTrip.record(roundTripNanoseconds)
        case .roster, .repeatedEvent, .acknowledged, .desync, .counters, .ignored:
            break
        }
    }

    private func countSnapshot(_ bot: BotClient, now: MonotonicInstant) {
        measurements.snapshots += 1
        bot.snapshots += 1
        if let last = bot.lastSnapshot {
            _ = measurements.interArrival.record(now.nanoseconds(since: last))
        }
        bot.lastSnapshot = now
    }

    private func welcomed(
        _ bot: BotClient, by welcome: Welcome?, isResumed: Bool, now: MonotonicInstant
    ) {
        measurements.welcomes += 1
        if isResumed { measurements.resumptions += 1 }
        guard let welcome else { return }
        tickRate = welcome.tickRate
        if bot.policy == nil || !isResumed {
            let seed = bot.random.next()
            bot.policy =
                settings.recordedInputs.map { RecordedBot($0, bot: bot.index) }
                ?? settings.choice(ofBot: bot.index).makeInstance(
                    schema: welcome.schema, seed: seed)
            if bot.policy == nil {
                let choice = settings.choice(ofBot: bot.index)
                lastTrouble = "the policy '\(choice.name)' does not know '\(welcome.game)'"
            }
        }
        bot.input = Array(repeating: 0, count: welcome.schema.inputFields.count)
        bot.nextInput = now
    }

    // MARK: The end of a connection

    /// Counts an end that this program did not ask for.
    func count(_ end: ConnectionEnd, of bot: BotClient) {
        if end.wasOpen {
            measurements.countClose(code: end.trouble.closeCode ?? 1006)
        } else {
            measurements.connectFailures += 1
            bot.hasFailedToConnect = true
        }
        if case .refused = end.trouble { hasReachedServer = true }
        lastTrouble = end.trouble.description
    }
}
