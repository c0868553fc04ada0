/// What the bytes of a value stand for, as its first byte says.
package enum MessagePackKind: UInt8, Sendable {
    /// Nil.
    case null
    /// True or false.
    case bool
    /// An integer of any width and sign.
    case integer
    /// A float of 32 or 64 bits.
    case float
    /// A string, UTF-8.
    case string
    /// Bytes.
    case binary
    /// An array of values.
    case array
    /// A map of keys to values.
    case map
}

/// Why bytes are not one acceptable MessagePack value.
///
/// Each case says what was found and at which byte: `at` is the offset of the first byte of the value
/// at fault in the span that was read. The peer is at fault in every case, but for
/// ``noValueLeft(at:)`` and ``valuesUnread(count:at:)``, which a reading program causes when it does
/// not compare a container's count with what it reads.
package enum MessagePackError: Error, Equatable, Sendable {
    /// The value at `at` needs at least `needed` more bytes than its head, and `available` remain.
    ///
    /// Either the message is cut short, or it declares more than it holds. Every value takes at least
    /// one byte, so the values that a container declares, together with those that the containers
    /// around it still owe, are judged against the bytes that remain.
    case truncated(needed: UInt64, available: Int, at: Int)
    /// More values than `limit` in the whole message, containers and keys counted.
    case tooManyElements(limit: Int, at: Int)
    /// A container inside `limit` others.
    case tooDeep(limit: Int, at: Int)
    /// A value of another kind than the program expects.
    case unexpectedKind(expected: MessagePackKind, found: MessagePackKind, at: Int)
    /// An extension type (or timestamp), of which no message of ours has any.
    case extensionType(format: UInt8, at: Int)
    /// The byte 0xc1, which MessagePack never uses.
    case reservedFormat(at: Int)
    /// An integer that the type asked for cannot hold.
    case integerOutOfRange(at: Int)
    /// A float that is infinite or not a number.
    case notFinite(at: Int)
    /// A string or binary of more than `limit` bytes.
    case tooLong(byteCount: UInt64, limit: Int, at: Int)
    /// A string that is not UTF-8; `at` is its first bad byte.
    case invalidUTF8(at: Int)
    /// A key that its map already holds; `at` is the second one.
    case duplicateKey(at: Int)
    /// A key that is neither a string nor an integer.
    case unsupportedKey(found: MessagePackKind, at: Int)
    /// A map with more keys than `limit`.
    case tooManyKeys(count: UInt64, limit: Int, at: Int)
    /// Bytes after the value.
    case trailingBytes(count: Int, at: Int)
    /// A read beyond the values that the containers declared.
    case noValueLeft(at: Int)
    /// An end of reading with `count` declared values not read.
    case valuesUnread(count: Int, at: Int)
}
