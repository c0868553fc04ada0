import ClientCore
import GameProtocol
package import TransportInterface
import WebSocketProtocol

extension ClientSession {
    /// Takes bytes of the server, cut in any way.
    ///
    /// - Parameter onEvent: Called for each event in order, with the message it came from, which is
    ///   valid during the call only. It must not use the session.
    package mutating func received(
        _ bytes: Span<UInt8>, now: MonotonicInstant,
        onEvent: (ClientSessionEvent, Span<UInt8>) -> Void
    ) -> TransportAction {
        switch state.phase {
        case .opening:
            return readAnswer(bytes, now: now, onEvent: onEvent)
        case .joining, .playing, .closing:
            readFrames(bytes, now: now, onEvent: onEvent)
            return .none
        case .waiting, .connecting, .ended:
            return .none
        }
    }

    private mutating func readAnswer(
        _ bytes: Span<UInt8>, now: MonotonicInstant,
        onEvent: (ClientSessionEvent, Span<UInt8>) -> Void
    ) -> TransportAction {
        switch handshake?.receive(bytes) ?? .incomplete {
        case .incomplete:
            return .none
        case .failed(.refused(let statusCode)):
            return drop(.refused(statusCode: statusCode))
        case .failed:
            return drop(.notHyoshi)
        case .open(let agreement, let consumed):
            guard agreement.subprotocol == ProtocolVersion.subprotocol else {
                return drop(.notHyoshi)
            }
            handshake = nil
            endpoint = WebSocketEndpoint(
                role: .client, limits: settings.limits, deflate: agreement.deflate)
            state.phase = .joining
            send { room, message in
                room.writeHello(into: &message)
                return true
            }
            onEvent(.opened, bytes.extracting(0..<0))
            if consumed < bytes.count {
                readFrames(bytes.extracting(consumed..<bytes.count), now: now, onEvent: onEvent)
            }
            return .none
        }
    }

    private mutating func readFrames(
        _ bytes: Span<UInt8>, now: MonotonicInstant,
        onEvent: (ClientSessionEvent, Span<UInt8>) -> Void
    ) {
        state.lastHeard = now
        Self.read(
            bytes, &endpoint, scratch: scratch, &room, &state, now: now, onEvent: onEvent)
        if let failure = state.failure {
            state.failure = nil
            endpoint?.close(failure, now: now)
        }
        if state.isNewlyWelcomed { greet(now: now) }
        if state.isDesyncReportDue {
            state.isDesyncReportDue = false
            send { room, message in room.writeDesyncReport(into: &message) }
        }
    }

    /// Not a method: while the endpoint hands out messages, only the rest of the session can change.
    private static func read(
        _ bytes: Span<UInt8>, _ endpoint: inout WebSocketEndpoint?, scratch: ClientSessionScratch,
        _ room: inout ClientRoom, _ state: inout State, now: MonotonicInstant,
        onEvent: (ClientSessionEvent, Span<UInt8>) -> Void
    ) {
        endpoint?.receive(bytes, scratch: scratch.webSocket, now: now) { event, payload in
            guard state.phase != .closing else {
                if case .closeReceived(let code) = event { state.noteClose(code, payload) }
                return
            }
            switch event {
            case .message(.binary):
                do throws(ProtocolError) {
                    let outcome = try room.received(payload, now: now)
                    switch outcome {
                    case .welcomed:
                        state.phase = .playing
                        state.isNewlyWelcomed = true
                    case .desynchronized:
                        state.isDesyncReportDue = true
                    default:
                        break
                    }
                    onEvent(.message(outcome), payload)
                } catch {
                    state.fail(.invalidPayload)
                }
            case .message(.text):
                state.fail(.unsupportedData)
            case .closeReceived(let code):
                state.noteClose(code, payload)
            case .failed(let violation):
                state.trouble = .violation(violation.closeCode)
                state.phase = .closing
            case .ping, .pong:
                break
            }
        }
    }

    /// Sends what a welcome calls for.
    private mutating func greet(now: MonotonicInstant) {
        state.isNewlyWelcomed = false
        attempt = 0
        state.openDeadline = .distantFuture
        // The way there and back decides the first lead: it is asked for at once.
        ping(now: now)
        writeEvents(room.outbox.waiting.count)
    }
}

extension ClientSession.State {
    /// The server has sent what is not allowed: it is told so.
    mutating func fail(_ code: CloseCode) {
        failure = code
        trouble = .violation(code)
        phase = .closing
    }

    /// A Close has come; the first word stands: after one of ours it is only the answer.
    mutating func noteClose(_ code: UInt16?, _ reason: Span<UInt8>) {
        phase = .closing
        guard trouble == nil else { return }
        var text: [UInt8] = []
        for index in reason.indices { text.append(reason[index]) }
        trouble = .closed(code: code ?? 1005, reason: String(decoding: text, as: UTF8.self))
    }
}
