import TransportInterface
import WebSocketProtocol

/// One connection that sends every message back, from its handshake to its end, in either role.
///
/// Bytes and time come in, effects go out: it does no I/O. What it has to say waits in an outbox
/// until ``flush(into:)``, and longer where the peer does not read.
final class EchoConnection {
    let id: ConnectionID
    /// Whether its driver has put it down for the next flush.
    var isDirty = false
    /// The text message that came last: a conformance server's answer to a question.
    private(set) var lastText: [UInt8] = []
    /// Whether messages go back; otherwise they are only looked at.
    private let echoes: Bool
    private let settings: EchoSettings
    private let scratch: WebSocketScratch
    private let recording: TranscriptRecording?

    /// Until the handshake is complete: the server's side of it, or the client's.
    private var parser: RequestHeadParser?
    private var handshake: ClientHandshake?
    private var endpoint: WebSocketEndpoint
    private var isOpen = false
    /// Messages of the bytes at hand, which go back once those are read.
    private var arrivedBytes: [UInt8] = []
    private var arrivedMessages: [(kind: MessageKind, byteCount: Int)] = []
    /// Complete frames, or a handshake, on their way to the peer.
    private var outbox: [UInt8] = []
    private var blockedSince: MonotonicInstant?
    /// When the handshake has to be complete.
    private var handshakeDeadline: MonotonicInstant
    /// Nothing goes out any more but what waits: then the transport is to end.
    private var isClosing = false
    /// What waits is given up, but for the Close.
    private var isGivenUp = false
    /// The transport has been told to end.
    private var isEnded = false

    /// A connection that a peer has opened: the server's role.
    init(
        accepting id: ConnectionID, settings: EchoSettings, scratch: WebSocketScratch,
        recording: TranscriptRecording? = nil, now: MonotonicInstant
    ) {
        self.id = id
        self.settings = settings
        self.scratch = scratch
        self.recording = recording
        echoes = true
        parser = RequestHeadParser()
        endpoint = WebSocketEndpoint(role: .server, limits: settings.webSocket, deflate: nil)
        handshakeDeadline = now.advanced(byNanoseconds: settings.handshakeNanoseconds)
    }

    /// A connection that we have opened: the client's role.
    ///
    /// Its request waits in the outbox.
    init(
        opening id: ConnectionID, handshake: consuming ClientHandshake, echoes: Bool,
        settings: EchoSettings, scratch: WebSocketScratch,
        recording: TranscriptRecording? = nil, now: MonotonicInstant
    ) {
        self.id = id
        self.settings = settings
        self.scratch = scratch
        self.recording = recording
        self.echoes = echoes
        handshake.writeRequest(into: &outbox)
        self.handshake = consume handshake
        endpoint = WebSocketEndpoint(role: .client, limits: settings.webSocket, deflate: nil)
        handshakeDeadline = now.advanced(byNanoseconds: settings.handshakeNanoseconds)
    }

    // MARK: What happens

    /// Takes bytes of the peer, cut in any way.
    func receive(_ bytes: Span<UInt8>, now: MonotonicInstant) {
        guard !isClosing, !isEnded else { return }
        if isOpen {
            receiveFrames(bytes, now: now)
        } else if endpoint.role == .server {
            receiveRequest(bytes, now: now)
        } else {
            receiveAnswer(bytes, now: now)
        }
    }

    /// The peer does not read: what is sent from here on would only wait.
    func block(now: MonotonicInstant) {
        if blockedSince == nil { blockedSince = now }
    }

    /// The peer has read all that waited.
    func unblock() {
        blockedSince = nil
    }

    /// The connection is gone.
    func end() {
        isEnded = true
        recording?.finish()
    }

    /// The program stops: says goodbye.
    func shutDown(now: MonotonicInstant) {
        if isOpen {
            endpoint.close(.goingAway, reason: "the server stops", now: now)
        } else {
            isClosing = true
        }
    }

    /// Acts on deadlines.
    func checkTimers(now: MonotonicInstant) {
        guard !isEnded else { return }
        if !isOpen, now >= handshakeDeadline { isGivenUp = true }
        if let since = blockedSince,
            now >= since.advanced(byNanoseconds: settings.blockedNanoseconds)
        {
            overrun(now: now)
        }
        if isOpen, endpoint.poll(now: now) == .dropTransport { isGivenUp = true }
    }

