/// Working memory that all endpoints of one event loop share.
///
/// An endpoint uses it during a call only, except that a compressed message may be read from it by
/// the event handler. About 96 KiB of address space, touched as needed; zlib's state only from the
/// first compressed message on. Not thread-safe: it belongs to one loop.
@safe
package final class WebSocketScratch {
    /// How our compressors work.
    package let compression: CompressionSettings
    /// Unmasked bytes of the frame at hand.
    let received: UnsafeMutableBufferPointer<UInt8>
    /// Inflated bytes of the message at hand.
    let inflated: UnsafeMutableBufferPointer<UInt8>
    /// The compressed message that is being sent.
    var compressed: [UInt8] = []
    /// For peers that keep no window; nil while in use and before the first use.
    private var inflater: InflateStream?
    /// For connections for which we keep no window; the element is the window's bits less 9.
    private var deflaters: InlineArray<7, DeflateStream?>

    static let receivedByteCount = 64 * 1024
    static let inflatedByteCount = 16 * 1024

    /// Makes the working memory of one loop.
    package init(compression: CompressionSettings = CompressionSettings()) {
        self.compression = compression
        unsafe received = .allocate(capacity: Self.receivedByteCount)
        unsafe inflated = .allocate(capacity: Self.inflatedByteCount)
        deflaters = InlineArray { _ in nil }
    }

    deinit {
        unsafe received.deallocate()
        unsafe inflated.deallocate()
    }

    /// Shows payload as the peer meant it: to a client as it lies, to a server unmasked into
    /// ``received``, whose size `chunk` must not exceed.
    @inline(__always)
    func withUnmasked(
        _ chunk: Span<UInt8>, role: Role, maskingKey: UInt32, _ body: (Span<UInt8>) -> Void
    ) {
        if role == .client || chunk.isEmpty {
            body(chunk)
            return
        }
        let count = chunk.count
        precondition(count <= Self.receivedByteCount)
        // `chunk` is not empty and fits: both buffers have a base and `count` bytes.
        unsafe chunk.withUnsafeBytes { source in
            guard let start = source.baseAddress, let target = unsafe received.baseAddress else {
                return
            }
            unsafe Masking.apply(
                maskingKey, from: start, to: UnsafeMutableRawPointer(target), byteCount: count)
        }
        // Nothing else writes to `received` while `body` runs.
        body(unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: received[..<count])))
    }

    /// The shared decompressor, fresh; nil where there is no memory for one.
    func takeInflater() -> InflateStream? {
        if let stream = inflater.take() { return stream }
        // RFC 7692 §7.1.2.2: a window of 15 bits reads what any smaller one wrote.
        return InflateStream(windowBits: 15)
    }

    /// Gives the shared decompressor back.
    func returnInflater(_ stream: consuming InflateStream) {
        stream.reset()
        inflater = consume stream
    }

    /// Compresses one message on its own to ``compressed``.
    /// - Returns: false where that is not possible: send it as it is.
    func compressAlone(_ message: Span<UInt8>, windowBits: Int) -> Bool {
        let index = windowBits - 9
        guard (0..<7).contains(index) else { return false }
        if deflaters[index] == nil {
            deflaters[index] = DeflateStream(windowBits: windowBits, settings: compression)
        }
        emptyCompressed()
        deflaters[index]?.reset()
        return deflaters[index]?.compress(message, into: &compressed) ?? false
    }

    /// Empties ``compressed``; gives its memory back where a huge message has made it huge.
    func emptyCompressed() {
        compressed.removeAll(keepingCapacity: compressed.capacity <= 1 << 20)
    }
}
