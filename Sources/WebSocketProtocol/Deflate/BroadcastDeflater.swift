/// Compresses what many connections get in common, once for all of them.
///
/// Each connection's message is its own bytes, as a stored block, and then the shared blocks: two
/// byte ranges, nothing compressed twice. That is lawful deflate for any peer: a message of several
/// blocks, none of which refers to anything before the shared bytes. A peer that lets us keep our
/// window needs no other treatment, since a compressor may always choose not to look back
/// (RFC 7692 §7.2.1); one that limits our window needs a deflater with `windowBits` no larger.
package struct BroadcastDeflater: ~Copyable {
    private var stream: DeflateStream

    /// Makes a deflater for all peers whose limit of our window is at least `windowBits`.
    /// - Parameter windowBits: 9 to 15. Memory as ``CompressionSettings/memoryLevel`` says.
    /// - Returns: nil where zlib refuses the parameters or there is no memory.
    package init?(windowBits: Int, settings: CompressionSettings = CompressionSettings()) {
        guard let stream = DeflateStream(windowBits: windowBits, settings: settings) else {
            return nil
        }
        self.stream = stream
    }

    /// Appends `body` as deflate blocks that stand on their own and end a message.
    /// - Returns: The range of `output` that they take, to be the end of each message's payload;
    ///   nil where zlib fails: send uncompressed.
    package mutating func compressShared(
        _ body: Span<UInt8>, into output: inout [UInt8]
    ) -> Range<Int>? {
        let start = output.count
        stream.reset()
        guard stream.compress(body, into: &output) else { return nil }
        return start..<output.count
    }

    /// How many bytes ``appendStoredBlock(_:into:)`` appends for a prefix of this length.
    package static func storedBlockByteCount(prefixByteCount: Int) -> Int {
        let blocks = (prefixByteCount + storedByteCountMax - 1) / storedByteCountMax
        return prefixByteCount + blocks * 5
    }

    /// Appends `prefix` uncompressed, as a block that is not the last (RFC 1951 §3.2.4).
    ///
    /// Five bytes more than the prefix; nothing for an empty one. Some nanoseconds.
    package static func appendStoredBlock(_ prefix: Span<UInt8>, into output: inout [UInt8]) {
        var offset = 0
        while offset < prefix.count {
            let count = min(prefix.count - offset, storedByteCountMax)
            // BFINAL 0, BTYPE 00, padding to the byte; then LEN and its complement.
            output.append(0)
            output.append(UInt8(truncatingIfNeeded: count))
            output.append(UInt8(truncatingIfNeeded: count >> 8))
            output.append(~UInt8(truncatingIfNeeded: count))
            output.append(~UInt8(truncatingIfNeeded: count >> 8))
            output.append(copying: prefix.extracting(offset..<(offset + count)))
            offset += count
        }
    }

    private static let storedByteCountMax = 65_535
}
