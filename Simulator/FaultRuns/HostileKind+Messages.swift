import GameProtocol
import Hyoshi
import Replication
import TransportInterface

/// Peers whose frames are lawful, and whose messages are not; and compressed ones.
extension HostileKind {
    // MARK: Compression

    func deflateScript(_ scene: inout HostileScene) -> HostileScript? {
        var script: HostileScript
        switch self {
        case .deflateBomb: script = Self.deflateBomb(&scene)
        case .deflateWithinLimits: script = Self.deflateWithinLimits(&scene)
        case .wrongDeflate: script = Self.wrongDeflate(&scene)
        default: return nil
        }
        // A server that agrees to no compression takes RSV1 as an error.
        script.ends.codes.insert(1002)
        return script
    }

    private static func deflateBomb(_ scene: inout HostileScene) -> HostileScript {
        let bomb = Forge.deflated([UInt8](repeating: 0, count: 8 << 20))
        let frames =
            scene.random.oneIn(2)
            ? Forge.frame(2, bomb, reservedBits: 4)
            : Forge.frame(2, Array(bomb[..<4000]), isFinal: false, reservedBits: 4)
                + Forge.frame(0, Array(bomb[4000...]))
        return HostileScript(
            "8 MiB of zeros", .closes(1009), withinSeconds: 9,
            HostileScript.upgrading(&scene, offersDeflate: true) + [.send(frames)])
    }

    private static func deflateWithinLimits(_ scene: inout HostileScene) -> HostileScript {
        // A ping of the protocol behind which an element of 16,000 bytes stands: lawful each time.
        var message: [UInt8] = [0x93, 0x05, 0x01, 0xC5, 0x3E, 0x80]
        message += [UInt8](repeating: 0, count: 16_000)
        let frame = Forge.frame(2, Forge.deflated(message), reservedBits: 4)
        return HostileScript(
            "messages that inflate to their limit", .closes(1008), withinSeconds: 9,
            HostileScript.joining(scene, offersDeflate: true)
                + [.flood(count: 300, gapNanoseconds: 5_000_000) { _ in frame }])
    }

    private static func wrongDeflate(_ scene: inout HostileScene) -> HostileScript {
        let hello: [UInt8] = [0x92, 0x01, 0x01]
        let good = Forge.deflated([0x93, 0x05, 0x01, 0xA4] + Array("aaaa".utf8))
        let cut = Array(good.dropLast(1 + scene.random.below(max(good.count - 1, 1))))
        var flipped = Forge.deflated(scene.random.bytes(300))
        flipped[0] |= 6
        let cases: [(HostileEnds, [UInt8], String)] = [
            (.closes(1007), [UInt8](repeating: 0xFF, count: 40), "no deflate data"),
            (.closes(1007), flipped, "a block of a reserved type"),
            (.closes(1007, 4400), cut, "truncated deflate data"),
            (
                .closes(1007, 1008, 1009, 4400, 4408, 4426), scene.random.bytes(200),
                "random deflate data"
            ),
        ]
        let (ends, bytes, what) = scene.random.one(of: cases)
        var frame = Forge.frame(2, bytes, reservedBits: 4)
        var all = ends
        var deed = what
        if scene.random.oneIn(4) {
            deed = "RSV1 on a continuation"
            frame =
                Forge.frame(2, Forge.deflated(hello), isFinal: false, reservedBits: 4)
                + Forge.frame(0, [], reservedBits: 4)
            all = .closes(1002)
        }
        return HostileScript(
            deed, all, withinSeconds: 12,
            HostileScript.joining(scene, offersDeflate: true) + [.send(frame)])
    }

    // MARK: Messages

