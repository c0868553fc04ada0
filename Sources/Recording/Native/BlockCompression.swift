import CDeflate

/// Compresses payloads (RFC 1951), as small as zlib can.
///
/// About 270 KiB of memory, taken at the start. Not for a room's loop: it takes its time.
@safe
package struct BlockDeflater: ~Copyable {
    private let stream: OpaquePointer

    /// nil where there is no memory.
    package init?() {
        guard let stream = unsafe cdeflate_compressor_create(9, 15, 8) else { return nil }
        unsafe self.stream = stream
    }

    deinit { unsafe cdeflate_compressor_destroy(stream) }

    /// The compressed form of `plain`, which follows a history; nil where it would not be shorter.
    mutating func compressed(_ plain: [UInt8], after history: BlockHistory) -> [UInt8]? {
        guard unsafe cdeflate_compressor_reset(stream) == cdeflate_ok else { return nil }
        let primed = unsafe history.bytes.withUnsafeBufferPointer { bytes in
            unsafe cdeflate_compressor_prime(stream, bytes.baseAddress, bytes.count)
        }
        guard history.bytes.isEmpty || primed == cdeflate_ok else { return nil }
        // What is not shorter than this is of no use; the end of the flush is left out afterwards.
        var output = [UInt8](repeating: 0, count: plain.count + 16)
        let step = unsafe plain.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe cdeflate_compress(
                    stream, input.baseAddress, input.count, output.baseAddress, output.count)
            }
        }
        guard step.status == cdeflate_ok, step.consumed == plain.count,
            step.produced < output.count, step.produced >= RecordingFormat.flushEnd.count
        else { return nil }
        let count = step.produced - RecordingFormat.flushEnd.count
        guard count < plain.count else { return nil }
        output.removeLast(output.count - count)
        return output
    }
}

/// Decompresses payloads, within a bound.
@safe
struct BlockInflater: ~Copyable {
    private let stream: OpaquePointer

    init?() {
        guard let stream = unsafe cdeflate_decompressor_create(15) else { return nil }
        unsafe self.stream = stream
    }

    deinit { unsafe cdeflate_decompressor_destroy(stream) }

    /// The plain form of a payload, of at most `limit` octets.
    mutating func plain(
        of payload: ArraySlice<UInt8>, after history: BlockHistory, limit: Int
    ) throws(RecordingError) -> [UInt8] {
        guard unsafe cdeflate_decompressor_reset(stream) == cdeflate_ok else { throw .malformed }
        let primed = unsafe history.bytes.withUnsafeBufferPointer { bytes in
            unsafe cdeflate_decompressor_prime(stream, bytes.baseAddress, bytes.count)
        }
        guard history.bytes.isEmpty || primed == cdeflate_ok else { throw .malformed }
        let input = Array(payload) + RecordingFormat.flushEnd
        var output = [UInt8](repeating: 0, count: min(limit, max(4 * input.count, 256)))
        var consumed = 0
        var produced = 0
        while true {
            let step = unsafe input.withUnsafeBufferPointer { input in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    let rest = input.extracting(consumed..<input.count)
                    let room = output.extracting(produced..<output.count)
                    return unsafe cdeflate_decompress(
                        stream, rest.baseAddress, rest.count, room.baseAddress, room.count)
                }
            }
            consumed += step.consumed
            produced += step.produced
            guard step.status == cdeflate_ok || step.status == cdeflate_no_progress else {
                throw .malformed
            }
            // What was left out ends a block, and nothing is open behind it. That may be where the
            // output is just full, and a further call would not say it once more.
            if consumed == input.count, step.between_blocks != 0 {
                output.removeLast(output.count - produced)
                return output
            }
            // The declared sizes of others are not believed: memory grows with what has come out.
            guard produced == output.count, output.count < limit else { throw .malformed }
            let growth = min(output.count, limit - output.count)
            output.append(contentsOf: repeatElement(0, count: growth))
        }
    }
}
