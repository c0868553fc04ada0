import Testing
import TransportInterface
import WebSocketProtocol

@testable import HyoshiCommand

/// A transport without a network around an echo driver: one connection, time by hand.
private final class Bench {
    let driver: EchoDriver
    let connection = ConnectionID(slot: 3, generation: 1)
    private(set) var now = MonotonicInstant(nanoseconds: 1_000)
    /// What the driver has asked to write since the last look at it.
    private var written: [UInt8] = []
    /// How the driver has ended the connection.
    private(set) var closeMode: CloseMode?
    private(set) var sendCountInBatchMax = 0

    init(_ settings: EchoSettings = EchoSettings()) {
        driver = EchoDriver(settings: settings)
        driver.accepted(
            connection, peer: PeerAddress(family: .ipv4, network: 0x7F00_0001), handedOver: false,
            now: now)
    }

    /// One wake-up: bytes arrive in pieces, then the driver runs and its batch is carried out.
    func wakeUp(_ bytes: [UInt8] = [], segment: Int = .max) {
        var offset = 0
        while offset < bytes.count {
            let count = min(segment, bytes.count - offset)
            driver.received(
                connection, bytes.span.extracting(offset..<(offset + count)), now: now)
            offset += count
        }
        driver.poll(now: now)
        var sendCount = 0
        for effect in driver.effects.effects {
            switch effect {
            case .send(connection, let head, let body):
                sendCount += 1
                for range in [head, body] {
                    written += driver.effects.bytes[range.start..<(range.start + range.count)]
                }
            case .close(connection, let mode):
                closeMode = mode
            default:
                Issue.record("unexpected: \(effect)")
            }
        }
        sendCountInBatchMax = max(sendCountInBatchMax, sendCount)
        driver.effects.removeAll()
    }

    func pass(nanoseconds: UInt64) {
        now = now.advanced(byNanoseconds: nanoseconds)
        wakeUp()
    }

    func takeWritten() -> [UInt8] {
        defer { written = [] }
        return written
    }