    func messageScript(_ scene: inout HostileScene) -> HostileScript? {
        switch self {
        case .malformedMessages:
            let (code, payload, what) = scene.random.one(of: Self.casesOfStrangers)
            return HostileScript(
                what, .closes(code), withinSeconds: 9,
                [.send(scene.opening()), .awaitUpgrade, .send(Forge.message(payload))])
        case .malformedAsPlayer:
            let (code, payload, what) = scene.random.one(of: Self.casesOfPlayers)
            return HostileScript(
                what, .closes(code), withinSeconds: 9,
                HostileScript.joining(scene) + [.send(Forge.message(payload))])
        case .extremeNumbers: return Self.extremeNumbers(&scene)
        case .mutatedMessages: return Self.mutatedMessages(&scene)
        default: return nil
        }
    }

    private typealias Case = (UInt16, [UInt8], String)

    /// What no peer may say, whatever it has said before.
    private static let casesOfStrangers: [Case] =
        casesOfAll + [
            (4426, [0x92, 0x01, 0x02], "version 2"),
            (1008, [0x93, 0x01, 0x01, 0xA1, 0x00], "a name with a NUL"),
            (1008, [0x93, 0x01, 0x01, 0xA3, 0xE2, 0x80, 0xAE], "a name that turns the text"),
            (1008, [0x93, 0x01, 0x01, 0xB9] + [UInt8](repeating: 110, count: 25), "25 characters"),
            (
                1009, [0x93, 0x01, 0x01, 0xD9, 0x61] + [UInt8](repeating: 110, count: 97),
                "a name of 97 bytes"
            ),
            (1007, [0x93, 0x01, 0x01, 0xA2, 0xC3, 0x28], "a name that is not UTF-8"),
            (1007, [0x94, 0x01, 0x01, 0xA0, 0x02], "role 2"),
            (1007, [0x92, 0x01, 0xC0], "a version of nil"),
            (1007, [0x92, 0x01, 0xDB, 255, 255, 255, 255], "a string of 2^32 - 1 bytes"),
            (
                1007, [0x95, 0x01, 0x01, 0xA0, 0, 0xC4, 0x0F] + [UInt8](repeating: 1, count: 15),
                "a token of 15 bytes"
            ),
            (1007, [0x92, 0x01, 0x01, 0x00], "a byte behind a hello"),
        ]

    private static let casesOfAll: [Case] = [
        (1007, [], "nothing"),
        (1007, [0xC1], "a byte that is no MessagePack"),
        (1007, [0x92], "an array without its elements"),
        (1007, [0x05], "no array"),
        (1007, [0x90], "an empty array"),
        (1007, [0x91, 0x63], "type 99"),
        (1007, [0x91, 0x00], "type 0"),
        (1007, [0x91, 0xFF], "type -1"),
        (1007, [0xDD, 255, 255, 255, 255], "an array of 2^32 - 1"),
        (1007, [0xDD, 0x7F, 255, 255, 255] + [UInt8](repeating: 0, count: 100), "2^31 - 1"),
        (1007, [0xDF, 255, 255, 255, 255], "a map of 2^32 - 1"),
        (1007, [0x93, 0x01, 0x01, 0xC9, 255, 255, 255, 255, 1], "an extension of 4 GiB"),
        (1007, [UInt8](repeating: 0x91, count: 5000), "5,000 nested arrays"),
        (
            1007, (0..<5000).flatMap { _ in [0xDC, 0xFF, 0xFF] as [UInt8] },
            "arrays that share their elements"
        ),
        (1007, [0x92, 0x82, 0xA1, 0x61, 0x01, 0xA1, 0x61, 0x01, 0x01], "a map with a key twice"),
        (1007, [0x92, 0x05, 0xCA, 0x7F, 0xC0, 0, 0], "a ping with a NaN"),
        (1007, [0x92, 0x05, 0xCB, 0x7F, 0xF0, 0, 0, 0, 0, 0, 0], "a ping with infinity"),
        (1007, [0x92, 0x05, 0xFF], "a ping with -1"),
        (1007, [0x92, 0x05, 0xDC, 1, 1] + [UInt8](repeating: 0, count: 257), "a ping of an array"),
        (
            1009, [0x93, 0x05, 0x01, 0xDC, 1, 1] + [UInt8](repeating: 0, count: 257),
            "257 values too many"
        ),
    ]

