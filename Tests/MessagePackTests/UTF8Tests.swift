import MessagePack
import Testing

@Suite("UTF-8 of strings")
struct UTF8Tests {
    /// The bytes at which the rules for what follows change.
    private static let leads: [UInt8] = [
        0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0,
        0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    /// The bytes at which the ranges of second and further bytes begin and end.
    private static let followers: [UInt8] = [
        0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xF0,
    ]

    @Test("All sequences of one and two bytes are judged as the standard library does")
    func short() {
        for first in UInt8.min...UInt8.max {
            expectAgreement([first])
            for second in UInt8.min...UInt8.max { expectAgreement([first, second]) }
        }
    }

    @Test("All sequences of three and four edge bytes are judged as the standard library does")
    func long() {
        for first in Self.leads {
            for second in Self.followers {
                for third in Self.followers {
                    expectAgreement([first, second, third])
                    for fourth in Self.followers {
                        expectAgreement([first, second, third, fourth])
                    }
                }
            }
        }
    }

    @Test("The first bad byte is named")
    func position() {
        #expect(verdict([0xA3, 0x61, 0xC0, 0x80]) == .invalidUTF8(at: 2))
        #expect(verdict([0xA3, 0xED, 0xA0, 0x80]) == .invalidUTF8(at: 2))
        #expect(verdict([0xA4, 0xF0, 0x9F, 0x9A, 0x41]) == .invalidUTF8(at: 4))
        // Cut short by the string's end, whatever stands behind that.
        #expect(verdict([0x92, 0xA1, 0xC3, 0xA1, 0x61]) == .invalidUTF8(at: 2))
    }

    private func expectAgreement(_ text: [UInt8]) {
        let isValid = String(validating: text, as: UTF8.self) != nil
        let verdict = verdict([0xA0 | UInt8(text.count)] + text)
        if isValid {
            if verdict != nil { Issue.record("refused: \(text)") }
        } else {
            guard case .invalidUTF8 = verdict else {
                Issue.record("accepted: \(text)")
                return
            }
        }
    }
}
