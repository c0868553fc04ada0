import Arena
import Hyoshi
import RoomCore
import ServerCore
import SimulatorKit
import TransportInterface

/// A server's core and a thread of bots, joined by memory instead of sockets, in virtual time.
///
/// What one side sends has arrived at the other within the same microsecond; what makes the way
/// long are the bots' own delay lines. The clock jumps to whatever is due next.
final class VirtualMatch {
    let environment = MatchEnvironment()
    let server: ServerCore
    let bots: BotDriver
    private(set) var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    /// Whether connections can be opened.
    var isListening = true
    private var links: [Link] = []
    private var generation: UInt32 = 0

    private struct Link {
        var id: ConnectionID
        var isOpen = true
    }

    init(_ settings: BotSettings, entropySeed: UInt64 = 3) throws {
        server = try ServerCore(
            settings: ServerSettings(games: [arena]), environment: environment)
        var random = DeterministicRandom(seed: entropySeed)
        bots = BotDriver(settings: settings, bots: 0..<settings.bots, now: now) {
            UInt32(truncatingIfNeeded: random.next())
        }
    }

    static func settings(bots: Int = 8, rooms: Int = 1) throws -> BotSettings {
        var settings = BotSettings(
            server: try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 8080))
        settings.botsPerRoom = bots
        settings.rooms = rooms
        return settings
    }

    /// Lets virtual time pass.
    func run(seconds: Double) {
        let end = now.advanced(byNanoseconds: UInt64(seconds * 1e9))
        while now < end {
            now = min(max(min(server.nextDeadline, bots.nextDeadline), next), end)
            wakeUp()
        }
    }

    /// Lets both sides run what is due now, until neither has anything to send.
    func wakeUp() {
        environment.instant = now
        repeat {
            server.poll(now: now)
            carryOut(server.effects, to: bots)
            bots.poll(now: now)
            carryOut(bots.effects, to: server)
        } while !server.effects.effects.isEmpty
    }

    /// Breaks a connection as a network does: without a word to either side.
    func breakConnection(_ number: Int) {
        guard links.indices.contains(number), links[number].isOpen else { return }
        links[number].isOpen = false
        server.closed(links[number].id, reason: .reset, now: now)
        bots.closed(links[number].id, reason: .reset, now: now)
    }

    var room: Room? { server.rooms.first?.room }

    private var next: MonotonicInstant { now.advanced(byNanoseconds: 1_000) }

    private func carryOut(_ batch: EffectBatch, to other: any LoopDriver) {
        let effects = batch.effects
        let bytes = batch.bytes
        batch.removeAll()
        for effect in effects {
            switch effect {
            case .send(let id, let head, let body):
                guard isOpen(id) else { continue }
                let piece =
                    bytes[head.start..<head.start + head.count]
                    + bytes[body.start..<body.start + body.count]
                other.received(id, Array(piece).span, now: now)
            case .close(let id, _):
                guard isOpen(id) else { continue }
                links[Int(id.slot)].isOpen = false
                server.closed(id, reason: .endOfStream, now: now)
                bots.closed(id, reason: .endOfStream, now: now)
            case .connect(_, let tag):
                connect(tag: tag)
            case .handOver:
                break
            }
        }
    }

    private func connect(tag: UInt64) {
        guard isListening else {
            bots.connectFailed(tag: tag, now: now)
            return
        }
        generation += 1
        let id = ConnectionID(slot: Int32(links.count), generation: generation)
        links.append(Link(id: id))
        let peer = PeerAddress(family: .ipv4, network: 0x7F00_0001)
        server.accepted(id, peer: peer, handedOver: false, now: now)
        bots.connected(id, tag: tag, now: now)
    }

    private func isOpen(_ id: ConnectionID) -> Bool {
        let slot = Int(id.slot)
        return links.indices.contains(slot) && links[slot].isOpen && links[slot].id == id
    }
}

/// The world around the server of a virtual match.
final class MatchEnvironment: ServerEnvironment {
    var instant = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var random = DeterministicRandom(seed: 42)

    func now() -> MonotonicInstant { instant }
    func unpredictableBits() -> UInt64 { random.next() }
    func roomSeed(name: String) -> UInt64 { 7 }
    func admit(_ peer: PeerAddress) -> Admission { .admitted }
    func release(_ peer: PeerAddress) {}
    func mayOpenRoom(_ peer: PeerAddress) -> Bool { true }

    func placeRoom(_ name: String, preferring loopIndex: Int?) -> Int? { 0 }
    func releaseRoom(_ name: String) {}
    func document(path: String) -> PublicDocument? { nil }
    func roomOpened(_ room: HostedRoom) {}
    func roomTicked(_ room: HostedRoom, report: TickReport) {}
    func roomClosed(_ room: HostedRoom) {}
}
