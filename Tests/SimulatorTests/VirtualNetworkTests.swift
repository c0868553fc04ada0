import Arena
import Hyoshi
import NetworkModel
import RoomCore
import ServerCore
import SimulatorKit
import Testing
import TransportInterface

/// A driver that writes down what it hears, and sends what it is told to.
private final class Recorder: LoopDriver {
    enum Heard: Equatable {
        case accepted, connected, connectFailed, writable
        case blocked(Int)
        case closed(DisconnectReason)
    }

    let effects = EffectBatch()
    var heard: [Heard] = []
    var bytes: [UInt8] = []
    var pieces: [(at: MonotonicInstant, count: Int)] = []
    var connection: ConnectionID?
    var polls = 0
    /// Sends this many bytes every `period` nanoseconds once it is connected.
    var sendCount = 0
    var period: UInt64 = 0
    var next = MonotonicInstant.distantFuture
    private var written = 0

    var nextDeadline: MonotonicInstant { next }

    func connect(to address: SocketAddress) {
        effects.effects.append(.connect(address: address, tag: 7))
    }

    func send(_ count: Int) {
        guard let connection else { return }
        let start = effects.bytes.count
        for _ in 0..<count {
            effects.bytes.append(UInt8(truncatingIfNeeded: written))
            written += 1
        }
        let half = count / 2
        effects.effects.append(
            .send(
                connection, head: ByteRange(start: start, count: half),
                body: ByteRange(start: start + half, count: count - half)))
    }

    func close(_ mode: CloseMode) {
        if let connection { effects.effects.append(.close(connection, mode)) }
    }

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        self.connection = connection
        heard.append(.accepted)
    }

    func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        self.connection = connection
        heard.append(.connected)
        if period > 0 { next = now }
    }

    func connectFailed(tag: UInt64, now: MonotonicInstant) { heard.append(.connectFailed) }

    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        pieces.append((now, bytes.count))
        for index in bytes.indices { self.bytes.append(bytes[index]) }
    }

    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        heard.append(.blocked(waitingByteCount))
        next = .distantFuture
    }

    func writable(_ connection: ConnectionID, now: MonotonicInstant) { heard.append(.writable) }

    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        heard.append(.closed(reason))
        next = .distantFuture
    }

    func poll(now: MonotonicInstant) {
        polls += 1
        guard next <= now else { return }
        next = period > 0 ? now.advanced(byNanoseconds: period) : .distantFuture
        if sendCount > 0 { send(sendCount) }
    }

    func shutDown(now: MonotonicInstant) {}

    /// Whether the bytes are the ones that a recorder sends, in their order.
    var isInOrder: Bool {
        bytes.indices.allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: $0) }
    }
}

/// A client and a server, connected.
private struct Pair {
    let network: VirtualNetwork
    let client = Recorder()
    let server = Recorder()
    let address = SocketAddress.loopback(port: 9)

    init(_ text: String, seed: UInt64 = 1, wakesOnArrival: Bool = true) throws {
        network = VirtualNetwork(seed: seed)
        network.add(server, listeningAt: address, wakesOnArrival: wakesOnArrival)
        network.add(client, profile: try NetworkProfile(text))
        client.connect(to: address)
    }

    /// Wakes both up, so that what they were told to do is carried out.
    func run(seconds: Double) {
        client.next = min(client.next, network.now)
        server.next = min(server.next, network.now)
        network.run(seconds: seconds)
    }
}

