import ClientCore
import GameProtocol
import Histogram
import Hyoshi
import Replication
import TransportInterface
import WebSocketProtocol

extension BotDriver {
    // MARK: Opening

    func startHandshake(_ bot: Bot) throws(ClientRequestError) {
        var nonce: [16 of UInt8] = .init(repeating: 0)
        for index in 0..<4 {
            let bits = entropy()
            for byte in 0..<4 {
                nonce[4 * index + byte] = UInt8(truncatingIfNeeded: bits >> UInt32(8 * byte))
            }
        }
        let request = ClientRequest(
            host: "\(settings.server.host):\(settings.server.address.port)",
            target: settings.target(ofBot: bot.index),
            subprotocols: [ProtocolVersion.subprotocol])
        let handshake = try ClientHandshake(request: request, nonce: nonce)
        handshake.writeRequest(into: &bot.outgoing)
        bot.handshake = consume handshake
        listOutgoing(bot)
    }

    func failedToConnect(_ bot: Bot, now: MonotonicInstant) {
        measurements.connectFailures += 1
        bot.hasFailedToConnect = true
        retry(bot, now: now)
    }

    func retry(_ bot: Bot, now: MonotonicInstant) {
        bot.phase = .idle
        bot.attempt += 1
        let delay = ReconnectSchedule.delayNanoseconds(
            attempt: bot.attempt, random: bot.random.next())
        bot.retryAt = now.advanced(byNanoseconds: delay)
    }

    /// Counts the end of a connection that this program did not ask for.
    func countEnd(of bot: Bot) {
        switch bot.phase {
        case .handshaking:
            measurements.connectFailures += 1
            bot.hasFailedToConnect = true
        case .joining, .playing, .closing:
            let code = bot.closeCode ?? 1006
            measurements.countClose(code: code)
            lastTrouble = "closed with \(code)"
            judge(bot, code: ProtocolCloseCode(rawValue: code))
        case .idle, .connecting, .ended:
            break
        }
        bot.closeCode = nil
    }

    /// What a close code means for the next attempt.
    func judge(_ bot: Bot, code: ProtocolCloseCode?) {
        switch code {
        case .tokenRefused:
            // The server is there and only the seat is not: no reason to wait long.
            bot.room.seatLost()
            bot.attempt = 0
        case .roomClosed, .takenOver:
            bot.room.seatLost()
        case .kicked, .noSuchRoom, .versionNotSupported, .malformedMessage, .textMessage:
            bot.room.seatLost()
            bot.phase = .ended
        case .left, .goingAway, .webSocketError, .policy, .tooBig, .tryAgainLater, .notAllowedNow,
            .silent, nil:
            break
        }
    }

    // MARK: Bytes from the server

    func deliver(_ bytes: Span<UInt8>, to bot: Bot, now: MonotonicInstant) {
        switch bot.phase {
        case .handshaking:
            readHandshake(bytes, bot, now: now)
        case .joining, .playing, .closing:
            readFrames(bytes, bot, now: now)
        case .idle, .connecting, .ended:
            break
        }
    }

    func readHandshake(_ bytes: Span<UInt8>, _ bot: Bot, now: MonotonicInstant) {
        let progress = bot.handshake?.receive(bytes) ?? .incomplete
        switch progress {
        case .incomplete:
            break
        case .failed(let error):
            if case .refused(let status) = error {
                lastTrouble = "the server answered \(status)"
                hasReachedServer = true
            } else {
                lastTrouble = "the server's answer opens no WebSocket"
            }
            effects.effects.append(.close(bot.connection, .immediately))
        case .open(let agreement, let consumed):
            bot.handshake = nil
            bot.endpoint = WebSocketEndpoint(
                role: .client, limits: limits, deflate: agreement.deflate)
            measurements.connects += 1
            if bot.hasEverConnected { measurements.reconnects += 1 }
            bot.hasEverConnected = true
            bot.phase = .joining
            bot.lastSnapshot = nil
            send(bot) { bot, message in bot.room.writeHello(into: &message) }
            if consumed < bytes.count {
                readFrames(bytes.extracting(consumed..<bytes.count), bot, now: now)
            }
        }
    }

    func readFrames(_ bytes: Span<UInt8>, _ bot: Bot, now: MonotonicInstant) {
        var failure: CloseCode?
        bot.endpoint?.receive(bytes, scratch: scratch, now: now) { event, payload in
            switch event {
            case .message(.binary):
                do throws(ProtocolError) {
                    take(try bot.room.received(payload, now: now), bot, now: now)
                } catch {
                    failure = .invalidPayload
                }
            case .message(.text):
                failure = .unsupportedData
            case .closeReceived(let code):
                bot.closeCode = code ?? 1005
                bot.phase = .closing
            case .failed(let violation):
                failure = violation.closeCode
            case .ping, .pong:
                break
            }
        }
        if let failure {
            lastTrouble = "the server sent what is not allowed (\(failure.rawValue))"
            bot.endpoint?.close(failure, now: now)
            bot.closeCode = failure.rawValue
            bot.phase = .closing
        }
        if bot.isNewlyWelcomed { greet(bot, now: now) }
        if bot.endpoint?.hasControlOutput == true { listOutgoing(bot) }
    }

    func take(_ outcome: ClientRoom.Outcome, _ bot: Bot, now: MonotonicInstant) {
        switch outcome {
        case .welcomed(let isResumed):
            welcomed(bot, isResumed: isResumed, now: now)
        case .snapshot(let snapshot):
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
        case .roster, .repeatedEvent, .acknowledged, .ignored:
            break
        }
    }

    func countSnapshot(_ bot: Bot, now: MonotonicInstant) {
        measurements.snapshots += 1
        bot.snapshots += 1
        if let last = bot.lastSnapshot {
            _ = measurements.interArrival.record(now.nanoseconds(since: last))
        }
        bot.lastSnapshot = now
    }

    func welcomed(_ bot: Bot, isResumed: Bool, now: MonotonicInstant) {
        measurements.welcomes += 1
        if isResumed { measurements.resumptions += 1 }
        bot.phase = .playing
        bot.attempt = 0
        guard let welcome = bot.room.welcome else { return }
        tickRate = welcome.tickRate
        if bot.pilot == nil || !isResumed {
            bot.pilot = Pilot(schema: welcome.schema, seed: bot.random.next())
        }
        bot.input = Array(repeating: 0, count: welcome.schema.inputFields.count)
        bot.nextInput = now
        bot.isNewlyWelcomed = true
    }

    /// Sends what a welcome calls for, once the endpoint is no longer busy with receiving.
    func greet(_ bot: Bot, now: MonotonicInstant) {
        bot.isNewlyWelcomed = false
        // The way there and back decides the first lead: it is asked for at once.
        send(bot) { bot, message in bot.room.writePing(now: now, into: &message) }
        for position in bot.room.outbox.waiting.indices {
            send(bot) { bot, message in
                bot.room.writeWaitingEvent(at: position, into: &message)
            }
        }
    }
}