    /// Opens a WebSocket; the answer is taken away.
    func open() {
        wakeUp(Array(request.utf8))
        let answer = String(decoding: takeWritten(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 101 "))
    }
}

private let request = """
    GET /anything HTTP/1.1\r
    Host: localhost\r
    Upgrade: websocket\r
    Connection: Upgrade\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
    Sec-WebSocket-Version: 13\r
    \r

    """

/// A masked frame with a zero key, whose payload is therefore as it is; up to 125 bytes.
private func frame(_ firstByte: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [firstByte, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
}

@Suite("Echo driver")
struct EchoDriverTests {
    @Test("Text comes back as text, binary as binary, in order and in one write")
    func messagesComeBack() {
        let bench = Bench()
        bench.open()
        bench.wakeUp(frame(0x81, [0x68, 0x69]) + frame(0x82, [0xFF]) + frame(0x82, []))
        #expect(bench.takeWritten() == [0x81, 2, 0x68, 0x69, 0x82, 1, 0xFF, 0x82, 0])
        #expect(bench.sendCountInBatchMax == 1)
        #expect(bench.closeMode == nil)
    }

    @Test("A handshake and a first message in any segmentation", arguments: [1, 7, 1_000])
    func segmentations(segment: Int) {
        let bench = Bench()
        bench.wakeUp(Array(request.utf8) + frame(0x82, [1, 2, 3]), segment: segment)
        #expect(bench.takeWritten().suffix(5) == [0x82, 3, 1, 2, 3])
    }

    @Test("Compression is agreed on where it is offered, unless it is switched off")
    func compression() {
        let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
        for compresses in [true, false] {
            var settings = EchoSettings()
            settings.compresses = compresses
            let bench = Bench(settings)
            bench.wakeUp(Array((request.dropLast() + offer).utf8))
            let answer = String(decoding: bench.takeWritten(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 101 "))
            #expect(answer.contains("permessage-deflate") == compresses)
            // RSV1 with a compressed "Hello" (RFC 7692 §7.2.3.1), or what must not be.
            bench.wakeUp(frame(0xC1, [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]))
            let echo = bench.takeWritten()
            if compresses {
                #expect(echo.suffix(7) == [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
            } else {
                #expect(echo == [0x88, 2, 0x03, 0xEA])
            }
        }
    }

    @Test("A Close is answered, and then the transport ends")
    func closingHandshake() {
        let bench = Bench()
        bench.open()
        bench.wakeUp(frame(0x88, [0x03, 0xE8]))
        #expect(bench.takeWritten() == [0x88, 2, 0x03, 0xE8])
        #expect(bench.closeMode == .afterFlush)
    }

    @Test("A violation is told (1002), and then the transport ends")
    func violation() {
        let bench = Bench()
        bench.open()
        bench.wakeUp([0x82, 0x01, 0x00])  // not masked
        #expect(bench.takeWritten() == [0x88, 2, 0x03, 0xEA])
        #expect(bench.closeMode == .afterFlush)
    }

    @Test("A plain request gets 426, a broken one 400")
    func noWebSocket() {
        for (text, status) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "426"), ("GET  / HTTP/1.1\r\n\r\n", "400"),
        ] {
            let bench = Bench()
            bench.wakeUp(Array(text.utf8))
            let answer = String(decoding: bench.takeWritten(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(bench.closeMode == .afterFlush)
        }
    }

    @Test("A blocked peer gets nothing until it reads, and then everything")
    func blockedPeer() {
        let bench = Bench()
        bench.open()
        bench.driver.blocked(bench.connection, waitingByteCount: 1, now: bench.now)
        bench.wakeUp(frame(0x82, [1]))
        bench.wakeUp(frame(0x82, [2]))
        #expect(bench.takeWritten() == [])
        bench.driver.writable(bench.connection, now: bench.now)
        bench.wakeUp()
        #expect(bench.takeWritten() == [0x82, 1, 1, 0x82, 1, 2])
    }

    @Test("A queue that overflows ends with 1013")
    func overflow() {
        var settings = EchoSettings()
        settings.queueByteCountMax = 10
        let bench = Bench(settings)
        bench.open()
        bench.driver.blocked(bench.connection, waitingByteCount: 1, now: bench.now)
        bench.wakeUp(frame(0x82, [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(bench.takeWritten() == [])
        #expect(bench.closeMode == nil)
        bench.wakeUp(frame(0x82, [9]))
        #expect(bench.takeWritten().starts(with: [0x88, 2 + 19, 0x03, 0xF5]))
        #expect(bench.closeMode == .afterFlush)
    }

    @Test("A peer that never reads ends with 1013")
    func neverReads() {
        let bench = Bench()
        bench.open()
        bench.driver.blocked(bench.connection, waitingByteCount: 1, now: bench.now)
        bench.pass(nanoseconds: EchoSettings().blockedNanoseconds)
        #expect(bench.takeWritten().starts(with: [0x88, 2 + 19, 0x03, 0xF5]))
        #expect(bench.closeMode == .afterFlush)
    }

    @Test("A handshake that is not completed ends")
    func slowHandshake() {
        let bench = Bench()
        bench.wakeUp(Array(request.utf8.prefix(20)))
        bench.pass(nanoseconds: EchoSettings().handshakeNanoseconds - 1)
        #expect(bench.closeMode == nil)
        bench.pass(nanoseconds: EchoSettings().handshakeNanoseconds)
        #expect(bench.closeMode == .immediately)
        #expect(bench.takeWritten() == [])
    }

    @Test("At the end of the program peers are told 1001")
    func shutDown() {
        let bench = Bench()
        bench.open()
        bench.driver.shutDown(now: bench.now)
        bench.wakeUp()
        #expect(bench.takeWritten().starts(with: [0x88, 2 + 16, 0x03, 0xE9]))
        bench.wakeUp(frame(0x88, [0x03, 0xE9]))
        #expect(bench.closeMode == .afterFlush)
    }

    @Test("Without connections there is no timer")
    func idle() {
        let bench = Bench()
        #expect(bench.driver.nextDeadline != .distantFuture)
        bench.driver.closed(bench.connection, reason: .reset, now: bench.now)
        #expect(bench.driver.nextDeadline == .distantFuture)
    }
}
