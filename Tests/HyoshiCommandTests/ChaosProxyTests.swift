import CLinux
import Foundation
import Glibc
import NetworkModel
import Synchronization
import Testing
import TransportInterface

@testable import HyoshiCommand

/// A proxy on a thread of its own.
private final class RunningProxy: @unchecked Sendable {
    let port: UInt16
    private let proxy: ChaosProxy
    private let isAskedToStop = Atomic<Bool>(false)
    private let isOver = DispatchSemaphore(value: 0)
    private let told: Told

    /// What the proxy has told.
    private final class Told: Sendable {
        let notices = Mutex<[ChaosNotice]>([])
    }

    init(_ network: String, seed: UInt64 = 7, to target: UInt16) throws {
        let listen = try #require(ChaosAddress("0"))
        var settings = ChaosSettings(
            listen: listen, target: try #require(ChaosAddress("\(target)")))
        settings.profile = try NetworkProfile(network)
        settings.seed = seed
        let told = Told()
        proxy = try ChaosProxy(settings) { notice in
            told.notices.withLock { $0.append(notice) }
        }
        self.told = told
        port = proxy.port
        Thread.detachNewThread { [self] in
            proxy.run { isAskedToStop.load(ordering: .relaxed) }
            isOver.signal()
        }
    }

    /// Ends it; returns what it has told.
    func stop() -> [ChaosNotice] {
        isAskedToStop.store(true, ordering: .relaxed)
        isOver.wait()
        return told.notices.withLock { $0 }
    }
}

/// A blocking socket; every operation gives up after 30 s, so that no test hangs.
private final class Peer: Sendable {
    private let descriptor: Int32

    init(adopting descriptor: Int32) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        _ = linux_set_no_delay(descriptor)
    }

    convenience init(port: UInt16) throws {
        self.init(adopting: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = try #require(ChaosAddress("\(port)")).numeric
        try #require(linux_connect(descriptor, &address) == 0)
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Receives what is there, waiting for the first byte; empty at the end, nil where it broke.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : Array(buffer[..<count])
    }

    func endSending() { _ = linux_shut_down_sending(descriptor) }
}

/// Sends everything back, and a last word behind the end; one thread for each connection.
private final class EchoTarget: Sendable {
    let port: UInt16
    private let listener: Int32
    static let lastWord: [UInt8] = Array("bye".utf8)

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = try #require(ChaosAddress("0")).numeric
        try #require(linux_bind(listener, &address) == 0 && linux_listen(listener, 16) == 0)
        port = UInt16(truncatingIfNeeded: linux_local_port(listener))
        let listener = listener
        Thread.detachNewThread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                let peer = Peer(adopting: descriptor)
                Thread.detachNewThread { Self.serve(peer) }
            }
        }
    }

    deinit {
        // Wakes the thread that waits for a connection.
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func serve(_ peer: Peer) {
        while let bytes = peer.receive() {
            if bytes.isEmpty {
                _ = peer.send(lastWord)
                return
            }
            guard peer.send(bytes) else { return }
        }
    }
}

