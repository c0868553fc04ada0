import Testing
import WebSocketProtocol

@Suite struct UTF8ValidatorTests {
    /// nil: invalid at some byte; otherwise whether the text is complete.
    private func validate(_ bytes: [UInt8], segment: Int) -> Bool? {
        var validator = UTF8Validator()
        var offset = 0
        while offset < bytes.count {
            let end = min(bytes.count, offset + segment)
            guard validator.accept(bytes.span.extracting(offset..<end)) else { return nil }
            offset = end
        }
        return validator.isComplete
    }

    /// The standard library's own strict decoder as the reference.
    private func isValid(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    @Test func everyCodePoint() {
        for value: UInt32 in 0...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(String(scalar).utf8)
            if validate(bytes, segment: 4) != true { Issue.record("U+\(value)") }
        }
    }

    @Test func everySequenceOfUpToThreeInterestingBytes() {
        let interesting: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
            0xE1,
            0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFC, 0xFE, 0xFF,
        ]
        for a in interesting {
            for b in interesting {
                for c in interesting {
                    for bytes in [[a], [a, b], [a, b, c], [a, b, c, 0x80], [a, b, c, 0xBF]] {
                        let whole = validate(bytes, segment: 8)
                        if (whole == true) != isValid(bytes) { Issue.record("\(bytes)") }
                        if whole != validate(bytes, segment: 1) { Issue.record("\(bytes) cut") }
                    }
                }
            }
        }
    }

    @Test(
        arguments: [
            [0xC0], [0xC1], [0xE0, 0x9F], [0xED, 0xA0], [0xF0, 0x8F], [0xF4, 0x90],
            [0xF5], [0x80], [0xFF], [0xE2, 0x28], [0xF1, 0x80, 0xC0],
        ] as [[UInt8]])
    func failsAtTheFirstWrongByte(_ bytes: [UInt8]) {
        #expect(validate(bytes, segment: 1) == nil)
        #expect(validate(Array(bytes.dropLast()), segment: 1) != nil)
    }

    @Test func wrongByteAtEveryPlaceOfALongText() {
        let text = Array(String(repeating: "abcdefgh κόσμε €𐍈", count: 4).utf8)
        #expect(validate(text, segment: .max) == true)
        for index in text.indices {
            var bad = text
            bad[index] = 0xFF
            #expect(validate(bad, segment: .max) == nil)
            for segment in [1, 3, 8] { #expect(validate(bad, segment: segment) == nil) }
        }
    }

    @Test func randomBytesAgreeWithTheReference() {
        var prng = SplitMix64(state: 3)
        var validCount = 0
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<(prng.next() % 12) {
                // Mostly code points, now and then a damaged one.
                let value = UInt32(truncatingIfNeeded: prng.next() % 0x110000)
                guard let scalar = Unicode.Scalar(value) else { continue }
                bytes += Array(String(scalar).utf8)
            }
            if prng.next() % 2 == 0, !bytes.isEmpty {
                bytes[Int(prng.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: prng.next())
            }
            let expected = isValid(bytes)
            validCount += expected ? 1 : 0
            for segment in [1, 2, 5, 100] {
                #expect((validate(bytes, segment: segment) == true) == expected)
            }
        }
        #expect(validCount > 5_000 && validCount < 19_000)
    }
}