@Suite struct VirtualNetworkTests {
    @Test func theWayTakesHalfOfTheLatencyEachWay() throws {
        let pair = try Pair("latency=80ms")
        let start = pair.network.now
        pair.run(seconds: 1)
        #expect(pair.server.heard == [.accepted] && pair.client.heard == [.connected])
        pair.client.send(10)
        let sent = pair.network.now
        pair.run(seconds: 1)
        #expect(pair.server.bytes.count == 10 && pair.server.isInOrder)
        #expect(pair.server.pieces.first?.at == sent.advanced(byNanoseconds: 40_000_000))
        #expect(sent.nanoseconds(since: start) == 1_000_000_000)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func jitterAndStallsKeepTheOrder(seed: UInt64) throws {
        let pair = try Pair("latency=60ms,jitter=50ms,stall=5%,piece=7", seed: seed)
        pair.client.sendCount = 100
        pair.client.period = 5_000_000
        pair.network.run(seconds: 5)
        #expect(pair.server.bytes.count > 80_000 && pair.server.isInOrder)
        #expect(pair.server.pieces.allSatisfy { (1...7).contains($0.count) })
        let gaps = zip(pair.server.pieces, pair.server.pieces.dropFirst())
            .map { $1.at.nanoseconds(since: $0.at) }
        // A lost write holds up what is behind it.
        #expect((gaps.max() ?? 0) > 100_000_000)
    }

    @Test func theRateLimitsWhatArrives() throws {
        let pair = try Pair("rate=10KB")
        pair.client.sendCount = 1_000
        pair.client.period = 50_000_000
        pair.network.run(seconds: 2)
        #expect((19_000...20_000).contains(pair.server.bytes.count))
    }

    @Test func aReaderThatStopsBlocksItsSender() throws {
        let pair = try Pair("buffer=1000B")
        pair.run(seconds: 0.1)
        let link = try #require(pair.network.openLinks.first)
        pair.network.setReading(false, link: link, atServer: true)
        pair.client.send(900)
        pair.run(seconds: 1)
        #expect(pair.client.heard == [.connected])
        pair.client.send(300)
        pair.run(seconds: 1)
        #expect(pair.client.heard == [.connected, .blocked(200)])
        #expect(pair.server.bytes.isEmpty)
        pair.network.setReading(true, link: link, atServer: true)
        pair.run(seconds: 1)
        #expect(pair.client.heard == [.connected, .blocked(200), .writable])
        #expect(pair.server.bytes.count == 1_200 && pair.server.isInOrder)
    }

    @Test func aCloseComesBehindAllThatWasSent() throws {
        let pair = try Pair("latency=20ms")
        pair.run(seconds: 1)
        pair.client.send(500)
        pair.client.close(.afterFlush)
        pair.server.send(30)
        pair.run(seconds: 1)
        #expect(pair.server.bytes.count == 500)
        #expect(pair.server.heard == [.accepted, .closed(.endOfStream)])
        #expect(pair.client.heard == [.connected, .closed(.closedByDriver)])
        // The one who has closed is not shown what was still on its way.
        #expect(pair.client.bytes.isEmpty)
        #expect(pair.network.openLinks.isEmpty)
    }

    @Test func aSilentPeerIsGivenUp() throws {
        let pair = try Pair("latency=20ms")
        pair.run(seconds: 1)
        pair.network.cutLink(0)
        pair.client.close(.afterFlush)
        pair.run(seconds: 4)
        #expect(pair.client.heard == [.connected])
        pair.run(seconds: 2)
        #expect(pair.client.heard == [.connected, .closed(.closedByDriver)])
        #expect(pair.server.heard == [.accepted])
    }

    @Test func aBrokenLinkIsHeardOnBothSides() throws {
        let pair = try Pair("")
        pair.run(seconds: 1)
        pair.network.breakLink(0)
        pair.run(seconds: 1)
        #expect(pair.client.heard == [.connected, .closed(.reset)])
        #expect(pair.server.heard == [.accepted, .closed(.reset)])
        pair.client.connect(to: pair.address)
        pair.run(seconds: 1)
        // The slot is used again, under another name.
        #expect(pair.server.connection == ConnectionID(slot: 0, generation: 2))
    }

    @Test func nobodyAnswersWhereNobodyListens() throws {
        let pair = try Pair("latency=20ms")
        pair.network.setListening(false, host: 0)
        pair.run(seconds: 1)
        #expect(pair.client.heard == [.connectFailed])
    }

