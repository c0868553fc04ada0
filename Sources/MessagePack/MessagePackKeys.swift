/// A key that was met in a map, small enough to keep as many as a map may have on the stack.
private struct MetKey: BitwiseCopyable {
    /// What an integer's `byteCount` says instead, for one below zero and for the others.
    static let negative: Int32 = -2
    static let natural: Int32 = -1

    /// The integer itself, or FNV-1a of the string.
    var fingerprint: UInt64 = 0
    /// The offset of the string's first byte; 0 for an integer.
    var start: Int32 = 0
    /// The string's length, or one of the two numbers above.
    var byteCount: Int32 = 0
}

/// Judges the keys of the map whose head is `map`: strings or integers, each once.
///
/// Equal numbers and equal strings are equal keys, however wide their encodings are. Values are walked
/// over and not judged beyond what the walk needs.
/// - Throws: What is wrong with a key, or what keeps the walk from reaching one.
func checkKeys(
    _ bytes: Span<UInt8>, of map: MessagePackHead, limit: Int
) throws(MessagePackError) {
    guard map.bits <= UInt64(min(limit, MessagePackLimits.mapPairsCeiling)) else {
        throw .tooManyKeys(count: map.bits, limit: limit, at: map.start)
    }
    var met: [64 of MetKey] = .init(repeating: MetKey())
    var position = map.end
    for index in 0..<Int(map.bits) {
        let start = position
        let key = try readKey(bytes, at: &position)
        for earlier in 0..<index where areEqual(met[earlier], key, bytes) {
            throw .duplicateKey(at: start)
        }
        met[index] = key
        try walk(bytes, over: &position)
    }
}

/// Reads a key and moves `position` behind it.
private func readKey(
    _ bytes: Span<UInt8>, at position: inout Int
) throws(MessagePackError) -> MetKey {
    let start = position
    let head = try MessagePackHead.read(bytes, at: start)
    position = try head.contentEnd(bytes)
    switch head.kind {
    case .integer:
        return MetKey(
            fingerprint: head.bits,
            byteCount: head.isNegative ? MetKey.negative : MetKey.natural)
    case .string:
        // FNV-1a. Who makes two keys collide wins one comparison of their bytes.
        var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in head.end..<position {
            fingerprint = (fingerprint ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01B3
        }
        guard let keyStart = Int32(exactly: head.end), let end = Int32(exactly: position) else {
            throw .tooLong(byteCount: head.bits, limit: Int(Int32.max), at: start)
        }
        return MetKey(fingerprint: fingerprint, start: keyStart, byteCount: end &- keyStart)
    case .null, .bool, .float, .binary, .array, .map:
        throw .unsupportedKey(found: head.kind, at: start)
    }
}

private func areEqual(_ first: MetKey, _ second: MetKey, _ bytes: Span<UInt8>) -> Bool {
    guard first.fingerprint == second.fingerprint, first.byteCount == second.byteCount else {
        return false
    }
    guard first.byteCount > 0 else { return true }
    for index in 0..<Int(first.byteCount)
    where bytes[Int(first.start) &+ index] != bytes[Int(second.start) &+ index] {
        return false
    }
    return true
}

/// Moves `position` behind one value and all that is in it, without recursion.
private func walk(
    _ bytes: Span<UInt8>, over position: inout Int
) throws(MessagePackError) {
    var owed: UInt64 = 1
    repeat {
        let head = try MessagePackHead.read(bytes, at: position)
        position = try head.contentEnd(bytes)
        owed = owed &- 1 &+ head.childCount
        // Each value takes a byte.
        let available = bytes.count &- position
        guard owed <= UInt64(available) else {
            throw .truncated(needed: owed, available: available, at: head.start)
        }
    } while owed > 0
}
