import Hyoshi

/// Peers that break the rules of WebSocket.
extension HostileKind {
    func frameScript(_ scene: inout HostileScene) -> HostileScript? {
        switch self {
        case .garbageFrames: Self.garbageFrames(&scene)
        case .slowFrame: Self.slowFrame(&scene)
        case .headerBombs: Self.headerBombs(&scene)
        case .wrongFrames: Self.wrongFrames(&scene)
        case .tooLong: Self.tooLong(&scene)
        case .badText: Self.badText(&scene)
        case .closeCodes: Self.closeCodes(&scene)
        case .fragmentFlood: Self.fragmentFlood(&scene)
        case .openFragment:
            HostileScript(
                "a message that never ends", .closes(1008), withinSeconds: 15,
                HostileScript.joining(scene) + [.send(Forge.frame(2, [0x92], isFinal: false))])
        case .controlFlood: Self.controlFlood(&scene)
        case .emptyMessages:
            HostileScript(
                "empty messages", .closes(1007), withinSeconds: 9,
                HostileScript.upgrading(&scene)
                    + [.flood(count: 500, gapNanoseconds: 0) { _ in Forge.message([]) }])
        case .messageFlood: Self.messageFlood(&scene)
        case .unansweredClose:
            HostileScript(
                "a Close that is not answered", .closes(1000), withinSeconds: 12,
                HostileScript.joining(scene) + [.answerNothing, .send(HostileScene.leave)])
        default: nil
        }
    }

    private static func garbageFrames(_ scene: inout HostileScene) -> HostileScript {
        var steps = HostileScript.upgrading(&scene)
        for _ in 0...scene.random.below(8) {
            steps.append(.send(scene.random.bytes(1 + scene.random.below(400))))
            steps.append(.wait(nanoseconds: scene.random.nanoseconds(upToMilliseconds: 40)))
        }
        // Random bytes may be a Close with any code.
        var ends = HostileEnds.closes(1002, 1003, 1007, 1008, 1009, 4400, 4408)
        ends.isAnyCode = true
        return HostileScript("random frames", ends, withinSeconds: 25, steps)
    }

    private static func slowFrame(_ scene: inout HostileScene) -> HostileScript {
        let steps = HostileScript.joining(scene)
        let bytes = Forge.message(scene.random.bytes(120))
        return HostileScript(
            "a byte of a frame a second", .closes(1008), withinSeconds: 16,
            steps + [.answerNothing, .dribble(bytes, gapNanoseconds: 1_000_000_000)])
    }

    private static func headerBombs(_ scene: inout HostileScene) -> HostileScript {
        let mask: [UInt8] = [1, 2, 3, 4]
        let huge: [UInt8] = [0x82, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255] + mask
        let cases: [(UInt16, [UInt8], String)] = [
            (1002, [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], "a length of 2^63"),
            (1002, [0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255], "a length of 2^64 - 1"),
            (1009, huge, "a length of 2^63 - 1"),
            (1009, Forge.frame(2, length: .wide64(1 << 40)), "a length of 2^40"),
            (1009, Forge.frame(2, length: .wide16(16 * 1024 + 1)), "one byte too many"),
            (1002, [0x8B, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255], "an unknown huge frame"),
            (1002, Forge.frame(2, [1, 2, 3], length: .wide16(3)), "a 16-bit length of 3"),
            (1002, Forge.frame(2, [1, 2, 3], length: .wide64(3)), "a 64-bit length of 3"),
            (1002, Forge.frame(2, length: .wide64(65_535)), "a 64-bit length of 65,535"),
        ]
        let (code, bytes, what) = scene.random.one(of: cases)
        return HostileScript(
            what, .closes(code), withinSeconds: 9,
            HostileScript.upgrading(&scene) + [.send(bytes)])
    }

    private static func wrongFrames(_ scene: inout HostileScene) -> HostileScript {
        let payload = scene.random.bytes(scene.random.below(20))
        let cases: [([UInt8], String)] = [
            (Forge.frame(2, payload, isMasked: false), "no mask"),
            (Forge.frame(2, payload, reservedBits: 2), "RSV2"),
            (Forge.frame(2, payload, reservedBits: 1), "RSV3"),
            (Forge.frame(2, payload, reservedBits: 4), "RSV1 that was not agreed on"),
            (Forge.frame(9, payload, reservedBits: 4), "RSV1 on a ping"),
            (Forge.frame(UInt8(3 + scene.random.below(5)), payload), "a reserved opcode"),
            (Forge.frame(UInt8(11 + scene.random.below(5)), payload), "a reserved control opcode"),
            (Forge.frame(0, payload), "a continuation of nothing"),
            (Forge.frame(2, [0], isFinal: false) + Forge.frame(2, payload), "a message inside one"),
            (Forge.frame(9, payload, isFinal: false), "a fragmented ping"),
            (Forge.frame(8, payload, isFinal: false), "a fragmented Close"),
            (Forge.frame(9, scene.random.bytes(126)), "a ping of 126 bytes"),
            (Forge.frame(8, scene.random.bytes(200)), "a Close of 200 bytes"),
        ]
        let (bytes, what) = scene.random.one(of: cases)
        return HostileScript(
            what, .closes(1002), withinSeconds: 9,
            HostileScript.upgrading(&scene) + [.send(bytes)])
    }

