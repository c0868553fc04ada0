import TransportInterface
import WebSocketProtocol

/// Invariant: every cutting of the same bytes gives the same events and the same answer, with and
/// without permessage-deflate, in both roles.
enum WebSocketTarget {
    private static let scratch = SharedScratch()

    static func run(_ input: [UInt8], role: Role) throws(InvariantBroken) {
        var reader = InputReader(input)
        let choices = reader.byte()
        let segment = max(Int(reader.byte()), 1)
        let bytes = reader.rest()
        var deflate: DeflateParameters?
        if choices & 1 != 0 {
            deflate = DeflateParameters(
                serverNoContextTakeover: choices & 2 != 0,
                clientNoContextTakeover: choices & 2 != 0)
        }
        var limits = WebSocketLimits()
        if choices & 4 != 0 {
            limits.messageByteCountMax = 64
            limits.frameByteCountMax = 48
            limits.fragmentsMax = 3
            limits.pendingPongsMax = 3
        }
        let whole = digest(bytes, max(bytes.count, 1), role, limits, deflate)
        for size in [1, segment] {
            let cut = digest(bytes, size, role, limits, deflate)
            try require(
                cut == whole,
                "pieces of \(size) bytes: \(cut.eventCount) events, whole: \(whole.eventCount)")
        }
    }

    private static func digest(
        _ bytes: [UInt8], _ segment: Int, _ role: Role, _ limits: WebSocketLimits,
        _ deflate: DeflateParameters?
    ) -> EventDigest {
        EventDigest(
            feeding: bytes.span, segmentByteCount: segment, role: role, limits: limits,
            deflate: deflate, scratch: scratch.value)
    }
}

/// One loop's working memory for all inputs: what one input leaves behind must not matter.
///
/// Fuzzers and replays run one input at a time.
private struct SharedScratch: @unchecked Sendable {
    let value = WebSocketScratch()
}
