/// The offset of the first byte in `range` that no well-formed UTF-8 has there, or nil.
///
/// Overlong forms, surrogates and what is above U+10FFFF are not well-formed (Unicode 16.0, table
/// 3-7). A sequence that the end cuts short is reported at its first byte. `range` is inside `bytes`.
func firstInvalidUTF8(_ bytes: Span<UInt8>, in range: Range<Int>) -> Int? {
    var index = range.lowerBound
    let end = range.upperBound
    while index < end {
        let lead = bytes[index]
        if lead < 0x80 {
            index &+= 1
            continue
        }
        let continuations: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF:
            continuations = 1
        case 0xE0...0xEF:
            continuations = 2
            if lead == 0xE0 { second = 0xA0...0xBF }
            if lead == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            continuations = 3
            if lead == 0xF0 { second = 0x90...0xBF }
            if lead == 0xF4 { second = 0x80...0x8F }
        default:
            return index
        }
        guard end &- index > continuations else { return index }
        guard second.contains(bytes[index &+ 1]) else { return index &+ 1 }
        for offset in 1..<(continuations &+ 1) where bytes[index &+ offset] & 0xC0 != 0x80 {
            return index &+ offset
        }
        index &+= continuations &+ 1
    }
    return nil
}
