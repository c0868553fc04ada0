import CDeflate

/// A decompressor of messages (RFC 7692 §7.2.2).
///
/// Owns zlib's state: about 7 KiB, and a window of 2^(window bits) bytes from the first message
/// that does not fit its output at once.
@safe
package struct InflateStream: ~Copyable {
    /// Valid from `init` to `deinit`; nobody else has it.
    private let stream: OpaquePointer
    /// Whether the last byte taken ended a block.
    package private(set) var isBetweenBlocks = true

    /// What one step did.
    package struct Step: Equatable, Sendable {
        /// Bytes taken from the input.
        package var consumed: Int
        /// Bytes written to the output.
        package var produced: Int
        /// false where the input is not deflate.
        package var isValid: Bool
    }

    /// Makes a decompressor.
    /// - Parameter windowBits: 8 to 15.
    /// - Returns: nil where there is no memory.
    package init?(windowBits: Int) {
        guard (8...15).contains(windowBits),
            let stream = unsafe cdeflate_decompressor_create(CInt(windowBits))
        else { return nil }
        unsafe self.stream = stream
    }

    deinit {
        unsafe cdeflate_decompressor_destroy(stream)
    }

    /// Forgets the window.
    package mutating func reset() {
        _ = unsafe cdeflate_decompressor_reset(stream)
        isBetweenBlocks = true
    }

    /// Inflates from `input[offset...]` until the input or the output is used up.
    ///
    /// All input is used up and all output written where less than the output's size was produced.
    /// Never allocates beyond the window.
    package mutating func step(
        _ input: Span<UInt8>, from offset: Int, into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Step {
        precondition(offset >= 0 && offset <= input.count)
        var result = Step(consumed: 0, produced: 0, isValid: true)
        // The buffers are used inside the closure only, within their counts.
        unsafe input.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress, var target = output.baseAddress else {
                return
            }
            var space = output.count
            while true {
                let step = unsafe cdeflate_decompress(
                    stream, start + offset + result.consumed,
                    bytes.count - offset - result.consumed, target, space)
                result.consumed &+= step.consumed
                result.produced &+= step.produced
                space &-= step.produced
                unsafe target += step.produced
                switch step.status {
                case cdeflate_stream_end:
                    // RFC 7692 §7.2.3.4: a message may hold blocks with BFINAL set. The window
                    // goes on. Each takes two bytes of input at least, so this ends.
                    _ = unsafe cdeflate_decompressor_continue(stream)
                    isBetweenBlocks = true
                    if offset + result.consumed == bytes.count || space == 0 { return }
                case cdeflate_ok:
                    isBetweenBlocks = step.between_blocks != 0
                    if offset + result.consumed == bytes.count || space == 0 { return }
                case cdeflate_no_progress:
                    return
                default:
                    result.isValid = false
                    return
                }
            }
        }
        return result
    }
}