    /// What a player may not say; the games here have two input fields at least.
    private static let casesOfPlayers: [Case] =
        casesOfAll + [
            (1007, [0x95, 0x02, 0x01, 0, 0, 0x90], "no command"),
            (
                1007, [0x95, 0x02, 0x01, 5, 0, 0xDC, 0, 0x91] + [UInt8](repeating: 0, count: 145),
                "145"
            ),
            (1007, [0x95, 0x02, 0xCE, 0, 1, 0, 0, 0, 0, 0x92, 1, 0], "a sequence of 2^16"),
            (1007, [0x95, 0x04, 0x01, 0x02, 0xC0, 0xA1, 0x78], "an event of scope 2"),
            (1007, [0x95, 0x04, 0x01, 0x01, 0xC0, 0xA1, 0x78], "an event for no seat"),
            (1007, [0x95, 0x04, 0x01, 0x01, 0x40, 0xA1, 0x78], "an event for seat 64"),
            (
                1009,
                [0x95, 0x04, 0x01, 0x00, 0xC0, 0xC5, 2, 1] + [UInt8](repeating: 120, count: 513),
                "an event of 513 bytes"
            ),
            (1007, [0x95, 0x04, 0x01, 0x00, 0xC0, 0x05], "an event of a number"),
        ]

    private static func extremeNumbers(_ scene: inout HostileScene) -> HostileScript {
        let numbers: [[UInt8]] = [
            [0xD2, 0x80, 0, 0, 0], [0xCE, 0x7F, 255, 255, 255],
            [0xD3, 255, 255, 255, 255, 255, 255, 255, 255],
            [0xD3, 255, 255, 255, 255, 0x80, 0, 0, 0],
        ]
        let most: [UInt8] = [0xCE, 255, 255, 255, 255]
        let ticks: [[UInt8]] = [[0], [1], most, [0xCE, 0x80, 0, 0, 0]]
        return HostileScript(
            "numbers at their ends", .stays, withinSeconds: 20,
            HostileScript.joining(scene) + [
                .flood(count: 120, gapNanoseconds: 15_000_000) { scene in
                    let width = scene.welcome?.schema.inputFields.count ?? 0
                    let number = scene.random.one(of: numbers)
                    let tick = scene.random.one(of: ticks)
                    let sequence = UInt8(scene.random.below(128))
                    var message: [UInt8] = [0x96, 0x02, sequence] + tick + most
                    message.append(0x90 | UInt8(width))
                    for _ in 0..<width { message += number }
                    message += [0xCC, 0xFF]
                    return Forge.message(message) + Forge.message([0x93, 0x03] + most + most)
                }, .awaitSnapshots(2), .leave(.afterFlush),
            ])
    }

    private static func mutatedMessages(_ scene: inout HostileScene) -> HostileScript {
        let joins = scene.random.oneIn(2)
        let cases = joins ? casesOfPlayers : casesOfStrangers
        let start =
            joins ? HostileScript.joining(scene) : [.send(scene.opening()), .awaitUpgrade]
        return HostileScript(
            "damaged messages", HostileEnds.anything, withinSeconds: 20,
            start + [
                .flood(count: 40, gapNanoseconds: 10_000_000) { scene in
                    var payload = scene.random.one(of: cases).1
                    if scene.random.oneIn(2) || payload.isEmpty {
                        payload = [0x95, 0x02, 0x01, 0x00, 0x00, 0x92, 0x01, 0x00]
                    }
                    for _ in 0...scene.random.below(3) {
                        payload[scene.random.below(payload.count)] =
                            UInt8(truncatingIfNeeded: scene.random.next())
                    }
                    return Forge.message(Array(payload.prefix(2000)))
                }, .wait(nanoseconds: 50_000_000), .leave(.afterFlush),
            ])
    }
}