    /// Appends what goes to the transport now: at most one send, and perhaps the end.
    func flush(into batch: EffectBatch) {
        guard !isEnded else { return }
        if blockedSince == nil || isGivenUp {
            if isOpen, endpoint.hasControlOutput {
                endpoint.writeControlOutput(into: &outbox, maskingKey: freshMaskingKey)
            }
            if !outbox.isEmpty { sendOutbox(into: batch) }
            if isClosing || endpoint.needsTransportClose { end(.afterFlush, in: batch) }
        }
        // No Close has gone out: there is nothing to wait for.
        if isGivenUp, !isEnded { end(.immediately, in: batch) }
    }

    // MARK: The opening handshake

    private func receiveRequest(_ bytes: Span<UInt8>, now: MonotonicInstant) {
        switch parser?.feed(bytes) {
        case nil, .incomplete:
            return
        case .rejected(let violation):
            HTTPRejection(violation).write(into: &outbox)
            isClosing = true
        case .complete(let head, let consumedByteCount):
            let decision = ServerHandshake.respond(
                to: head, policy: settings.handshake, into: &outbox)
            switch decision {
            case .reject:
                isClosing = true
            case .plainRequest(let method, _):
                HTTPRejection(.upgradeRequired, method: method).write(into: &outbox)
                isClosing = true
            case .upgrade(let agreement):
                parser = nil
                open(.server, deflate: agreement.deflate)
                receiveFrames(bytes.extracting(droppingFirst: consumedByteCount), now: now)
            }
        }
    }

    private func receiveAnswer(_ bytes: Span<UInt8>, now: MonotonicInstant) {
        switch handshake?.receive(bytes) {
        case nil, .incomplete:
            return
        case .failed:
            isGivenUp = true
        case .open(let agreement, let consumedByteCount):
            handshake = nil
            open(.client, deflate: agreement.deflate)
            receiveFrames(bytes.extracting(droppingFirst: consumedByteCount), now: now)
        }
    }

    private func open(_ role: Role, deflate: DeflateParameters?) {
        endpoint = WebSocketEndpoint(role: role, limits: settings.webSocket, deflate: deflate)
        isOpen = true
        recording?.open(role, isCompressed: deflate != nil)
        // The server's 101 leaves with what follows it; a transcript begins behind it.
        recording?.skip(outbox.count)
    }

    // MARK: Frames

    private func receiveFrames(_ bytes: Span<UInt8>, now: MonotonicInstant) {
        guard !bytes.isEmpty else { return }
        recording?.received(bytes)
        endpoint.receive(bytes, scratch: scratch, now: now) { event, payload in
            guard case .message(let kind) = event else { return }
            arrivedMessages.append((kind, payload.count))
            payload.withUnsafeBufferPointer { arrivedBytes.append(contentsOf: $0) }
        }
        guard !arrivedMessages.isEmpty else { return }
        if echoes { sendBack(now: now) } else { keepText() }
        arrivedMessages.removeAll(keepingCapacity: true)
        arrivedBytes.removeAll(keepingCapacity: arrivedBytes.capacity <= 1 << 20)
    }

    private func sendBack(now: MonotonicInstant) {
        let bytes = arrivedBytes
        var offset = 0
        for message in arrivedMessages {
            let payload = bytes.span.extracting(offset..<(offset + message.byteCount))
            offset += message.byteCount
            endpoint.sendMessage(
                message.kind, payload, compress: true, into: &outbox, scratch: scratch,
                maskingKey: freshMaskingKey)
            guard outbox.count <= settings.queueByteCountMax else {
                overrun(now: now)
                return
            }
        }
    }

    private func keepText() {
        guard let last = arrivedMessages.last, last.kind == .text else { return }
        lastText = Array(arrivedBytes.suffix(last.byteCount))
    }

    /// The peer sends and does not read: forgets what waits here, and says why.
    private func overrun(now: MonotonicInstant) {
        isGivenUp = true
        outbox = []
        if isOpen { endpoint.close(.tryAgainLater, reason: "echoes are not read", now: now) }
        isClosing = true
    }

    // MARK: Output

    /// RFC 6455 §5.3: a key must not be predictable.
    private func freshMaskingKey() -> UInt32 {
        UInt32.random(in: .min ... .max)
    }

    private func sendOutbox(into batch: EffectBatch) {
        let body = ByteRange(start: batch.bytes.count, count: outbox.count)
        // Moved out and back, so that its memory is used again.
        var bytes = exchange(&outbox, with: [])
        recording?.sent(bytes.span)
        batch.bytes.append(contentsOf: bytes)
        batch.effects.append(.send(id, head: .empty, body: body))
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
        outbox = bytes
    }

    private func end(_ mode: CloseMode, in batch: EffectBatch) {
        isEnded = true
        batch.effects.append(.close(id, mode))
    }
}
