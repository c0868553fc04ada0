import GameProtocol
import Hyoshi
import MessagePack
import Replication
import Testing

@Suite struct ClientMessageTests {
    private func decode(
        _ bytes: [UInt8], inputFieldCount: Int = 2
    ) throws(ProtocolError) -> ClientMessage {
        var values: [Int32] = []
        return try ClientMessage.decode(
            bytes.span, inputFieldCount: inputFieldCount, values: &values)
    }

    private func hello(name: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x93, 0x01, 0x01]
        MessagePackWriter.writeString(name.span, into: &bytes)
        return bytes
    }

    @Test func anotherVersionIsRefusedBeforeTheRestIsRead() {
        #expect(throws: ProtocolError.versionNotSupported(2)) { try decode([0x92, 0x01, 0x02]) }
        #expect(throws: ProtocolError.versionNotSupported(0)) {
            try decode([0x93, 0x01, 0x00, 0xC3])
        }
        #expect(ProtocolError.versionNotSupported(2).closeCode == .versionNotSupported)
    }

    @Test func unknownTypesAreRefused() {
        #expect(throws: ProtocolError.unknownType(0)) { try decode([0x91, 0x00]) }
        #expect(throws: ProtocolError.unknownType(8)) { try decode([0x91, 0x08]) }
        #expect(ProtocolError.unknownType(8).closeCode == .malformedMessage)
        #expect(throws: ProtocolError.elementsMissing) { try decode([0x90]) }
    }

    @Test(arguments: [
        "", "a", "Zoë", "日本語", "👩‍🚀", String(repeating: "x", count: 24),
        String(repeating: "日", count: 24),
    ])
    func namesThatAreAllowed(_ name: String) throws {
        let bytes = hello(name: Array(name.utf8))
        guard case .hello(let hello) = try decode(bytes) else {
            Issue.record("not a hello")
            return
        }
        #expect(hello.name(in: bytes.span) == name)
    }

    @Test(arguments: [
        "\u{0}", "a\nb", "\u{7F}", "\u{85}", "\u{200B}", "\u{200E}", "\u{202E}gnp", "\u{2066}",
        "\u{FEFF}", "\u{61C}", "\u{2028}", "\u{E0041}", String(repeating: "x", count: 25),
        String(repeating: "e\u{301}", count: 13),
    ])
    func namesThatAreNotAllowed(_ name: String) {
        #expect(throws: ProtocolError.nameNotAllowed) {
            try decode(hello(name: Array(name.utf8)))
        }
        #expect(ProtocolError.nameNotAllowed.closeCode == .policy)
    }

    @Test func namesThatAreTooLongOrNotText() {
        let long = Array(repeating: UInt8(ascii: "x"), count: 97)
        #expect(throws: ProtocolError.malformed(.tooLong(byteCount: 97, limit: 96, at: 3))) {
            try decode(hello(name: long))
        }
        #expect(throws: ProtocolError.malformed(.invalidUTF8(at: 4))) {
            try decode(hello(name: [0xC0, 0x80]))
        }
        #expect(throws: ProtocolError.self) { try decode([0x93, 0x01, 0x01, 0xC4, 0x01, 0x61]) }
    }

    @Test func rolesAndTokensOutsideTheirRangeAreRefused() {
        #expect(throws: ProtocolError.valueOutOfRange) {
            try decode([0x94, 0x01, 0x01, 0xA0, 0x02])
        }
        #expect(throws: ProtocolError.tokenLength) {
            try decode([0x95, 0x01, 0x01, 0xA0, 0x00, 0xC4, 0x02, 0x01, 0x02])
        }
        #expect(throws: Never.self) { try decode([0x95, 0x01, 0x01, 0xA0, 0x00, 0xC0]) }
    }

    @Test(arguments: [0, 1, 3, 18])
    func inputsOfBrokenCommandsAreRefused(_ valueCount: Int) {
        var bytes: [UInt8] = [0x95, 0x02, 0x01, 0x09, 0x00]
        MessagePackWriter.writeArrayHeader(valueCount, into: &bytes)
        bytes += Array(repeating: 0, count: valueCount)
        #expect(throws: ProtocolError.commandCount) { try decode(bytes) }
    }

    @Test func severalCommandsNeedATick() throws {
        #expect(throws: ProtocolError.commandCount) {
            try decode([0x95, 0x02, 0x01, 0x00, 0x00, 0x94, 0x01, 0x00, 0x01, 0x00])
        }
        let message = try decode([0x95, 0x02, 0x01, 0x05, 0x00, 0x94, 0x01, 0x00, 0x01, 0x00])
        guard case .input(let input) = message else {
            Issue.record("not an input")
            return
        }
        #expect(input.commandCount == 2)
        #expect(input.tick(ofCommand: 0) == Tick(5))
        #expect(input.tick(ofCommand: 1) == Tick(4))
        #expect(input.tick(ofCommand: 7) == .zero)
    }

    @Test func inputNumbersAreThirtyTwoBits() throws {
        var values: [Int32] = []
        var bytes: [UInt8] = []
        let extremes: [Int32] = [.min, .max]
        ClientMessageWriter.input(
            sequence: .max, tick: Tick(.max), acknowledged: Tick(.max), values: extremes.span,
            into: &bytes)
        let message = try ClientMessage.decode(bytes.span, inputFieldCount: 2, values: &values)
        #expect(
            message
                == .input(
                    ClientInput(
                        sequence: .max, tick: Tick(.max), acknowledged: Tick(.max),
                        commandCount: 1)))
        #expect(Array(values.prefix(2)) == extremes)
        #expect(throws: ProtocolError.self) {
            try decode([0x95, 0x02, 0x01, 0x00, 0x00, 0x92, 0xCE, 0x80, 0, 0, 0, 0x00])
        }
        #expect(throws: ProtocolError.self) {
            try decode([0x95, 0x02, 0xCE, 0, 1, 0, 0, 0x00, 0x00, 0x92, 0x00, 0x00])
        }
    }

    @Test func theBufferForValuesIsTakenOnce() throws {
        var values: [Int32] = []
        let bytes: [UInt8] = [0x95, 0x02, 0x01, 0x00, 0x00, 0x92, 0x01, 0x00]
        _ = try ClientMessage.decode(bytes.span, inputFieldCount: 2, values: &values)
        #expect(values.count == 16)
        let tail = try Examples.client().first { $0.name == "input-tail" }?.bytes ?? []
        _ = try ClientMessage.decode(tail.span, inputFieldCount: 2, values: &values)
        #expect(values.count == 16)
    }

    @Test func eventsNeedAnIdAScopeAndATarget() {
        #expect(throws: ProtocolError.valueOutOfRange) {
            try decode([0x95, 0x04, 0x00, 0x00, 0xC0, 0xA0])
        }
        #expect(throws: ProtocolError.valueOutOfRange) {
            try decode([0x95, 0x04, 0x01, 0x02, 0xC0, 0xA0])
        }
        #expect(throws: ProtocolError.targetMissing) {
            try decode([0x95, 0x04, 0x01, 0x01, 0xC0, 0xA0])
        }
        #expect(throws: ProtocolError.valueOutOfRange) {
            try decode([0x95, 0x04, 0x01, 0x01, 0x40, 0xA0])
        }
        #expect(throws: ProtocolError.self) {
            try decode([0x95, 0x04, 0x01, 0x00, 0xC0, 0x05])
        }
    }

    @Test func payloadsHaveALimit() throws {
        for (count, isText) in [(512, true), (512, false), (513, true), (513, false)] {
            let payload = Array(repeating: UInt8(ascii: "p"), count: count)
            var bytes: [UInt8] = []
            ClientMessageWriter.event(
                id: 1, target: nil, payload: payload.span, isText: isText, into: &bytes)
            if count == 512 {
                #expect(throws: Never.self) { try decode(bytes) }
            } else {
                do {
                    _ = try decode(bytes)
                    Issue.record("513 bytes were taken")
                } catch { #expect(error.closeCode == .tooBig) }
            }
        }
    }

    @Test func stampsEndAtTwoToTheFiftyThird() throws {
        for (stamp, isAllowed) in [(UInt64(1) << 53, true), ((1 << 53) + 1, false)] {
            var bytes: [UInt8] = []
            ClientMessageWriter.ping(stamp: stamp, into: &bytes)
            if isAllowed {
                #expect(try decode(bytes) == .ping(stamp: stamp))
            } else {
                #expect(throws: ProtocolError.valueOutOfRange) { try decode(bytes) }
            }
        }
    }

    @Test func tokensAreComparedByAllBits() {
        let token = ExampleGame.token
        #expect(token == ResumptionToken(high: token.high, low: token.low))
        for bit in 0..<64 {
            #expect(token != ResumptionToken(high: token.high ^ 1 << UInt64(bit), low: token.low))
            #expect(token != ResumptionToken(high: token.high, low: token.low ^ 1 << UInt64(bit)))
        }
        #expect(ResumptionToken(token.bytes.span) == token)
    }
}
