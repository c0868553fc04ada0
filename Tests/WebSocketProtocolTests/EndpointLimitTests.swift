import Testing
import TransportInterface
import WebSocketProtocol

/// What hostile peers have sent to WebSocket servers, and what becomes of it.
@Suite struct EndpointLimitTests {
    let write = FrameWriter()
    let fragment = FrameWriter(fin: false)

    /// Feeds `wire` whole and byte by byte; expects this failure and this close code, nothing more.
    private func expectFailure(
        _ violation: ProtocolViolation, _ code: UInt16, _ wire: [UInt8],
        limits: WebSocketLimits = WebSocketLimits(), deflate: DeflateParameters? = nil,
        role: Role = .server, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for segment in [Int.max, 1] {
            let harness = Harness(role: role, limits: limits, deflate: deflate)
            let seen = harness.feed(wire, segment: segment)
            #expect(seen == [.failed(violation)], sourceLocation: sourceLocation)
            #expect(violation.closeCode.rawValue == code, sourceLocation: sourceLocation)
            #expect(harness.state == .closed, sourceLocation: sourceLocation)
            let close = harness.flush()
            if role == .server {
                #expect(
                    close == [0x88, 2, UInt8(code >> 8), UInt8(code & 0xFF)],
                    sourceLocation: sourceLocation)
            } else {
                #expect(close.count == 8, sourceLocation: sourceLocation)
            }
            #expect(harness.needsTransportClose, sourceLocation: sourceLocation)
            #expect(harness.feed(write(2, [1])) == [], sourceLocation: sourceLocation)
        }
    }

    @Test func topBitOfTheLength() {
        // CVE-2020-27813, CVE-2020-13935, swift-nio #3603: these ten bytes.
        expectFailure(.lengthTopBitSet, 1002, [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0])
        expectFailure(.lengthTopBitSet, 1002, [0x82, 0xFF] + [UInt8](repeating: 0xFF, count: 8))
    }

    @Test func tooBigFromTheHeaderAlone() {
        for length: UInt64 in [16_385, 1 << 31, 1 << 32, UInt64(Int.max)] {
            let header = write.header(2, payloadByteCount: length) + [1, 2, 3, 4]
            expectFailure(.frameTooBig, 1009, header)
        }
        let largest = [UInt8](repeating: 1, count: 16_384)
        #expect(Harness().feed(write(2, largest)) == [.binary(largest)])
    }

    @Test func opcodeIsJudgedBeforeTheLength() {
        // CVE-2026-19204: an unknown opcode skipped the check of the length.
        expectFailure(
            .reservedOpcode, 1002, write.header(3, payloadByteCount: 1 << 31) + [1, 2, 3, 4])
    }

    @Test func declaredLengthsTakeNoMemory() {
        // Half a terabyte is promised here; any allocation for it would end the process.
        let scratch = WebSocketScratch()
        let header = write.header(2, payloadByteCount: 32 << 20) + [1, 2, 3, 4]
        var waiting: [Harness] = []
        for _ in 0..<16_384 {
            let harness = Harness(limits: .conformance, scratch: scratch)
            #expect(harness.feed(header + [9]) == [])
            waiting.append(harness)
        }
        #expect(waiting.allSatisfy { $0.state == .open })
    }

    @Test func messageLimitCountsAllFragments() {
        // CVE-2014-0193, CVE-2026-63495.
        let piece = [UInt8](repeating: 0, count: 8_000)
        expectFailure(
            .messageTooBig, 1009, fragment(2, piece) + fragment(0, piece) + fragment(0, piece))
        let rest = [UInt8](repeating: 0, count: 384)
        #expect(
            Harness().feed(fragment(2, piece) + fragment(0, piece) + write(0, rest)).count == 1)
    }

    @Test func fragmentLimitCountsEmptyFragments() {
        // CVE-2026-48779, CVE-2026-62389, ws #2329.
        let empties = (0..<63).flatMap { _ in fragment(0) }
        expectFailure(.tooManyFragments, 1008, fragment(2) + empties + fragment(0))
        #expect(
            Harness().feed(fragment(2) + empties.dropLast(6) + write(0, [5])) == [.binary([5])])
    }

    @Test func messageLeftOpen() {
        let harness = Harness()
        harness.feed(write(2, [1]) + fragment(2, [1]), atMilliseconds: 1_000)
        harness.feed(fragment(0, [1]), atMilliseconds: 9_000)
        #expect(harness.nextDeadline == .milliseconds(11_000))
        #expect(harness.poll(atMilliseconds: 10_999) == .none)
        #expect(harness.poll(atMilliseconds: 11_000) == .failed(.messageTooSlow))
        #expect(harness.flush() == [0x88, 2, 0x03, 0xF0])
        #expect(harness.needsTransportClose)
    }

    @Test(arguments: [1, 2, 7, 8])
    func frameLeftOpen(byteCount: Int) {
        let harness = Harness()
        harness.feed(Array(write(2, [1, 2, 3]).prefix(byteCount)), atMilliseconds: 500)
        #expect(harness.poll(atMilliseconds: 10_500) == .failed(.messageTooSlow))
    }

    @Test func everyMessageHasItsOwnClock() {
        let harness = Harness()
        let wire = write(2, [1, 2, 3])
        // Each read ends inside a message, each message is quick.
        harness.feed(Array(wire.prefix(4)), atMilliseconds: 0)
        for second in 1...30 as ClosedRange<UInt64> {
            #expect(harness.poll(atMilliseconds: second * 1_000) == .none)
            let seen = harness.feed(
                Array(wire.dropFirst(4) + wire.prefix(4)), atMilliseconds: second * 1_000)
            #expect(seen == [.binary([1, 2, 3])])
        }
        // A ping does not put off the clock of the message around it.
        harness.feed(
            Array(wire.dropFirst(4)) + fragment(2, [1]), atMilliseconds: 31_000)
        harness.feed(write(9), atMilliseconds: 35_000)
        #expect(harness.nextDeadline == .milliseconds(41_000))
        harness.feed(write(0), atMilliseconds: 36_000)
        #expect(harness.nextDeadline == .distantFuture)
    }

    @Test func controlFrames() {
        // CVE-2026-15711.
        expectFailure(.controlFrameTooLong, 1002, write(9, [UInt8](repeating: 0, count: 126)))
        expectFailure(.controlFrameFragmented, 1002, fragment(9))
        expectFailure(.controlFrameFragmented, 1002, fragment(8))
        let longest = [UInt8](repeating: 3, count: 125)
        #expect(Harness().feed(write(9, longest)) == [Seen(event: .ping, payload: longest)])
    }

    @Test func pingFlood() {
        // ws 8.23.0, GHSA-9fm3-97px-rjf6: pings, and nobody reads the pongs.
        let harness = Harness()
        let ping = write(9, [1])
        for index in 0..<40 {
            #expect(harness.feed(ping) == [Seen(event: .ping, payload: [1])], "\(index)")
        }
        #expect(harness.flush() == [0x8A, 1, 1])
        // 50 ms later there is room for one more.
        #expect(harness.feed(ping, atMilliseconds: 50) == [Seen(event: .ping, payload: [1])])
        #expect(harness.feed(ping, atMilliseconds: 99) == [.failed(.tooManyControlFrames)])
        #expect(harness.flush().suffix(4) == [0x88, 2, 0x03, 0xF0])
    }

    @Test func controlFramesAtTheLawfulRateGoOnForever() {
        let harness = Harness()
        for index in 0..<10_000 as Range<UInt64> {
            harness.feed(write(0xA), atMilliseconds: index * 50)
        }
        #expect(harness.state == .open && harness.seen.count == 10_000)
    }

    @Test func masks() {
        let bare = FrameWriter(masked: false)
        expectFailure(.maskMissing, 1002, bare(2, [1]))
        expectFailure(.maskMissing, 1002, bare(8))
        expectFailure(.maskUnexpected, 1002, write(2, [1]), role: .client)
    }

    @Test func reservedBitsAndOpcodes() {
        for reserved: UInt8 in 1...7 {
            for opcode: UInt8 in [0, 1, 2, 8, 9, 10] {
                expectFailure(.reservedBits, 1002, FrameWriter(reserved: reserved)(opcode))
            }
        }
        for opcode: UInt8 in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            expectFailure(.reservedOpcode, 1002, write(opcode))
        }
    }

    @Test func fragmentationOrder() {
        expectFailure(.continuationUnexpected, 1002, write(0, [1]))
        expectFailure(.continuationUnexpected, 1002, fragment(0))
        expectFailure(.continuationExpected, 1002, fragment(1, [0x61]) + write(1, [0x62]))
        expectFailure(.continuationExpected, 1002, fragment(1) + fragment(2))
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
            [0x61, 0x80], [0xFE], [0xF0, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func textThatIsNotUTF8(_ text: [UInt8]) {
        expectFailure(.invalidUTF8, 1007, write(1, text))
        expectFailure(.invalidUTF8, 1007, fragment(1, text) + write(0))
        #expect(Harness().feed(write(2, text)) == [.binary(text)])
    }

    @Test func badTextFailsInsideTheFrame() {
        // Autobahn 6.4: as soon as the byte is there, not at the end of frame or message.
        let wire = write(1, [0xCE, 0xBA, 0xF4, 0x90, 0x80, 0x80, 0x61, 0x61, 0x61])
        let harness = Harness()
        #expect(harness.feed(Array(wire.prefix(6 + 3))) == [])
        #expect(harness.feed([wire[6 + 3]]) == [.failed(.invalidUTF8)])
    }

    @Test func codePointCutByFragments() {
        #expect(
            Harness().feed(
                fragment(1, [0xE2]) + fragment(0) + fragment(0, [0x82]) + write(0, [0xAC]))
                == [.text("€")])
    }

    @Test func closeCodes() {
        let valid: [UInt16] = [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999,
            4000,
            4999,
        ]
        let invalid: [UInt16] = [
            0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
        ]
        for code in valid {
            let payload = [UInt8(code >> 8), UInt8(code & 0xFF)]
            let harness = Harness()
            #expect(
                harness.feed(write(8, payload)) == [Seen(event: .closeReceived(code: code))])
            #expect(harness.flush() == [0x88, 2] + payload)
        }
        for code in invalid {
            expectFailure(
                .closeCodeInvalid, 1002, write(8, [UInt8(code >> 8), UInt8(code & 0xFF)]))
        }
        expectFailure(.closePayloadTooShort, 1002, write(8, [3]))
        expectFailure(.invalidUTF8, 1007, write(8, [0x03, 0xE8, 0xFF]))
        expectFailure(.invalidUTF8, 1007, write(8, [0x03, 0xE8, 0xE2, 0x82]))
        for code: UInt16 in 0...65_535 where CloseCode(rawValue: code).isValidOnWire {
            #expect((1000...1014).contains(code) || (3000...4999).contains(code))
        }
    }

    @Test func pongsEchoTheirPingAndNothingElse() {
        // CVE-2016-10518, CVE-2026-45736: memory of the process in replies.
        var prng = SplitMix64(state: 4)
        for count in 0...125 {
            let payload = prng.bytes(count)
            for segment in [1, 3, .max] {
                let harness = Harness()
                harness.feed(write(9, payload), segment: segment)
                #expect(harness.flush() == [0x8A, UInt8(count)] + payload)
            }
        }
    }

    @Test func anIdleEndpointIsSmall() {
        #expect(MemoryLayout<WebSocketEndpoint>.size <= 512)
    }
}
