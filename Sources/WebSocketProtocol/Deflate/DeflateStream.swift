import CDeflate

/// A compressor of messages (RFC 7692 §7.2.1): raw deflate, flushed at the end of each message.
///
/// Owns zlib's state, 2^(window bits + 2) + 2^(memory level + 9) bytes.
@safe
package struct DeflateStream: ~Copyable {
    /// Valid from `init` to `deinit`; nobody else has it.
    private let stream: OpaquePointer

    /// Makes a compressor.
    /// - Parameter windowBits: 9 to 15; with 8, which zlib cannot do for raw deflate, nil.
    /// - Returns: nil where zlib refuses the parameters or there is no memory.
    package init?(windowBits: Int, settings: CompressionSettings) {
        guard (9...15).contains(windowBits), (0...9).contains(settings.level),
            (1...9).contains(settings.memoryLevel),
            let stream = unsafe cdeflate_compressor_create(
                CInt(settings.level), CInt(windowBits), CInt(settings.memoryLevel))
        else { return nil }
        unsafe self.stream = stream
    }

    deinit {
        unsafe cdeflate_compressor_destroy(stream)
    }

    /// Forgets the window: what follows refers to nothing before it.
    package mutating func reset() {
        _ = unsafe cdeflate_compressor_reset(stream)
    }

    /// Appends one compressed message, ready to be the payload of a frame with RSV1 set.
    ///
    /// RFC 7692 §7.2.1: the tail 00 00 FF FF of the flush is removed; an empty message is 00.
    /// - Returns: false where zlib fails; `output` is then as it was, and the stream of no more use
    ///   until a reset.
    package mutating func compress(
        _ message: Span<UInt8>, into output: inout [UInt8]
    ) -> Bool {
        let start = output.count
        var done = 0
        while true {
            let step = appendStep(message, from: done, into: &output)
            guard step.status == cdeflate_ok || step.status == cdeflate_no_progress else {
                output.removeLast(output.count - start)
                return false
            }
            done &+= step.consumed
            // zlib.h, deflate(): the flush is complete when output space is left over.
            if step.produced < Self.chunkByteCount { break }
        }
        let produced = output.count - start
        if produced <= 4 {
            // RFC 7692 §7.2.3.6: nothing but the tail, or not even that after another flush.
            output.removeLast(produced)
            output.append(0)
        } else {
            output.removeLast(4)
        }
        return done == message.count
    }

    /// What a temporary allocation may have and still lie on the stack.
    private static let chunkByteCount = 1024

    /// One call of zlib, its output appended.
    private mutating func appendStep(
        _ message: Span<UInt8>, from offset: Int, into output: inout [UInt8]
    ) -> cdeflate_step {
        // Both buffers are valid inside the closures only, and zlib keeps neither.
        unsafe message.withUnsafeBufferPointer { input in
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.chunkByteCount) {
                chunk in
                var next: UnsafePointer<UInt8>?
                if let base = input.baseAddress { unsafe next = base + offset }
                let step = unsafe cdeflate_compress(
                    stream, next, input.count - offset, chunk.baseAddress, chunk.count)
                let produced = unsafe UnsafeBufferPointer(rebasing: chunk[..<step.produced])
                unsafe output.append(contentsOf: produced)
                return step
            }
        }
    }
}
