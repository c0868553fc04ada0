/// Reads one MessagePack message, value by value, from bytes that may be hostile.
///
/// The reader holds a position; the bytes come with each call and are the same ones from the first
/// call to ``finish(_:)``. It takes no memory from the heap. Whatever the bytes say:
/// - what a container declares is judged before its values are read, against the bytes that remain
///   (with what the containers around it still owe) and against one budget for the whole message;
/// - containers are nested at most as deep as the limits allow, and nothing recurses;
/// - extension types, floats that are not finite, strings that are not UTF-8 and maps in which a key
///   stands twice are refused;
/// - ``finish(_:)`` demands that exactly one value was there and nothing behind it.
///
/// Integers, counts and lengths in a wider form than they need are accepted, since other encoders
/// write those. After an error the reader's state is unspecified: drop it.
package struct MessagePackReader: ~Copyable {
    /// The offset of the next value's first byte.
    var position: Int
    /// Values that the open containers declared and that were not read; 1 before the message's value.
    var owed = 1
    /// How many more values the message may declare.
    private var elementsLeft: Int
    /// Containers around the next value, of which some may be read to their end.
    private var depth = 0
    /// For each of those, what is owed outside of it.
    private var owedOutside: [16 of Int32] = .init(repeating: 0)
    private let limits: MessagePackLimits

    /// Makes a reader of the message that begins with the first byte.
    package init(limits: MessagePackLimits) {
        self.init(at: 0, limits: limits)
    }

    /// Makes a reader of the message that begins at `offset`, which is not negative.
    package init(at offset: Int, limits: MessagePackLimits) {
        precondition(offset >= 0, "an offset is not negative")
        self.position = offset
        self.limits = limits
        self.elementsLeft = limits.elementsMax &- 1
    }

    /// The offset of the next value's first byte.
    package var offset: Int { position }

    /// The kind of the next value, which stays unread.
    package func peekKind(_ bytes: Span<UInt8>) throws(MessagePackError) -> MessagePackKind {
        guard owed > 0 else { throw .noValueLeft(at: position) }
        return try MessagePackHead.read(bytes, at: position).kind
    }

    /// Reads the header of an array and returns how many values follow, which the caller reads next.
    package mutating func readArrayHeader(_ bytes: Span<UInt8>) throws(MessagePackError) -> Int {
        let head = try readHead(bytes, expecting: .array)
        return try open(head, bytes)
    }

    /// Reads the header of a map and returns how many pairs follow, each a key and a value.
    ///
    /// The keys are all judged here: each is a string or an integer and none stands twice. That
    /// walks the map's bytes once; see ``validate(_:limits:)`` for what it costs in the worst case.
    package mutating func readMapHeader(_ bytes: Span<UInt8>) throws(MessagePackError) -> Int {
        let head = try readHead(bytes, expecting: .map)
        return try open(head, bytes) / 2
    }

    /// Reads a float of either width, or an integer that a double holds exactly.
    ///
    /// Integers are taken because encoders of languages with one number type write 2.0 as 2.
    package mutating func readDouble(_ bytes: Span<UInt8>) throws(MessagePackError) -> Double {
        let start = position
        guard try peekKind(bytes) == .integer else {
            return Double(bitPattern: try readHead(bytes, expecting: .float).bits)
        }
        let integer = try readHead(bytes, expecting: .integer)
        let value =
            integer.isNegative
            ? Double(exactly: Int64(bitPattern: integer.bits)) : Double(exactly: integer.bits)
        guard let value else { throw .integerOutOfRange(at: start) }
        return value
    }

    /// Reads true or false.
    package mutating func readBool(_ bytes: Span<UInt8>) throws(MessagePackError) -> Bool {
        try readHead(bytes, expecting: .bool).bits != 0
    }

    /// Reads nil if it is the next value; otherwise reads nothing and returns false.
    package mutating func readNil(_ bytes: Span<UInt8>) throws(MessagePackError) -> Bool {
        guard try peekKind(bytes) == .null else { return false }
        _ = try readHead(bytes, expecting: .null)
        return true
    }

    /// Reads a string of at most `byteCountMax` bytes and returns where its UTF-8 stands.
    package mutating func readStringRange(
        _ bytes: Span<UInt8>, byteCountMax: Int
    ) throws(MessagePackError) -> Range<Int> {
        let range = try readContent(bytes, expecting: .string, byteCountMax: byteCountMax)
        if let invalid = firstInvalidUTF8(bytes, in: range) { throw .invalidUTF8(at: invalid) }
        return range
    }

    /// Reads a string of at most `byteCountMax` bytes; one of more than 15 takes memory from the heap.
    package mutating func readString(
        _ bytes: Span<UInt8>, byteCountMax: Int
    ) throws(MessagePackError) -> String {
        let range = try readStringRange(bytes, byteCountMax: byteCountMax)
        // The buffer has room for as many bytes as the range has, and each is written.
        return unsafe String(unsafeUninitializedCapacity: range.count) { buffer in
            for index in 0..<range.count {
                unsafe buffer[index] = bytes[range.lowerBound &+ index]
            }
            return range.count
        }
    }

    /// Reads a binary of at most `byteCountMax` bytes and returns where they stand.
    package mutating func readBinaryRange(
        _ bytes: Span<UInt8>, byteCountMax: Int
    ) throws(MessagePackError) -> Range<Int> {
        try readContent(bytes, expecting: .binary, byteCountMax: byteCountMax)
    }

    /// Ends the message: every declared value was read and no byte is left.
    package consuming func finish(_ bytes: Span<UInt8>) throws(MessagePackError) {
        guard owed == 0 else { throw .valuesUnread(count: owed, at: position) }
        guard position == bytes.count else {
            throw .trailingBytes(count: bytes.count &- position, at: position)
        }
    }

    /// Reads and forgets one value with all that is in it, as strictly as if it were read.
    package mutating func skipValue(_ bytes: Span<UInt8>) throws(MessagePackError) {
        let owedAfter = owed &- 1
        repeat {
            let head = try nextHead(bytes)
            switch head.kind {
            case .array, .map:
                _ = try open(head, bytes)
            case .string, .binary:
                position = try head.contentEnd(bytes)
                if head.kind == .string,
                    let invalid = firstInvalidUTF8(bytes, in: head.end..<position)
                {
                    throw .invalidUTF8(at: invalid)
                }
            case .null, .bool, .integer, .float:
                break
            }
        } while owed > owedAfter
    }

    /// Judges a whole message: exactly one value, which the reader would accept.
    ///
    /// Time is at most proportional to `depthMax` times the byte count, plus the comparison of keys:
    /// the keys of a map are judged at its header by a walk over the map that does not look into nested
    /// maps, and each level of nesting adds one such walk. Within a map each key is compared
    /// with each before it, by length and fingerprint and only then by content: at most
    /// `mapPairsMax` times the bytes of its keys. Nothing is allocated.
    package static func validate(
        _ bytes: Span<UInt8>, limits: MessagePackLimits
    ) throws(MessagePackError) {
        var reader = MessagePackReader(limits: limits)
        try reader.skipValue(bytes)
        try reader.finish(bytes)
    }

    /// Reads a head of any kind; the position is behind it then.
    private mutating func nextHead(
        _ bytes: Span<UInt8>
    ) throws(MessagePackError) -> MessagePackHead {
        guard owed > 0 else { throw .noValueLeft(at: position) }
        let head = try MessagePackHead.read(bytes, at: position)
        position = head.end
        owed &-= 1
        return head
    }

    /// Reads a head of one kind.
    private mutating func readHead(
        _ bytes: Span<UInt8>, expecting kind: MessagePackKind
    ) throws(MessagePackError) -> MessagePackHead {
        let head = try nextHead(bytes)
        guard head.kind == kind else {
            throw .unexpectedKind(expected: kind, found: head.kind, at: head.start)
        }
        return head
    }

    /// Reads a string or a binary and returns where its bytes stand.
    private mutating func readContent(
        _ bytes: Span<UInt8>, expecting kind: MessagePackKind, byteCountMax: Int
    ) throws(MessagePackError) -> Range<Int> {
        let head = try readHead(bytes, expecting: kind)
        guard head.bits <= UInt64(max(byteCountMax, 0)) else {
            throw .tooLong(byteCount: head.bits, limit: byteCountMax, at: head.start)
        }
        position = try head.contentEnd(bytes)
        return head.end..<position
    }

    /// Enters the container whose head was just read and returns how many values it holds directly.
    private mutating func open(
        _ head: MessagePackHead, _ bytes: Span<UInt8>
    ) throws(MessagePackError) -> Int {
        let start = head.start
        let available = bytes.count &- position
        // Each value takes a byte: no two containers may count on the same ones.
        let needed = head.childCount &+ UInt64(owed)
        guard needed <= UInt64(available) else {
            throw .truncated(needed: needed, available: available, at: start)
        }
        let childCount = Int(head.childCount)
        // This container is not owed any more; if it was among what is owed outside, the others ended.
        while depth > 0, owed < Int(owedOutside[depth &- 1]) { depth &-= 1 }
        guard depth < limits.depthMax else { throw .tooDeep(limit: limits.depthMax, at: start) }
        guard childCount <= elementsLeft else {
            throw .tooManyElements(limit: limits.elementsMax, at: start)
        }
        elementsLeft &-= childCount
        owedOutside[depth] = Int32(truncatingIfNeeded: owed)
        depth &+= 1
        owed &+= childCount
        if head.kind == .map {
            try checkKeys(bytes, of: head, limit: limits.mapPairsMax)
        }
        return childCount
    }
}