    private static func tooLong(_ scene: inout HostileScene) -> HostileScript {
        let piece = scene.random.bytes(3000)
        let bytes: [UInt8]
        let what: String
        if scene.random.oneIn(2) {
            what = "a message of 18,000 bytes in 6 frames"
            bytes =
                Forge.frame(2, piece, isFinal: false)
                + (0..<5).flatMap { Forge.frame(0, piece, isFinal: $0 == 4) }
        } else {
            what = "a frame of 20,000 bytes"
            bytes = Forge.frame(2, scene.random.bytes(20_000))
        }
        return HostileScript(
            what, .closes(1009), withinSeconds: 9,
            HostileScript.upgrading(&scene) + [.send(bytes)])
    }

    private static func badText(_ scene: inout HostileScene) -> HostileScript {
        let cases: [(UInt16, [UInt8], String)] = [
            (1003, Forge.frame(1, Array("hello".utf8)), "a text"),
            (1003, Forge.frame(1, []), "an empty text"),
            (1007, Forge.frame(1, [0xC3, 0x28]), "a text that is not UTF-8"),
            (1007, Forge.frame(1, [0xED, 0xA0, 0x80]), "a surrogate"),
            (1007, Forge.frame(1, [0xF4, 0x90, 0x80, 0x80]), "a code point too large"),
            (1007, Forge.frame(1, [0xC0, 0xAF]), "an overlong form"),
            (1007, Forge.frame(1, [0xE2, 0x82]), "half a code point"),
            (1007, Forge.frame(1, [0xFF], isFinal: false), "a first fragment that is not UTF-8"),
        ]
        let (code, bytes, what) = scene.random.one(of: cases)
        return HostileScript(
            what, .closes(code), withinSeconds: 9,
            HostileScript.upgrading(&scene) + [.send(bytes)])
    }

    private static func closeCodes(_ scene: inout HostileScene) -> HostileScript {
        let good: UInt16 = scene.random.one(of: [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999,
        ])
        let bad: UInt16 = scene.random.one(of: [
            0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
        ])
        let cases: [(UInt16, [UInt8], String)] = [
            (1002, Forge.close(bad), "a Close of \(bad)"),
            (good, Forge.close(good), "a Close of \(good)"),
            (1005, Forge.frame(8), "a Close without a code"),
            (1002, Forge.frame(8, [3]), "a Close of one byte"),
            (1007, Forge.close(1000, reason: [0xC3, 0x28]), "a Close with a reason not UTF-8"),
            (
                good, Forge.close(good) + scene.random.bytes(200),
                "a Close and then random bytes"
            ),
        ]
        let (code, bytes, what) = scene.random.one(of: cases)
        return HostileScript(
            what, .closes(code), withinSeconds: 9,
            HostileScript.upgrading(&scene) + [.send(bytes)])
    }

    private static func fragmentFlood(_ scene: inout HostileScene) -> HostileScript {
        let payload = scene.random.oneIn(2) ? [] : scene.random.bytes(1)
        let gap: UInt64 = scene.random.oneIn(2) ? 0 : 5_000_000
        return HostileScript(
            "fragments of \(payload.count) bytes", .closes(1008), withinSeconds: 12,
            HostileScript.upgrading(&scene) + [
                .send(Forge.frame(2, payload, isFinal: false)),
                .flood(count: 1000, gapNanoseconds: gap) { _ in
                    Forge.frame(0, payload, isFinal: false)
                },
            ])
    }

    private static func controlFlood(_ scene: inout HostileScene) -> HostileScript {
        let opcode: UInt8 = scene.random.one(of: [9, 10])
        let payload = scene.random.bytes(scene.random.one(of: [0, 1, 125]))
        let gap: UInt64 = scene.random.one(of: [0, 1_000_000, 20_000_000])
        return HostileScript(
            opcode == 9 ? "pings" : "pongs", .closes(1008), withinSeconds: 20,
            HostileScript.upgrading(&scene) + [
                .flood(count: 2000, gapNanoseconds: gap) { _ in Forge.frame(opcode, payload) }
            ])
    }

    private static func messageFlood(_ scene: inout HostileScene) -> HostileScript {
        let gap: UInt64 = scene.random.one(of: [0, 500_000, 2_000_000])
        let count = gap == 0 ? 600 : 30_000
        return HostileScript(
            "pings of the protocol", .closes(1008), withinSeconds: 20,
            HostileScript.joining(scene)
                + [.flood(count: count, gapNanoseconds: gap) { _ in HostileScene.ping() }])
    }
}
