import TransportInterface

/// What an endpoint made of a peer's bytes, as one number, for property tests and fuzzers.
///
/// The property: every cutting of the same bytes gives the same digest. (With a peer's window below
/// 15 bits, bytes that break the peer's own promise may be noticed in one cutting and not in
/// another: zlib sees whatever its output still holds.)
package struct EventDigest: Equatable, Sendable {
    /// FNV-1a over all events, their payloads, and what the endpoint wants to answer.
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325
    /// How many events there were.
    package private(set) var eventCount = 0

    /// Makes the digest of nothing.
    package init() {}

    /// The digest of `bytes` fed to a fresh endpoint in pieces of `segmentByteCount`, at least 1.
    package init(
        feeding bytes: Span<UInt8>, segmentByteCount: Int, role: Role, limits: WebSocketLimits,
        deflate: DeflateParameters?, scratch: WebSocketScratch
    ) {
        precondition(segmentByteCount > 0)
        var endpoint = WebSocketEndpoint(role: role, limits: limits, deflate: deflate)
        var offset = 0
        while offset < bytes.count {
            let count = min(segmentByteCount, bytes.count - offset)
            endpoint.receive(
                bytes.extracting(offset..<(offset + count)), scratch: scratch,
                now: MonotonicInstant(nanoseconds: 0)
            ) { event, payload in
                add(event, payload)
            }
            offset += count
        }
        var output: [UInt8] = []
        endpoint.writeControlOutput(into: &output, maskingKey: { 0x1234_5678 })
        mix(output.span)
        mix(endpoint.needsTransportClose ? 1 : 0)
    }

    /// Adds an event.
    package mutating func add(_ event: WebSocketEvent, _ payload: Span<UInt8>) {
        eventCount += 1
        switch event {
        case .message(.text): mix(1)
        case .message(.binary): mix(2)
        case .ping: mix(3)
        case .pong: mix(4)
        case .closeReceived(let code):
            mix(5)
            mix(code == nil ? 0 : 1)
            mix(UInt8(truncatingIfNeeded: (code ?? 0) >> 8))
            mix(UInt8(truncatingIfNeeded: code ?? 0))
        case .failed(let violation):
            mix(6)
            mix(violation.rawValue)
        }
        for shift in stride(from: 0, to: 32, by: 8) {
            mix(UInt8(truncatingIfNeeded: payload.count >> shift))
        }
        mix(payload)
    }

    private mutating func mix(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    private mutating func mix(_ bytes: Span<UInt8>) {
        for index in bytes.indices { mix(bytes[index]) }
    }
}