    @Test func aHostOnItsBeatIsNotWokenByArrivals() throws {
        let pair = try Pair("", wakesOnArrival: false)
        pair.client.sendCount = 1
        pair.client.period = 1_000_000
        pair.server.next = pair.network.now.advanced(byNanoseconds: 500_000_000)
        pair.network.run(seconds: 0.4)
        #expect(pair.server.polls == 1 && pair.server.bytes.isEmpty)
        pair.network.run(seconds: 0.2)
        #expect(pair.server.polls == 2 && pair.server.bytes.count > 400)
    }

    @Test func theClockGivesEventsInTheirOrder() {
        var clock = VirtualClock<Int>(start: MonotonicInstant(nanoseconds: 0))
        var random = DeterministicRandom(seed: 4)
        var expected: [(UInt64, Int)] = []
        for number in 0..<500 {
            let due = random.next() % 50
            clock.plan(number, at: MonotonicInstant(nanoseconds: due))
            expected.append((due, number))
        }
        expected.sort { $0 < $1 }
        var taken: [Int] = []
        while clock.nextDue != .distantFuture {
            clock.advance(to: clock.nextDue)
            while let event = clock.takeDue() { taken.append(event) }
        }
        #expect(taken == expected.map(\.1))
        #expect(clock.now.nanoseconds == 49)
    }
}

@Suite struct NetworkProfileTests {
    @Test func settingsAreRead() throws {
        let profile = try NetworkProfile("latency=80ms,jitter=2.5ms,stall=1%,rate=64KB,piece=9")
        #expect(profile.latencyNanoseconds == 80_000_000)
        #expect(profile.jitterNanoseconds == 2_500_000)
        #expect(profile.stallsPerMillion == 10_000 && profile.stallNanoseconds == 200_000_000)
        #expect(profile.bytesPerSecond == 64_000 && profile.pieceByteCountMax == 9)
        #expect(try NetworkProfile("") == .clean && NetworkProfile("clean") == .clean)
        var changed = try NetworkProfile("4g")
        changed.stallsPerMillion = 500
        #expect(try NetworkProfile("4g,stall=0.05%") == changed)
        for (name, text) in NetworkProfile.named {
            #expect(try NetworkProfile(name) == NetworkProfile(text))
        }
    }

    @Test(arguments: [
        "fast", "latency", "latency=", "latency=3", "latency=-3ms", "latency=3 ms", "stall=1",
        "jitter=1.2.3ms", "stall=1%,wifi", "speed=3ms", "latency=99999999999ms", "rate=.5KB",
    ])
    func otherTextsAreRefused(text: String) {
        #expect(throws: NetworkProfileError.self) { try NetworkProfile(text) }
    }
}

@Suite struct FaultyMatchTests {
    /// Bots play on over every named way, and are current once it is clean again.
    @Test(arguments: ["wifi", "4g", "far", "awful"])
    func aMatchSurvivesItsNetwork(name: String) throws {
        var settings = try VirtualMatch.settings(bots: 6)
        settings.seed = 9
        let match = try VirtualMatch(
            server: ServerSettings(games: [arena]), bots: settings,
            profile: NetworkProfile(name), seed: 11)
        match.run(seconds: 12)
        #expect(match.room?.seats.count == 6)
        for link in match.network.openLinks { match.network.setProfile(.clean, link: link) }
        match.run(seconds: 3)
        match.bots.beginMeasuring(now: match.now)
        match.run(seconds: 2)
        #expect(match.bots.progress.joined == 6)
        #expect(match.bots.measurements.snapshots == 6 * 120)
        #expect(match.bots.measurements.undecodable == 0)
    }

    @Test func theSameSeedIsTheSameFaultyMatch() throws {
        func digest(seed: UInt64) throws -> [UInt64] {
            let match = try VirtualMatch(
                server: ServerSettings(games: [arena]), bots: VirtualMatch.settings(bots: 5),
                profile: NetworkProfile("awful"), seed: seed)
            var hashes: [UInt64] = []
            for _ in 0..<5 {
                match.run(seconds: 1)
                hashes.append(match.room?.stateHash ?? 0)
            }
            return hashes + [UInt64(match.bots.measurements.bytesReceived)]
        }
        let first = try digest(seed: 5)
        #expect(try digest(seed: 5) == first)
        #expect(try digest(seed: 6) != first)
    }
}
