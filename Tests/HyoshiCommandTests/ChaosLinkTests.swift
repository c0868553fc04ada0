import NetworkModel
import Testing
import TransportInterface

@testable import HyoshiCommand

/// A connection through the proxy without sockets: time by hand, and what its sockets would do.
private struct Bench {
    var link: ChaosLink
    private(set) var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    /// What came out, each with the milliseconds since the beginning.
    private(set) var transcript: [String] = []
    /// The bytes that came to each side, and the pieces they came in.
    private(set) var bytes: [[UInt8]] = [[], []]
    private(set) var pieces: [[(at: MonotonicInstant, count: Int)]] = [[], []]
    private(set) var isOver = false
    private let start = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var piece: [UInt8] = []

    init(_ text: String, seed: UInt64 = 1, number: Int = 1, answers: Bool = true) throws {
        link = ChaosLink(
            number: number, profile: try NetworkProfile(text), seed: seed, now: now)
        if answers { run(milliseconds: 0) }
    }

    /// A connection whose handshake is over.
    static func open(_ text: String, seed: UInt64 = 1, number: Int = 1) throws -> Bench {
        var bench = try Bench(text, seed: seed, number: number, answers: false)
        bench.run(milliseconds: 1_000)
        bench.link.connected()
        bench.transcript = []
        return bench
    }

    var milliseconds: UInt64 { now.nanoseconds(since: start) / 1_000_000 }

    mutating func write(_ side: ChaosSide, _ bytes: [UInt8]) {
        link.received(from: side, bytes.span, now: now)
        settle()
    }

    /// Lets time pass, from one thing that is due to the next.
    mutating func run(milliseconds: UInt64) {
        let end = now.advanced(byNanoseconds: milliseconds * 1_000_000)
        settle()
        while link.nextDue <= end {
            now = max(now, link.nextDue)
            settle()
        }
        now = end
    }

    /// Does all that is due now.
    mutating func settle() {
        while let action = link.next(now: now, piece: &piece) {
            switch action {
            case .connect: transcript.append("\(milliseconds) connect")
            case .send(let side):
                bytes[side.rawValue] += piece
                pieces[side.rawValue].append((now, piece.count))
                transcript.append("\(milliseconds) \(side) gets \(piece.count)")
            case .endSending(let side): transcript.append("\(milliseconds) \(side) hears the end")
            case .finish(let resets):
                isOver = true
                let text = resets.isEmpty ? "closed" : "reset \(resets)"
                transcript.append("\(milliseconds) \(text)")
            }
        }
    }
}

