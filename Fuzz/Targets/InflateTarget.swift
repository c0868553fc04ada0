import WebSocketProtocol

/// Invariant: inflating gives the same bytes whole and byte by byte, and what we compress inflates to
/// what it was.
enum InflateTarget {
    private struct Outcome: Equatable {
        var bytes: [UInt8] = []
        var isValid = true
    }

    /// Inflated bytes at which a run stops: a small input can hold a thousand times its size.
    private static let bytesMax = 1 << 16

    static func run(_ input: [UInt8]) throws(InvariantBroken) {
        var reader = InputReader(input)
        let segment = max(Int(reader.byte()), 1)
        let bytes = reader.rest()
        let whole = try inflate(bytes, segment: max(bytes.count, 1), room: 4096)
        for (size, room) in [(1, 4096), (segment, 7)] {
            let cut = try inflate(bytes, segment: size, room: room)
            try require(
                cut.isValid == whole.isValid && (cut == whole || !whole.isValid),
                "pieces of \(size): \(cut.bytes.count) bytes, whole: \(whole.bytes.count)")
        }
        guard var stream = DeflateStream(windowBits: 15, settings: CompressionSettings()) else {
            return
        }
        var compressed: [UInt8] = []
        let isCompressed = stream.compress(bytes.span, into: &compressed)
        try require(isCompressed, "compressing fails")
        // RFC 7692 §7.2.2: the tail that the sender leaves out.
        compressed += [0, 0, 0xFF, 0xFF]
        let back = try inflate(compressed, segment: segment, room: 4096)
        try require(
            back.isValid && back.bytes == Array(bytes.prefix(back.bytes.count))
                && back.bytes.count >= min(bytes.count, bytesMax), "compressed and inflated differ")
    }

    private static func inflate(
        _ bytes: [UInt8], segment: Int, room: Int
    ) throws(InvariantBroken) -> Outcome {
        var outcome = Outcome()
        guard var stream = InflateStream(windowBits: 15) else { return outcome }
        let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: room)
        defer { output.deallocate() }
        var offset = 0
        while offset < bytes.count {
            let piece = Array(bytes[offset..<min(bytes.count, offset + segment)])
            var consumed = 0
            while true {
                let step = stream.step(piece.span, from: consumed, into: output)
                consumed += step.consumed
                try require(
                    consumed <= piece.count && step.produced <= room, "a step beyond its buffers")
                outcome.bytes += output[..<step.produced]
                guard step.isValid else {
                    outcome.isValid = false
                    return outcome
                }
                if outcome.bytes.count > bytesMax {
                    outcome.bytes.removeLast(outcome.bytes.count - bytesMax)
                    return outcome
                }
                if step.produced < room {
                    try require(consumed == piece.count, "input left where output had room")
                    break
                }
            }
            offset += piece.count
        }
        return outcome
    }
}
