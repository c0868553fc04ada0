import GameProtocol
import Hyoshi
import TransportInterface
import WebSocketProtocol

/// One connection of a hostile peer: what its script has done, and what has come.
final class HostileConnection {
    let script: HostileScript
    var scene: HostileScene
    /// nil until the transport has connected.
    var id: ConnectionID?
    /// When the server must have ended it.
    var deadline = MonotonicInstant.distantFuture
    /// When the script goes on; far away where it waits for the server.
    var waitsUntil = MonotonicInstant.distantFuture
    var isBlocked = false {
        didSet { if isBlocked { wasBlocked = true } }
    }
    /// Whether its own way was ever too slow for what it does: then it cannot be held to its time.
    private(set) var wasBlocked = false
    var isEnded = false
    /// The code that the server has closed with.
    private(set) var closeCode: UInt16?

    private var position = 0
    private var answers = true
    private var head: [UInt8] = []
    private var endpoint: WebSocketEndpoint?
    private var decoder = ServerMessageDecoder()

    init(kind: HostileKind, scene: HostileScene, now: MonotonicInstant) {
        var scene = scene
        script = kind.script(&scene)
        self.scene = scene
    }

    /// How it came to its end, once the transport is gone.
    func end(_ reason: DisconnectReason) -> HostileEnd {
        if let closeCode { return .closed(code: closeCode) }
        if let status = scene.status, status != 101 { return .refused(status: status) }
        return .dropped
    }

    // MARK: What comes

    func received(
        _ bytes: Span<UInt8>, scratch: WebSocketScratch, account: inout HostileAccount,
        now: MonotonicInstant
    ) {
        if endpoint != nil {
            read(bytes, scratch: scratch, account: &account, now: now)
        } else {
            for index in bytes.indices { head.append(bytes[index]) }
            readHead(scratch: scratch, account: &account, now: now)
        }
        if position < script.steps.count, isAwaiting { waitsUntil = now }
    }

    private func readHead(
        scratch: WebSocketScratch, account: inout HostileAccount, now: MonotonicInstant
    ) {
        guard scene.status == nil, let end = Self.endOfHead(head) else { return }
        let text = String(decoding: head[..<end], as: UTF8.self)
        let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
        scene.status = words.count > 1 ? Int(words[1]) : 0
        guard scene.status == 101 else { return }
        account.upgrades += 1
        scene.hasDeflate = text.contains("permessage-deflate")
        endpoint = WebSocketEndpoint(
            role: .client, limits: .conformance,
            deflate: scene.hasDeflate ? DeflateParameters() : nil)
        let rest = Array(head[end...])
        head = []
        read(rest.span, scratch: scratch, account: &account, now: now)
    }

    private func read(
        _ bytes: Span<UInt8>, scratch: WebSocketScratch, account: inout HostileAccount,
        now: MonotonicInstant
    ) {
        // In locals: the endpoint is in use while it hands out messages.
        var (undecodable, welcomes, snapshots) = (0, 0, 0)
        var code: UInt16?
        endpoint?.receive(bytes, scratch: scratch, now: now) { event, payload in
            switch event {
            case .message(.binary):
                do throws(ProtocolError) {
                    switch try decoder.decode(payload) {
                    case .welcome(let welcome):
                        scene.welcome = welcome
                        if let token = welcome.token { scene.gang.tokens.append(token) }
                        welcomes += 1
                    case .snapshot(let snapshot):
                        scene.tick = snapshot.tick.rawValue
                        scene.snapshots += 1
                        snapshots += 1
                    default: break
                    }
                } catch {
                    undecodable += 1
                }
            case .closeReceived(let received): code = received ?? 1005
            case .failed, .message(.text): undecodable += 1
            case .ping, .pong: break
            }
        }
        closeCode = closeCode ?? code
        account.undecodable += undecodable
        account.welcomes += welcomes
        account.snapshots += snapshots
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for end in 4...bytes.count where Array(bytes[(end - 4)..<end]) == [13, 10, 13, 10] {
            return end
        }
        return nil
    }

    // MARK: What goes

    /// Does the script's next steps, as far as they are due.
    ///
    /// - Returns: How it ends the connection, where it does.
    func advance(
        into output: inout [UInt8], now: MonotonicInstant, setReading: (Bool) -> Void
    ) -> CloseMode? {
        defer { if answers { endpoint?.writeControlOutput(into: &output) { 0x7711_22AA } } }
        // Whoever was closed does nothing more; it answers, or not, and waits for the end.
        guard closeCode == nil else {
            waitsUntil = .distantFuture
            return nil
        }
        while !isBlocked, position < script.steps.count {
            if now < waitsUntil, !isAwaiting { return nil }
            switch carryOut(script.steps[position], into: &output, now: now, setReading) {
            case .next:
                position += 1
                scene.round = 0
            case .later: return nil
            case .end(let mode): return mode
            }
        }
        waitsUntil = .distantFuture
        return nil
    }

    private enum Progress {
        case next, later
        case end(CloseMode)
    }

    /// Whether the script waits for something that may have come.
    private var isAwaiting: Bool {
        switch script.steps[position] {
        case .awaitUpgrade, .awaitWelcome, .awaitSnapshots: true
        default: false
        }
    }

    private func carryOut(
        _ step: HostileStep, into output: inout [UInt8], now: MonotonicInstant,
        _ setReading: (Bool) -> Void
    ) -> Progress {
        switch step {
        case .send(let bytes):
            output.append(contentsOf: bytes)
        case .compose(let make):
            output.append(contentsOf: make(&scene))
        case .dribble(let bytes, let gap):
            guard scene.round < bytes.count else { return .next }
            output.append(bytes[scene.round])
            return again(after: gap, now: now)
        case .flood(let count, let gap, let make):
            while scene.round < count {
                output.append(contentsOf: make(&scene))
                if gap > 0 { return again(after: gap, now: now) }
                scene.round += 1
            }
        case .wait(let nanoseconds):
            guard scene.round == 0 else { return .next }
            return again(after: nanoseconds, now: now)
        case .awaitUpgrade:
            return wait(for: scene.status != nil)
        case .awaitWelcome:
            return wait(for: scene.welcome != nil)
        case .awaitSnapshots(let count):
            return wait(for: scene.snapshots >= count)
        case .setReading(let isReading):
            setReading(isReading)
        case .answerNothing:
            answers = false
        case .leave(let mode):
            return .end(mode)
        }
        return .next
    }

    private func again(after gap: UInt64, now: MonotonicInstant) -> Progress {
        scene.round += 1
        waitsUntil = now.advanced(byNanoseconds: gap)
        return .later
    }

    private func wait(for isThere: Bool) -> Progress {
        guard !isThere else { return .next }
        waitsUntil = .distantFuture
        return .later
    }
}
