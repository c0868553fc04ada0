/// Numbers as recordings write them: LEB128, and zigzag for signed ones.
///
/// LEB128 has seven bits to an octet, the lowest first, and the top bit set where more follow;
/// zigzag maps 0, −1, 1, −2 … to 0, 1, 2, 3 ….
extension [UInt8] {
    /// Appends an unsigned number: 1 to 10 octets.
    mutating func appendNumber(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a count or a position.
    mutating func appendNumber(_ number: Int) {
        appendNumber(UInt64(clamping: number))
    }

    /// Appends a signed number: 1 to 5 octets.
    mutating func appendDifference(_ number: Int32) {
        let folded = UInt32(bitPattern: (number &<< 1) ^ (number &>> 31))
        appendNumber(UInt64(folded))
    }

    /// Appends eight octets, the lowest first.
    mutating func appendWord(_ word: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            append(UInt8(truncatingIfNeeded: word &>> UInt64(shift)))
        }
    }

    /// Appends a text: its count of octets, and then those of its UTF-8.
    mutating func appendText(_ text: String) {
        let bytes = Array(text.utf8)
        appendNumber(bytes.count)
        append(contentsOf: bytes)
    }
}

/// A bounded walk over octets that anybody may have written.
struct ByteReader {
    /// What is walked over.
    let bytes: [UInt8]
    /// The next octet.
    private(set) var position: Int
    /// Behind the last octet.
    let end: Int

    /// Walks over all of `bytes`, or from `position` on.
    init(_ bytes: [UInt8], position: Int = 0) {
        self.bytes = bytes
        self.position = min(max(position, 0), bytes.count)
        end = bytes.count
    }

    /// Whether nothing is left.
    var isAtEnd: Bool { position >= end }

    /// The next octet without taking it, or nil.
    var peeked: UInt8? { position < end ? bytes[position] : nil }

    /// Takes an octet.
    mutating func byte() throws(RecordingError) -> UInt8 {
        guard position < end else { throw .malformed }
        position += 1
        return bytes[position - 1]
    }

    /// Takes an unsigned number of at most `limit`.
    mutating func number(max limit: UInt64 = .max) throws(RecordingError) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            let bits = UInt64(next & 0x7F)
            guard shift < 64, (bits &<< shift) &>> shift == bits else { throw .malformed }
            number |= bits &<< shift
            if next & 0x80 == 0 {
                // The shortest form only: one way to say a thing.
                guard next != 0 || shift == 0, number <= limit else { throw .malformed }
                return number
            }
            shift += 7
        }
    }

    /// Takes a count of at most `limit`.
    mutating func count(max limit: Int) throws(RecordingError) -> Int {
        Int(truncatingIfNeeded: try number(max: UInt64(max(limit, 0))))
    }

    /// Takes a signed number.
    mutating func difference() throws(RecordingError) -> Int32 {
        let folded = UInt32(truncatingIfNeeded: try number(max: UInt64(UInt32.max)))
        return Int32(bitPattern: (folded &>> 1) ^ (0 &- (folded & 1)))
    }

    /// Takes eight octets.
    mutating func word() throws(RecordingError) -> UInt64 {
        guard end - position >= 8 else { throw .malformed }
        var word: UInt64 = 0
        for offset in 0..<8 {
            word |= UInt64(bytes[position + offset]) &<< UInt64(8 * offset)
        }
        position += 8
        return word
    }

    /// Takes a text of at most `limit` octets; no octet of it may be a control.
    mutating func text(max limit: Int) throws(RecordingError) -> String {
        let count = try count(max: limit)
        guard end - position >= count else { throw .malformed }
        let part = bytes[position..<(position + count)]
        position += count
        guard let text = String(validating: part, as: UTF8.self),
            // Texts are shown on terminals, which obey controls of both sets.
            !text.unicodeScalars.contains(where: {
                $0.value < 0x20 || (0x7F...0x9F).contains($0.value)
            })
        else { throw .malformed }
        return text
    }

    /// Passes over octets.
    mutating func skip(_ count: Int) throws(RecordingError) {
        guard count >= 0, end - position >= count else { throw .malformed }
        position += count
    }
}
