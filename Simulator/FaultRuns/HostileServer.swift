import GameProtocol
import Hyoshi
import Replication
package import TransportInterface
import WebSocketProtocol

/// A server that means harm to its clients: a loop on a virtual network that listens, and whose
/// misdeeds come from a seed.
package final class HostileServer: LoopDriver {
    package let effects = EffectBatch()
    /// What it is up to.
    package let kind: HostileServerKind
    /// Connections that have come.
    package private(set) var connectionCount = 0
    /// Bytes that it has sent.
    package private(set) var bytesSent = 0
    /// Bytes that its clients have sent.
    package private(set) var bytesReceived = 0
    /// What its clients have sent that breaks the rules: nothing, whatever is done to them.
    package private(set) var violations: [String] = []

    private let scratch = WebSocketScratch()
    private var random: DeterministicRandom
    private var scenes: [Int32: HostileServerScene] = [:]
    private var nextBeat: MonotonicInstant

    /// How long between two of its beats.
    static let beatNanoseconds: UInt64 = 16_666_667

    /// Makes a server of a kind.
    package init(kind: HostileServerKind, seed: UInt64, now: MonotonicInstant) {
        self.kind = kind
        random = DeterministicRandom(seed: seed)
        nextBeat = now
    }

    package var nextDeadline: MonotonicInstant { scenes.isEmpty ? .distantFuture : nextBeat }

    package func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        connectionCount += 1
        scenes[connection.slot] = HostileServerScene(
            id: connection, random: DeterministicRandom(seed: random.next()))
        nextBeat = min(nextBeat, now)
    }

    package func received(_ id: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        bytesReceived += bytes.count
        guard let scene = scenes[id.slot], scene.id == id else { return }
        guard scene.isOpened else {
            scene.readRequest(bytes, kind: kind)
            return
        }
        var trouble: String?
        scene.endpoint.receive(bytes, scratch: scratch, now: now) { event, payload in
            switch event {
            case .message(.binary):
                scene.messagesReceived += 1
                trouble = trouble ?? scene.judge(payload)
            case .message(.text), .failed: trouble = trouble ?? "\(event)"
            case .closeReceived: scene.hasHeardClose = true
            case .ping, .pong: break
            }
        }
        if let trouble, violations.count < 8 { violations.append("\(kind): \(trouble)") }
    }

    package func blocked(_ id: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        scenes[id.slot]?.isBlocked = true
    }

    package func writable(_ id: ConnectionID, now: MonotonicInstant) {
        scenes[id.slot]?.isBlocked = false
    }

    package func closed(_ id: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        scenes[id.slot] = nil
    }

    package func poll(now: MonotonicInstant) {
        guard now >= nextBeat else { return }
        nextBeat = now.advanced(byNanoseconds: Self.beatNanoseconds)
        for slot in scenes.keys.sorted() {
            guard let scene = scenes[slot], !scene.isBlocked else { continue }
            if !scene.hasHeardClose { kind.beat(scene) }
            if scene.answersClose { scene.endpoint.writeControlOutput(into: &scene.output) { 0 } }
            flush(scene)
        }
    }

    private func flush(_ scene: HostileServerScene) {
        if !scene.output.isEmpty {
            bytesSent += scene.output.count
            let start = effects.bytes.count
            effects.bytes.append(contentsOf: scene.output)
            effects.effects.append(
                .send(
                    scene.id, head: ByteRange(start: start, count: scene.output.count),
                    body: .empty))
            scene.output.removeAll(keepingCapacity: true)
        }
        if scene.ends || (scene.hasHeardClose && scene.answersClose) {
            scene.ends = false
            effects.effects.append(
                .close(scene.id, scene.hasHeardClose ? .afterFlush : .immediately))
        }
    }

    package func shutDown(now: MonotonicInstant) {}
}

/// One connection of a hostile server.
final class HostileServerScene {
    let id: ConnectionID
    var random: DeterministicRandom
    var endpoint = WebSocketEndpoint(role: .server, limits: .conformance, deflate: nil)
    /// What goes out with this beat.
    var output: [UInt8] = []
    var isBlocked = false
    /// Whether the request has been answered, rightly or wrongly.
    var isOpened = false
    var hasHeardClose = false
    /// Whether a Close of the client is answered, and its connection ended.
    let answersClose: Bool
    /// Whether the transport is ended with this beat.
    var ends = false
    /// Beats since the answer.
    var beats = 0
    /// The tick that it pretends to be at.
    var tick: UInt32 = 100
    var messagesReceived = 0
    /// What a client that was welcomed sends in an input.
    var inputFieldCount = Int.max
    private var parser = RequestHeadParser(limits: HandshakeLimits())
    private var values: [Int32] = []

    init(id: ConnectionID, random: DeterministicRandom) {
        self.id = id
        self.random = random
        answersClose = self.random.oneIn(2)
    }

    /// What it says of events that it has taken: what may be true, or any number.
    func takenEvent() -> UInt64 {
        random.one(of: [0, 0, 1, UInt64(UInt32.max) - 1, UInt64(UInt32.max), random.next() >> 32])
    }

    func readRequest(_ bytes: Span<UInt8>, kind: HostileServerKind) {
        guard case .complete(let head, _) = parser.feed(bytes) else { return }
        var answer: [UInt8] = []
        var policy = HandshakePolicy(subprotocols: [ProtocolVersion.subprotocol])
        policy.deflate = DeflatePolicy(isEnabled: kind.compresses)
        _ = ServerHandshake.respond(to: head, policy: policy, into: &answer)
        kind.answer(self, answer)
        isOpened = true
    }

    /// What is wrong with a message of a client, or nil.
    func judge(_ payload: Span<UInt8>) -> String? {
        guard inputFieldCount != .max else { return nil }
        do throws(ProtocolError) {
            _ = try ClientMessage.decode(
                payload, inputFieldCount: inputFieldCount, values: &values, limits: ProtocolLimits()
            )
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Sends a message in a lawful frame.
    func send(_ payload: [UInt8]) {
        WebSocketFrame.appendServerFrame(
            .binary, isCompressed: false, payload: payload.span, into: &output)
    }
}
