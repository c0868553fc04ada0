import Testing
import TransportInterface
import WebSocketProtocol

/// The wire of Autobahn|Testsuite's groups 1 to 7 and 10, replayed against the endpoint on every
/// machine: what passed there once must come out again, however the bytes are cut.
@Suite("Conformance transcripts")
struct ReplayTests {
    static let roles: [Role] = [.server, .client]

    @Test("Every case of the groups is there", arguments: roles)
    func fixturesAreComplete(role: Role) throws {
        let transcripts = try WireTranscript.load(role)
        #expect(transcripts.count == 247)
        #expect(Set(transcripts.map(\.name)).count == 247)
        let groups = Set(transcripts.map { $0.name.prefix { $0 != "." } })
        #expect(groups == ["1", "2", "3", "4", "5", "6", "7", "10"])
        for transcript in transcripts {
            #expect(!transcript.received.isEmpty, "\(transcript.name)")
            #expect(!transcript.sent.isEmpty, "\(transcript.name)")
        }
    }

    @Test("In the recorded pieces, every write is the same byte for byte", arguments: roles)
    func recordedPieces(role: Role) throws {
        for transcript in try WireTranscript.load(role) {
            let keys = try #require(WireFrame.split(transcript.sent), "\(transcript.name)")
                .map(\.maskingKey)
            let echo = ReplayedEcho(role: role, maskingKeys: keys)
            for (index, piece) in transcript.pieces.enumerated() {
                switch piece {
                case .received(let bytes):
                    echo.receive(bytes)
                case .sent(let bytes):
                    #expect(echo.flush() == bytes, "\(transcript.name), piece \(index)")
                }
            }
            #expect(echo.flush() == [], "\(transcript.name), end")
        }
    }

    @Test("As one piece: the same events, the same frames", arguments: roles)
    func onePiece(role: Role) throws {
        for transcript in try WireTranscript.load(role) {
            expectSame(transcript, role, segmentByteCount: .max, flushesOften: false)
        }
    }

    @Test("Byte by byte: the same events, the same frames", arguments: roles)
    func byteByByte(role: Role) throws {
        for transcript in try WireTranscript.load(role) {
            expectSame(transcript, role, segmentByteCount: 1, flushesOften: true)
        }
    }

    /// Compares another cutting with the recorded one.
    ///
    /// A pong may overtake a message that came in the same read, so data frames and control frames
    /// are compared each in their own order.
    private func expectSame(
        _ transcript: WireTranscript, _ role: Role, segmentByteCount: Int, flushesOften: Bool
    ) {
        let recorded = ReplayedEcho(role: role, maskingKeys: [])
        for case .received(let bytes) in transcript.pieces { recorded.receive(bytes) }
        let echo = ReplayedEcho(role: role, maskingKeys: [])
        var output: [UInt8] = []
        let received = transcript.received
        var offset = 0
        while offset < received.count {
            let count = min(segmentByteCount, received.count - offset)
            echo.receive(Array(received[offset..<(offset + count)]))
            if flushesOften { output += echo.flush() }
            offset += count
        }
        output += echo.flush()
        #expect(echo.seen == recorded.seen, "\(transcript.name)")
        let frames = WireFrame.split(output)
        let expected = WireFrame.split(transcript.sent)
        for isControl in [false, true] {
            #expect(
                frames?.filter { $0.isControl == isControl }.map(\.meaning)
                    == expected?.filter { $0.isControl == isControl }.map(\.meaning),
                "\(transcript.name), control: \(isControl)")
        }
    }
}

/// An endpoint that sends every message back, as the echo server and the conformance client do.
private final class ReplayedEcho {
    /// Every event, in order.
    private(set) var seen: [Seen] = []
    private var endpoint: WebSocketEndpoint
    private let scratch = WebSocketScratch()
    private var outbox: [UInt8] = []
    private var maskingKeys: [[UInt8]]

    /// - Parameter maskingKeys: The keys of the frames to come, in order; then zeros.
    init(role: Role, maskingKeys: [[UInt8]]) {
        endpoint = WebSocketEndpoint(role: role, limits: .conformance, deflate: nil)
        self.maskingKeys = maskingKeys.reversed()
    }

    func receive(_ bytes: [UInt8]) {
        var fresh: [Seen] = []
        endpoint.receive(bytes.span, scratch: scratch, now: .milliseconds(0)) { event, payload in
            fresh.append(Seen(event: event, payload: payload.bytes))
        }
        seen += fresh
        for event in fresh {
            guard case .message(let kind) = event.event else { continue }
            endpoint.sendMessage(
                kind, event.payload.span, compress: true, into: &outbox, scratch: scratch,
                maskingKey: nextMaskingKey)
        }
    }

    func flush() -> [UInt8] {
        endpoint.writeControlOutput(into: &outbox, maskingKey: nextMaskingKey)
        defer { outbox = [] }
        return outbox
    }

    private func nextMaskingKey() -> UInt32 {
        guard let key = maskingKeys.popLast(), key.count == 4 else { return 0 }
        return Masking.key(key[0], key[1], key[2], key[3])
    }
}