@Suite("Chaos: real sockets")
struct ChaosProxyTests {
    @Test("Bytes arrive unchanged and in order, cut and late, and a half-close is carried")
    func transfer() throws {
        let target = try EchoTarget()
        let proxy = try RunningProxy("awful,rate=256KB,reset=0%", to: target.port)
        let peer = try Peer(port: proxy.port)
        let sent = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let start = ContinuousClock.now
        #expect(peer.send(sent))
        peer.endSending()
        var received: [UInt8] = []
        var reads = 0
        while let bytes = peer.receive(), !bytes.isEmpty {
            received += bytes
            reads += 1
        }
        #expect(received == sent + EchoTarget.lastWord)
        #expect(reads > 1)
        // Four ways of (250 − 80) ÷ 2 ms at least: the handshake there and back, and the bytes.
        #expect(ContinuousClock.now - start >= .milliseconds(340))
        let notices = proxy.stop()
        guard case .over(let account) = try #require(notices.first) else {
            Issue.record("\(notices)")
            return
        }
        #expect(account.ending == .ended && account.number == 1)
        #expect(account.toTarget.byteCount == sent.count)
        #expect(account.toClient.byteCount == received.count)
        #expect(account.toTarget.pieceCount >= sent.count / 97)
    }

    @Test("Megabytes go through a small buffer to a peer that is slow to read")
    func slowReader() throws {
        let target = try EchoTarget()
        let proxy = try RunningProxy("latency=1ms,buffer=20KB", to: target.port)
        let peer = try Peer(port: proxy.port)
        let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
        Thread.detachNewThread {
            _ = peer.send(sent)
            peer.endSending()
        }
        usleep(200_000)
        var received: [UInt8] = []
        while let bytes = peer.receive(), !bytes.isEmpty { received += bytes }
        #expect(received == sent + EchoTarget.lastWord)
        guard case .over(let account) = try #require(proxy.stop().first) else { return }
        #expect(account.toTarget.fullCount > 0)
    }

    @Test("Connections are reset at the places that are drawn")
    func drawnResets() throws {
        let text = "latency=1ms,reset=10%"
        let target = try EchoTarget()
        let proxy = try RunningProxy(text, seed: 11, to: target.port)
        for number in 0..<6 {
            var pipes = try [false, true].map { towardsClient in
                NetworkPipe(
                    profile: try NetworkProfile(text),
                    seed: NetworkPipe.seed(
                        ofRun: 11, connection: number, towardsClient: towardsClient))
            }
            var expected = 0
            let one = ByteRange(start: 0, count: 1)
            let now = MonotonicInstant(nanoseconds: 0)
            while !pipes[0].write([1].span, .empty, one, now: now),
                !pipes[1].write([1].span, .empty, one, now: now)
            {
                expected += 1
            }
            // One byte at a time, so that each write is one read.
            let peer = try Peer(port: proxy.port)
            var answers = 0
            while peer.send([UInt8(truncatingIfNeeded: answers)]), let bytes = peer.receive() {
                #expect(bytes == [UInt8(truncatingIfNeeded: answers)])
                if bytes.isEmpty { break }
                answers += 1
            }
            #expect(answers == expected, "connection \(number + 1)")
        }
        let endings = proxy.stop().map { notice in
            if case .over(let account) = notice { account.ending } else { ChaosEnding.stopped }
        }
        #expect(endings == Array(repeating: .drawnReset, count: 6))
    }

    @Test("A target that does not answer resets its clients, and is said once")
    func unreachable() throws {
        // Port 1 (tcpmux) is nobody's.
        let proxy = try RunningProxy("latency=2ms", to: 1)
        for _ in 0..<3 {
            let peer = try Peer(port: proxy.port)
            #expect(peer.receive() == nil)
        }
        let notices = proxy.stop()
        let said = notices.filter { if case .unreachable = $0 { true } else { false } }
        #expect(said.count == 1)
        #expect(notices.count == 4)
    }

    @Test("A port that is taken is refused, and stopping closes what is open")
    func ports() throws {
        let target = try EchoTarget()
        let proxy = try RunningProxy("clean", to: target.port)
        #expect(throws: ChaosFailure.self) {
            _ = try ChaosProxy(
                ChaosSettings(
                    listen: try #require(ChaosAddress("\(proxy.port)")),
                    target: try #require(ChaosAddress("\(target.port)")))
            ) { _ in }
        }
        let peer = try Peer(port: proxy.port)
        #expect(peer.send([1]))
        #expect(peer.receive() == [1])
        guard case .over(let account) = try #require(proxy.stop().first) else {
            Issue.record("nothing told")
            return
        }
        #expect(account.ending == .stopped && account.toClient.byteCount == 1)
        #expect(peer.receive()?.isEmpty != false)
    }

    @Test("Addresses, as command lines name them")
    func addresses() {
        #expect(ChaosAddress("9000")?.text(port: 9000) == "127.0.0.1:9000")
        #expect(ChaosAddress("localhost:80") == ChaosAddress("127.0.0.1:80"))
        #expect(ChaosAddress("0.0.0.0:1")?.host == "0.0.0.0")
        #expect(ChaosAddress("[::1]:70")?.text(port: 70) == "[::1]:70")
        #expect(ChaosAddress("192.0.2.7:8080")?.numeric.text == "192.0.2.7:8080")
        for wrong in ["", ":", "x", "65536", "-1", "+1", "::1:80", "example.org:80", "1.2.3:4"] {
            #expect(ChaosAddress(wrong) == nil, "\(wrong)")
        }
    }

    @Test("The table and the JSON say the same")
    func report() throws {
        var report = ChaosReport(
            listen: "127.0.0.1:9000", target: "127.0.0.1:8080", network: "awful", seed: 7)
        let direction = ChaosDirectionAccount(
            byteCount: 12_345, writeCount: 10, pieceCount: 200, stallCount: 1, fullCount: 2)
        for (number, ending) in [(1, ChaosEnding.ended), (2, .drawnReset), (3, .ended)] {
            report.add(
                ChaosAccount(
                    number: number, client: "127.0.0.1:4", seconds: 1.5, toTarget: direction,
                    toClient: ChaosDirectionAccount(), ending: ending))
        }
        #expect(
            ChaosReport.line(report.connections[1])
                == "#2 127.0.0.1:4  1.5 s  to target 12.3 KB in 10 (1 stall)"
                + "  to client 0 B in 0 (0 stalls)  reset by the network")
        #expect(
            report.table == [
                "              bytes     reads    pieces    stalls      full",
                "to target   37.0 KB        30       600         3         6",
                "to client       0 B         0         0         0         0",
                "3 connections: 2 ended by both sides, 1 reset by the network",
            ])
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(try report.json().utf8)) as? [String: Any])
        #expect(json["connectionCount"] as? Int == 3)
        #expect((json["endings"] as? [String: Int])?["drawnReset"] == 1)
        #expect((json["connections"] as? [Any])?.count == 3)
        #expect((json["toTarget"] as? [String: Int])?["byteCount"] == 37_035)
    }
}
