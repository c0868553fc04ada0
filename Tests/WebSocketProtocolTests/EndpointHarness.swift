import TransportInterface
import WebSocketProtocol

/// An event with its payload, kept.
struct Seen: Equatable, CustomStringConvertible {
    var event: WebSocketEvent
    var payload: [UInt8] = []

    static func text(_ string: String) -> Seen {
        Seen(event: .message(.text), payload: Array(string.utf8))
    }

    static func binary(_ bytes: [UInt8]) -> Seen {
        Seen(event: .message(.binary), payload: bytes)
    }

    static func failed(_ violation: ProtocolViolation) -> Seen {
        Seen(event: .failed(violation))
    }

    var description: String {
        let shown = payload.prefix(16).map { String($0, radix: 16) }.joined(separator: " ")
        return "\(event) \(payload.count) bytes [\(shown)]"
    }
}

/// An endpoint on the bench: feed it bytes, look at its events and at what it would send.
final class Harness {
    private var endpoint: WebSocketEndpoint
    let scratch: WebSocketScratch
    var seen: [Seen] = []

    init(
        role: Role = .server, limits: WebSocketLimits = WebSocketLimits(),
        deflate: DeflateParameters? = nil, scratch: WebSocketScratch = WebSocketScratch()
    ) {
        self.scratch = scratch
        endpoint = WebSocketEndpoint(role: role, limits: limits, deflate: deflate)
    }

    var state: EndpointState { endpoint.state }
    var canSend: Bool { endpoint.canSend }
    var hasControlOutput: Bool { endpoint.hasControlOutput }
    var needsTransportClose: Bool { endpoint.needsTransportClose }
    var nextDeadline: MonotonicInstant { endpoint.nextDeadline }

    func poll(atMilliseconds milliseconds: UInt64) -> PollAction {
        endpoint.poll(now: .milliseconds(milliseconds))
    }

    @discardableResult
    func close(_ code: CloseCode, reason: String = "", atMilliseconds milliseconds: UInt64) -> Bool
    {
        endpoint.close(code, reason: reason, now: .milliseconds(milliseconds))
    }

    /// What a ping puts on the wire; nil where the endpoint refuses.
    func ping(_ payload: [UInt8]) -> [UInt8]? {
        var output: [UInt8] = []
        let isSent = endpoint.sendPing(
            payload.span, into: &output, maskingKey: { testMaskingKey })
        return isSent ? output : nil
    }

    /// The head of a broadcast message.
    func sharedHead(
        _ prefix: [UInt8], sharedByteCount: Int, isCompressed: Bool
    ) -> [UInt8] {
        var output: [UInt8] = []
        endpoint.appendSharedMessageHead(
            .binary, prefix: prefix.span, sharedByteCount: sharedByteCount,
            isCompressed: isCompressed, into: &output)
        return output
    }

    /// Feeds bytes in pieces of `segment` and returns the events of this call.
    @discardableResult
    func feed(
        _ bytes: [UInt8], segment: Int = .max, atMilliseconds milliseconds: UInt64 = 0
    ) -> [Seen] {
        var fresh: [Seen] = []
        var offset = 0
        while offset < bytes.count {
            let count = min(segment, bytes.count - offset)
            endpoint.receive(
                bytes.span.extracting(offset..<(offset + count)), scratch: scratch,
                now: .milliseconds(milliseconds)
            ) { event, payload in
                fresh.append(Seen(event: event, payload: payload.bytes))
            }
            offset += count
        }
        seen += fresh
        return fresh
    }

    /// What the endpoint flushes.
    func flush() -> [UInt8] {
        var output: [UInt8] = []
        endpoint.writeControlOutput(into: &output, maskingKey: { testMaskingKey })
        return output
    }

    /// What the endpoint sends for a message.
    func send(
        _ kind: MessageKind, _ payload: [UInt8], compress: Bool = false
    ) -> [UInt8] {
        var output: [UInt8] = []
        endpoint.sendMessage(
            kind, payload.span, compress: compress, into: &output, scratch: scratch,
            maskingKey: { testMaskingKey })
        return output
    }
}

let testMaskingKey = Masking.key(0x37, 0xFA, 0x21, 0x3D)

extension MonotonicInstant {
    static func milliseconds(_ count: UInt64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: count * 1_000_000)
    }
}

extension Span<UInt8> {
    var bytes: [UInt8] {
        var copy: [UInt8] = []
        for index in indices { copy.append(self[index]) }
        return copy
    }
}

/// Writes frames by the letter of RFC 6455 §5.2, wrong ones too; shares no code with the product.
struct FrameWriter {
    var fin = true
    var reserved: UInt8 = 0
    var masked = true
    /// Bytes of the length beyond the first: 0, 2 or 8; nil for the shortest.
    var lengthByteCount: Int?

    func callAsFunction(_ opcode: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
        let key: [UInt8] = [0x11, 0xA2, 0x73, 0xF4]
        var bytes = header(opcode, payloadByteCount: UInt64(payload.count))
        if masked {
            bytes += key
            bytes += payload.indices.map { payload[$0] ^ key[$0 % 4] }
        } else {
            bytes += payload
        }
        return bytes
    }

    /// The header without the masking key.
    func header(_ opcode: UInt8, payloadByteCount: UInt64) -> [UInt8] {
        let extra =
            lengthByteCount ?? (payloadByteCount < 126 ? 0 : payloadByteCount < 65_536 ? 2 : 8)
        var bytes = [(fin ? 0x80 : 0) | reserved << 4 | opcode]
        let mask: UInt8 = masked ? 0x80 : 0
        bytes.append(mask | (extra == 0 ? UInt8(payloadByteCount) : extra == 2 ? 126 : 127))
        for index in 0..<extra {
            bytes.append(
                UInt8(truncatingIfNeeded: payloadByteCount >> UInt64(8 * (extra - 1 - index))))
        }
        return bytes
    }
}

/// A small generator with a seed, for properties.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