/// Bytes that look random, the same for the same seed.
private func pattern(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

@Suite("Chaos: one connection in virtual time")
struct ChaosLinkTests {
    @Test("A handshake takes the way there and back; bytes take half of the latency")
    func latency() throws {
        var bench = try Bench("latency=80ms")
        #expect(bench.link.readByteCount(from: .client, now: bench.now) == 0)
        bench.run(milliseconds: 50)
        bench.link.connected()
        #expect(bench.link.readByteCount(from: .client, now: bench.now) == 0)
        bench.write(.target, [1, 2, 3])  // a server that speaks first
        bench.run(milliseconds: 30)
        #expect(bench.link.readByteCount(from: .client, now: bench.now) > 0)
        bench.write(.client, [4, 5])
        bench.run(milliseconds: 100)
        #expect(bench.transcript == ["40 connect", "90 client gets 3", "120 target gets 2"])
        #expect(bench.bytes == [[1, 2, 3], [4, 5]])
    }

    @Test("A side that ends its direction goes on reading; both ends close the connection")
    func halfClose() throws {
        var bench = try Bench.open("latency=80ms")
        bench.write(.client, [1])
        bench.link.ended(.client, now: bench.now)
        #expect(bench.link.readByteCount(from: .client, now: bench.now) == 0)
        bench.run(milliseconds: 100)
        bench.write(.target, [2, 3])
        bench.run(milliseconds: 100)
        bench.link.ended(.target, now: bench.now)
        bench.run(milliseconds: 100)
        #expect(
            bench.transcript == [
                "1040 target gets 1", "1040 target hears the end", "1140 client gets 2",
                "1240 client hears the end", "1240 closed",
            ])
        let account = bench.link.account(client: "a", now: bench.now)
        #expect(account.ending == .ended && account.toClient.byteCount == 2)
    }

    @Test("A reset is heard of after a way, and what was on its way is lost")
    func reset() throws {
        var bench = try Bench.open("latency=80ms")
        bench.write(.client, [1])
        bench.write(.target, [2])
        bench.run(milliseconds: 10)
        bench.link.broken(.client, now: bench.now)
        #expect(bench.link.readByteCount(from: .target, now: bench.now) == 0)
        bench.run(milliseconds: 100)
        #expect(bench.transcript == ["1050 reset [HyoshiCommand.ChaosSide.target]"])
        #expect(bench.link.ending == .clientReset)
    }

    @Test("A reset behind an end is heard of too")
    func resetBehindEnd() throws {
        var bench = try Bench.open("latency=80ms")
        bench.link.ended(.client, now: bench.now)
        bench.run(milliseconds: 100)
        bench.write(.target, [1])
        bench.run(milliseconds: 100)
        bench.link.broken(.client, now: bench.now)
        bench.run(milliseconds: 100)
        #expect(bench.isOver && bench.link.ending == .clientReset)
    }

    @Test("A target that does not answer resets its client when the answer would have come")
    func unreachable() throws {
        var bench = try Bench("latency=80ms")
        bench.run(milliseconds: 41)
        bench.link.connectFailed(now: bench.now)
        bench.run(milliseconds: 100)
        #expect(
            bench.transcript == ["40 connect", "80 reset [HyoshiCommand.ChaosSide.client]"])
        #expect(bench.link.ending == .unreachable)
    }

    @Test("Stopping ends a connection at once, whatever its state")
    func stop() throws {
        var opening = try Bench("latency=80ms")
        opening.link.stop(now: opening.now)
        opening.settle()
        #expect(opening.transcript == ["0 closed"])
        var open = try Bench.open("latency=80ms")
        open.write(.client, [1])
        open.link.stop(now: open.now)
        open.settle()
        #expect(open.transcript == ["1000 closed"] && open.link.ending == .stopped)
    }

    @Test("The draws are those of the model: of the seed, the connection's number, the direction")
    func draws() throws {
        let text = "latency=60ms,jitter=50ms,stall=20%,rate=64KB"
        for (number, side) in [(1, ChaosSide.client), (1, .target), (5, .client)] {
            var bench = try Bench.open(text, seed: 7, number: number)
            let seed = NetworkPipe.seed(
                ofRun: 7, connection: number - 1, towardsClient: side == .target)
            var pipe = NetworkPipe(profile: try NetworkProfile(text), seed: seed)
            _ = pipe.wayNanoseconds()  // the handshake's
            var expected: [MonotonicInstant] = []
            for _ in 0..<50 {
                let isReset = pipe.write(
                    [1].span, .empty, ByteRange(start: 0, count: 1), now: bench.now)
                #expect(!isReset)
                expected.append(pipe.nextDue)
                bench.write(side, [1])
                bench.run(milliseconds: 1_000)
                _ = pipe.takeDue(now: bench.now)
                pipe.deliver(1) { _ in }
            }
            #expect(bench.pieces[side.other.rawValue].map(\.at) == expected)
            let account = bench.link.account(client: "a", now: bench.now)
            let stalls = side == .client ? account.toTarget : account.toClient
            #expect(stalls.stallCount == pipe.stallCount && pipe.stallCount > 0)
        }
    }

    @Test("A connection breaks at the write that is drawn, both ways", arguments: 1...8)
    func drawnReset(number: Int) throws {
        var bench = try Bench.open("latency=2ms,reset=5%,piece=3", seed: 7, number: number)
        let seed = NetworkPipe.seed(ofRun: 7, connection: number - 1, towardsClient: false)
        var pipe = NetworkPipe(profile: try NetworkProfile("reset=5%"), seed: seed)
        var expected = 1
        let one = ByteRange(start: 0, count: 1)
        while !pipe.write([1].span, .empty, one, now: bench.now) { expected += 1 }
        var writes = 0
        while !bench.isOver {
            bench.write(.client, [1, 2, 3, 4, 5, 6, 7, 8, 9])
            bench.run(milliseconds: 10)
            writes += 1
        }
        #expect(writes == expected)
        #expect(bench.bytes[ChaosSide.target.rawValue].count == 9 * (expected - 1))
        #expect(bench.link.ending == .drawnReset)
        #expect(bench.transcript.last?.contains("reset [") == true)
    }

    @Test("Pieces are small, apart and in order; the same seed cuts the same")
    func pieces() throws {
        let sent = pattern(20_000, seed: 3)
        func play(seed: UInt64) throws -> Bench {
            var bench = try Bench.open("awful,reset=0%", seed: seed)
            for start in stride(from: 0, to: sent.count, by: 500) {
                bench.write(.client, Array(sent[start..<start + 500]))
                bench.run(milliseconds: 7)
            }
            bench.run(milliseconds: 5_000)
            return bench
        }
        let bench = try play(seed: 1)
        let target = ChaosSide.target.rawValue
        #expect(bench.bytes[target] == sent)
        let pieces = bench.pieces[target]
        #expect(pieces.allSatisfy { (1...97).contains($0.count) } && pieces.count > 300)
        for (earlier, later) in zip(pieces, pieces.dropFirst()) {
            #expect(
                later.at.nanoseconds(since: earlier.at) >= ChaosDirection.pieceGapNanoseconds)
        }
        #expect(try play(seed: 1).transcript == bench.transcript)
        #expect(try play(seed: 2).transcript != bench.transcript)
    }

    @Test("Reading stops while the way is full, and goes on when a read has room again")
    func backPressure() throws {
        var bench = try Bench.open("latency=2ms,buffer=40KB")
        let data = pattern(400_000, seed: 5)
        var sent = 0
        func offer() -> Int {
            min(bench.link.readByteCount(from: .client, now: bench.now), data.count - sent)
        }
        bench.link.blocked(.target)
        while offer() > 0 {
            let count = offer()
            bench.write(.client, Array(data[sent..<sent + count]))
            sent += count
            bench.run(milliseconds: 10)
        }
        #expect(sent > 40_000 - ChaosDirection.readByteCountMax && sent <= 40_000)
        #expect(bench.bytes[ChaosSide.target.rawValue].isEmpty)
        #expect(bench.link.account(client: "a", now: bench.now).toTarget.fullCount == 1)
        #expect(
            bench.link.nextDue == .distantFuture, "a blocked reader must not keep the loop busy")
        // The other direction knows nothing of it.
        bench.write(.target, [9])
        bench.run(milliseconds: 10)
        #expect(bench.bytes[ChaosSide.client.rawValue] == [9])
        bench.link.writable(.target)
        while sent < data.count {
            bench.run(milliseconds: 10)
            let count = offer()
            #expect(count > 0)
            if count == 0 { break }
            bench.write(.client, Array(data[sent..<sent + count]))
            sent += count
        }
        bench.run(milliseconds: 10)
        #expect(bench.bytes[ChaosSide.target.rawValue] == data)
    }
}
