import Testing
import WebSocketProtocol

@Suite struct DeflateTests {
    static let parameters: [DeflateParameters] = {
        var all: [DeflateParameters] = []
        for server in [false, true] {
            for client in [false, true] {
                for serverBits in [9, 12, 15] {
                    for clientBits in [9, 12, 15] {
                        all.append(
                            DeflateParameters(
                                serverNoContextTakeover: server, clientNoContextTakeover: client,
                                serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits))
                    }
                }
            }
        }
        return all
    }()

    private func inflating(
        _ payload: [UInt8], _ deflate: DeflateParameters = DeflateParameters()
    ) -> [Seen] {
        Harness(deflate: deflate).feed(FrameWriter(reserved: 4)(1, payload))
    }

    /// Text that repeats itself near and far, so that windows matter.
    private func text(_ count: Int, seed: UInt64) -> [UInt8] {
        var prng = SplitMix64(state: seed)
        var words: [[UInt8]] = []
        for _ in 0..<60 { words.append(prng.bytes(3 + Int(prng.next() % 9)).map { 97 + $0 % 26 }) }
        var text: [UInt8] = []
        while text.count < count { text += words[Int(prng.next() % 60)] + [32] }
        return Array(text.prefix(count))
    }

    @Test(arguments: parameters)
    func bothWaysWithEveryAgreement(_ deflate: DeflateParameters) {
        let server = Harness(role: .server, deflate: deflate)
        let client = Harness(role: .client, deflate: deflate)
        var prng = SplitMix64(state: 5)
        for (index, count) in [0, 1, 5, 600, 16_384, 0, 600, 9_000, 16_384, 700].enumerated() {
            let isText = index % 2 == 0
            let message =
                index % 3 == 2 ? prng.bytes(count).map { $0 & 0x7F } : text(count, seed: 6)
            let kind: MessageKind = isText ? .text : .binary
            let expected = [Seen(event: .message(kind), payload: message)]
            let segment = [Int.max, 1, 1_000][index % 3]
            // Now and then one goes uncompressed in between.
            let compress = index % 5 != 3
            #expect(
                client.feed(server.send(kind, message, compress: compress), segment: segment)
                    == expected)
            #expect(
                server.feed(client.send(kind, message, compress: compress), segment: segment)
                    == expected)
        }
    }

    @Test func compressionPaysAndARememberedWindowPaysMore() {
        let message = text(600, seed: 7)
        let keeping = Harness(deflate: DeflateParameters())
        let forgetting = Harness(deflate: DeflateParameters(serverNoContextTakeover: true))
        let first = keeping.send(.binary, message, compress: true)
        #expect(first[0] == 0xC2 && first.count < 480)
        #expect(keeping.send(.binary, message, compress: true).count < 60)
        let once = forgetting.send(.binary, message, compress: true)
        #expect(forgetting.send(.binary, message, compress: true) == once)
    }

    @Test func withoutAWindowIncompressibleBytesGoAsTheyAre() {
        var prng = SplitMix64(state: 8)
        let message = prng.bytes(500)
        let harness = Harness(deflate: DeflateParameters(serverNoContextTakeover: true))
        #expect(harness.send(.binary, message, compress: true) == [0x82, 126, 1, 244] + message)
        #expect(Harness().send(.binary, message, compress: true) == [0x82, 126, 1, 244] + message)
    }

    @Test func aPromiseThatOurCompressorCannotKeepMeansUncompressed() {
        // RFC 7692 §7.1.2: zlib has no raw deflate with 8 bits.
        let harness = Harness(role: .client, deflate: DeflateParameters(clientMaxWindowBits: 8))
        #expect(harness.send(.binary, [1, 1, 1, 1, 1], compress: true)[0] == 0x82)
    }

    @Test func examplesOfTheRFC() {
        let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
        // RFC 7692 §7.2.3.1, whole and in two fragments.
        #expect(inflating(hello) == [.text("Hello")])
        let harness = Harness(deflate: DeflateParameters())
        #expect(
            harness.feed(
                FrameWriter(fin: false, reserved: 4)(1, Array(hello.prefix(3)))
                    + FrameWriter()(0, Array(hello.dropFirst(3)))) == [.text("Hello")])
        // §7.2.3.2: the second message looks back to the first.
        #expect(
            harness.feed(FrameWriter(reserved: 4)(1, [0xF2, 0, 0x11, 0, 0])) == [.text("Hello")])
        // §7.2.3.3: a block without compression.
        #expect(
            inflating([0, 5, 0, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0]) == [.text("Hello")])
        // §7.2.3.4: a block with BFINAL set, then the window goes on.
        let final: [UInt8] = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]
        let other = Harness(deflate: DeflateParameters())
        #expect(other.feed(FrameWriter(reserved: 4)(1, final)) == [.text("Hello")])
        #expect(other.feed(FrameWriter(reserved: 4)(1, [0xF2, 0, 0x11, 0, 0])) == [.text("Hello")])
        // §7.2.3.5: two blocks in one message.
        #expect(
            inflating([0xF2, 0x48, 5, 0, 0, 0, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 7, 0])
                == [.text("Hello")])
        // §7.2.3.6: an empty message.
        #expect(inflating([0]) == [.text("")])
        let server = Harness(deflate: DeflateParameters())
        #expect(server.send(.text, Array("Hello".utf8), compress: true) == [0xC1, 7] + hello)
        #expect(
            server.send(.text, Array("Hello".utf8), compress: true) == [
                0xC1, 5, 0xF2, 0, 0x11, 0, 0,
            ])
        #expect(server.send(.text, [], compress: true) == [0xC1, 1, 0])
        #expect(server.send(.text, [], compress: true) == [0xC1, 1, 0])
    }

    @Test(
        arguments: [
            [],  // the tail alone is no block
            [0xFF, 0xFF, 0xFF],  // block type 3
            [0xF2, 0x48, 0xCD],  // ends inside a block
            [0, 5, 0, 0xFA, 0xFE, 1, 2, 3, 4, 5, 0],  // LEN and NLEN disagree
            [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00, 0xFF, 0xFF],  // rubbish after BFINAL
            [0xF2, 0, 0x11, 0, 0],  // looks back to before the first message
            [0, 5, 0, 0xFA, 0xFF, 0x48],  // ends inside stored bytes
        ] as [[UInt8]])
    func whatIsNotDeflate(_ payload: [UInt8]) {
        for noTakeover in [false, true] {
            let deflate = DeflateParameters(clientNoContextTakeover: noTakeover)
            for segment in [Int.max, 1] {
                let harness = Harness(deflate: deflate)
                let wire = FrameWriter(reserved: 4)(2, payload)
                #expect(harness.feed(wire, segment: segment) == [.failed(.invalidDeflate)])
                #expect(harness.flush() == [0x88, 2, 0x03, 0xEF])
            }
        }
    }

    @Test func reservedBitOne() {
        let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
        let deflate = DeflateParameters()
        // Not agreed on; on a continuation; on control frames (RFC 7692 §6).
        #expect(
            Harness().feed(FrameWriter(reserved: 4)(1, hello)) == [.failed(.reservedBits)])
        let first = FrameWriter(fin: false, reserved: 4)(1, Array(hello.prefix(3)))
        #expect(
            Harness(deflate: deflate).feed(first + FrameWriter(reserved: 4)(0, [0]))
                == [.failed(.reservedBits)])
        for opcode: UInt8 in [8, 9, 10] {
            #expect(
                Harness(deflate: deflate).feed(FrameWriter(reserved: 4)(opcode))
                    == [.failed(.reservedBits)])
        }
        for reserved: UInt8 in [1, 2, 3, 5, 6, 7] {
            #expect(
                Harness(deflate: deflate).feed(FrameWriter(reserved: reserved)(1, hello))
                    == [.failed(.reservedBits)])
        }
        // An uncompressed message stays lawful.
        #expect(Harness(deflate: deflate).feed(FrameWriter()(1, [0x61])) == [.text("a")])
    }

    @Test func inflatedTextIsJudgedAsItComes() {
        var compressed: [UInt8] = []
        var stream = DeflateStream(windowBits: 15, settings: CompressionSettings())
        _ = stream?.compress(
            ([UInt8](repeating: 0x61, count: 300) + [0xFF]).span, into: &compressed)
        #expect(inflating(compressed) == [.failed(.invalidUTF8)])
        compressed = []
        stream?.reset()
        _ = stream?.compress([0xE2, UInt8(0x82)].span, into: &compressed)
        #expect(inflating(compressed) == [.failed(.invalidUTF8)])
        // Before the message ends.
        let harness = Harness(deflate: DeflateParameters())
        let bad: [UInt8] = [0, 1, 0, 0xFE, 0xFF, 0xFF]
        #expect(
            harness.feed(FrameWriter(fin: false, reserved: 4)(1, bad)) == [.failed(.invalidUTF8)])
    }

    @Test func memoryOfAWindowlessPeerEndsWithItsMessage() {
        // Nothing of the first message may be seen from the second.
        let deflate = DeflateParameters(clientNoContextTakeover: true)
        let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
        for segment in [Int.max, 1] {
            let harness = Harness(deflate: deflate)
            harness.feed(FrameWriter(reserved: 4)(1, hello), segment: segment)
            #expect(
                harness.feed(FrameWriter(reserved: 4)(1, [0xF2, 0, 0x11, 0, 0]), segment: segment)
                    == [.failed(.invalidDeflate)])
        }
        // Nor that of one connection from another, which share the loop's decompressor.
        let scratch = WebSocketScratch()
        let one = Harness(deflate: deflate, scratch: scratch)
        let other = Harness(deflate: deflate, scratch: scratch)
        #expect(one.feed(FrameWriter(reserved: 4)(1, hello)) == [.text("Hello")])
        #expect(
            other.feed(FrameWriter(reserved: 4)(1, [0xF2, 0, 0x11, 0, 0]))
                == [.failed(.invalidDeflate)])
    }
}
