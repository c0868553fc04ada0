/// Masking of payloads (RFC 6455 §5.3), a machine word at a time.
///
/// A key is held as the 32-bit number whose bytes in memory are those of the wire, so that words
/// are combined without regard to the machine's byte order.
package enum Masking {
    /// The key with these four bytes, in wire order.
    package static func key(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt32 {
        let littleEndian =
            UInt32(a) | UInt32(b) << 8 | UInt32(c) << 16 | UInt32(d) << 24
        return UInt32(littleEndian: littleEndian)
    }

    /// The key as it applies `byteCount` bytes further on.
    package static func rotated(_ key: UInt32, byByteCount byteCount: Int) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: byteCount & 3) &* 8
        if bits == 0 { return key }
        let littleEndian = key.littleEndian
        return UInt32(littleEndian: littleEndian >> bits | littleEndian << (32 &- bits))
    }

    /// Copies `source` to `destination` and masks or unmasks it on the way.
    ///
    /// RFC 6455 §5.3: octet i of the result is octet i of the source XOR octet i MOD 4 of the key.
    /// `source` and `destination` are the same memory or do not overlap; neither needs alignment.
    /// - Returns: The key for the bytes that follow.
    @unsafe
    @discardableResult
    static func apply(
        _ key: UInt32, from source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer,
        byteCount: Int
    ) -> UInt32 {
        let word = UInt64(key) << 32 | UInt64(key)
        let pair = SIMD2<UInt64>(repeating: word)
        var offset = 0
        while offset &+ 64 <= byteCount {
            // Four vectors in flight; loads before stores, since the memory may be the same.
            let a = unsafe source.loadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
            let b = unsafe source.loadUnaligned(
                fromByteOffset: offset &+ 16, as: SIMD2<UInt64>.self)
            let c = unsafe source.loadUnaligned(
                fromByteOffset: offset &+ 32, as: SIMD2<UInt64>.self)
            let d = unsafe source.loadUnaligned(
                fromByteOffset: offset &+ 48, as: SIMD2<UInt64>.self)
            unsafe destination.storeBytes(
                of: a ^ pair, toByteOffset: offset, as: SIMD2<UInt64>.self)
            unsafe destination.storeBytes(
                of: b ^ pair, toByteOffset: offset &+ 16, as: SIMD2<UInt64>.self)
            unsafe destination.storeBytes(
                of: c ^ pair, toByteOffset: offset &+ 32, as: SIMD2<UInt64>.self)
            unsafe destination.storeBytes(
                of: d ^ pair, toByteOffset: offset &+ 48, as: SIMD2<UInt64>.self)
            offset &+= 64
        }
        while offset &+ 8 <= byteCount {
            let value = unsafe source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            unsafe destination.storeBytes(
                of: value ^ word, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        if offset &+ 4 <= byteCount {
            let value = unsafe source.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            unsafe destination.storeBytes(of: value ^ key, toByteOffset: offset, as: UInt32.self)
            offset &+= 4
        }
        var rest = key.littleEndian
        while offset < byteCount {
            let value = unsafe source.load(fromByteOffset: offset, as: UInt8.self)
            let masked = value ^ UInt8(truncatingIfNeeded: rest)
            unsafe destination.storeBytes(of: masked, toByteOffset: offset, as: UInt8.self)
            rest >>= 8
            offset &+= 1
        }
        return rotated(key, byByteCount: byteCount)
    }

    /// Masks or unmasks `bytes[range]` in place; the key's first byte applies to the range's first.
    /// - Returns: The key for the bytes that follow.
    @discardableResult
    package static func apply(
        _ key: UInt32, to bytes: inout [UInt8], in range: Range<Int>
    ) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        return unsafe bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return key }
            // The range was checked above against this very buffer.
            let start = unsafe base + range.lowerBound
            return unsafe apply(
                key, from: UnsafeRawPointer(start), to: start, byteCount: range.count)
        }
    }
}
