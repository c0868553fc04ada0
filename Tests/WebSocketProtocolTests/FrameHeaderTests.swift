import Testing
import WebSocketProtocol

@Suite struct FrameHeaderTests {
    private func decode(
        _ bytes: [UInt8], role: Role = .server, acceptsCompression: Bool = false
    ) -> FrameHeader.Outcome {
        FrameHeader.decode(bytes.span, at: 0, role: role, acceptsCompression: acceptsCompression)
    }

    @Test func examplesOfTheRFC() {
        // RFC 6455 §5.7: a single-frame masked text message "Hello".
        let masked: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(
            decode(masked)
                == .header(
                    FrameHeader(
                        opcode: .text, isFinal: true, isCompressed: false, payloadByteCount: 5,
                        maskingKey: testMaskingKey, headerByteCount: 6)))
        // 64 KiB of binary in one unmasked frame.
        #expect(
            decode([0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0], role: .client)
                == .header(
                    FrameHeader(
                        opcode: .binary, isFinal: true, isCompressed: false,
                        payloadByteCount: 65_536, maskingKey: 0, headerByteCount: 10)))
    }

    @Test func everyFirstTwoBytes() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                for acceptsCompression in [false, true] {
                    check(first, second, acceptsCompression)
                }
            }
        }
    }

    /// The rules of RFC 6455 §5.2 in the order in which they are to be judged.
    private func check(_ first: UInt8, _ second: UInt8, _ acceptsCompression: Bool) {
        let outcome = decode(
            [first, second] + [UInt8](repeating: 0, count: 12),
            acceptsCompression: acceptsCompression)
        let opcode = first & 15
        let length = second & 127
        let lawfulReserved: [UInt8] =
            acceptsCompression && (opcode == 1 || opcode == 2) ? [0, 0x40] : [0]
        if ![0, 1, 2, 8, 9, 10].contains(opcode) {
            #expect(outcome == .violation(.reservedOpcode))
        } else if !lawfulReserved.contains(first & 0x70) {
            #expect(outcome == .violation(.reservedBits))
        } else if second < 128 {
            #expect(outcome == .violation(.maskMissing))
        } else if opcode >= 8, first < 128 {
            #expect(outcome == .violation(.controlFrameFragmented))
        } else if opcode >= 8, length > 125 {
            #expect(outcome == .violation(.controlFrameTooLong))
        } else if length > 125 {
            #expect(outcome == .violation(.lengthNotMinimal))  // the length is 0
        } else if case .header(let header) = outcome {
            #expect(header.opcode.rawValue == opcode && header.payloadByteCount == Int(length))
            #expect(header.isFinal == (first >= 128) && header.headerByteCount == 6)
            #expect(header.isCompressed == (first & 0x40 != 0))
        } else {
            Issue.record("\(first) \(second): \(outcome)")
        }
    }

    @Test func lengths() {
        func outcome(_ extra: Int, _ length: UInt64) -> FrameHeader.Outcome {
            var writer = FrameWriter()
            writer.lengthByteCount = extra
            return decode(writer.header(2, payloadByteCount: length) + [1, 2, 3, 4])
        }
        func count(_ extra: Int, _ length: UInt64) -> Int? {
            guard case .header(let header) = outcome(extra, length) else { return nil }
            return header.payloadByteCount
        }
        #expect(count(0, 125) == 125)
        #expect(outcome(2, 125) == .violation(.lengthNotMinimal))
        #expect(count(2, 126) == 126)
        #expect(count(2, 65_535) == 65_535)
        #expect(outcome(8, 65_535) == .violation(.lengthNotMinimal))
        #expect(count(8, 65_536) == 65_536)
        #expect(count(8, UInt64.max >> 1) == Int.max)
        #expect(outcome(8, 1 << 63) == .violation(.lengthTopBitSet))
        #expect(outcome(8, .max) == .violation(.lengthTopBitSet))
    }

    @Test func everyStrictPrefixOfAGoodHeaderIsIncomplete() {
        for length: UInt64 in [0, 125, 126, 65_535, 65_536, 1 << 40] {
            let header = FrameWriter().header(1, payloadByteCount: length) + [1, 2, 3, 4]
            for count in 0..<header.count {
                #expect(decode(Array(header.prefix(count))) == .incomplete)
            }
        }
    }

    @Test func badBytesFailAsSoonAsTheyAreThere() {
        #expect(decode([0x83, 0x80]) == .violation(.reservedOpcode))
        #expect(
            decode([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]) == .violation(.lengthTopBitSet))
        #expect(decode([0x82, 0xFE, 0, 125]) == .violation(.lengthNotMinimal))
        #expect(decode([0x81, 0x80], role: .client) == .violation(.maskUnexpected))
    }

    @Test func writtenHeadersAreCanonicalAndReadBack() {
        for count in [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 33] {
            var bytes: [UInt8] = []
            WebSocketFrame.appendServerHeader(
                .binary, isCompressed: false, payloadByteCount: count, into: &bytes)
            var writer = FrameWriter()
            writer.masked = false
            #expect(bytes == writer.header(2, payloadByteCount: UInt64(count)))
            #expect(
                bytes.count == WebSocketFrame.serverHeaderByteCount(payloadByteCount: count))
            guard case .header(let header) = decode(bytes, role: .client) else {
                Issue.record("\(count)")
                continue
            }
            #expect(header.payloadByteCount == count && header.opcode == .binary)
        }
    }
}
