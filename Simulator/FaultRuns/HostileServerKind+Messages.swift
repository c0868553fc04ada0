import Arena
import GameProtocol
import Hyoshi
import MessagePack
import Replication
import WebSocketProtocol

/// What hostile servers send on an open WebSocket.
extension HostileServerKind {
    // MARK: Frames

    func frames(_ scene: HostileServerScene) {
        switch self {
        case .endlessAnswer:
            scene.output += Array("X-\(scene.beats): ".utf8) + scene.random.bytes(0)
            scene.output += Array(String(repeating: "a", count: 100).utf8) + [13, 10]
        case .garbageFrames: scene.output += scene.random.bytes(scene.random.below(500))
        case .wrongFrames:
            let payload = scene.random.bytes(scene.random.below(20))
            scene.output += scene.random.one(of: [
                Forge.frame(2, payload), Forge.frame(2, payload, reservedBits: 4, isMasked: false),
                Forge.frame(5, payload, isMasked: false), Forge.frame(0, payload, isMasked: false),
                Forge.frame(9, payload, isFinal: false, isMasked: false),
                Forge.frame(9, scene.random.bytes(126), isMasked: false),
                Forge.frame(2, payload, isMasked: false, length: .wide16(3)),
            ])
        case .hugeFrames:
            let length: Forge.LengthForm = scene.random.one(of: [
                .wide64(1 << 63), .wide64(.max), .wide64(1 << 62), .wide64(256 * 1024 + 1),
                .wide64(1 << 32),
            ])
            scene.output += Forge.frame(2, isMasked: false, length: length)
        case .endlessMessage:
            scene.output += Forge.frame(
                scene.beats == 2 ? 2 : 0, scene.random.bytes(scene.random.one(of: [0, 1, 9000])),
                isFinal: false, isMasked: false)
        case .controlFlood:
            let opcode: UInt8 = scene.random.one(of: [9, 10])
            for _ in 0..<20 {
                scene.output += Forge.frame(opcode, scene.random.bytes(125), isMasked: false)
            }
        case .texts: scene.output += Forge.frame(1, Array("hello".utf8), isMasked: false)
        case .closes:
            guard scene.beats % 10 == 0 else { return }
            let code = UInt16(truncatingIfNeeded: scene.random.next() % 5100)
            let reason = scene.random.bytes(scene.random.below(8))
            var payload: [UInt8] = [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)]
            if scene.random.oneIn(3) { payload += reason }
            if scene.random.oneIn(8) { payload.removeLast() }
            scene.output += Forge.frame(8, payload, isMasked: false)
        case .deflateBombs:
            let byteCount = scene.random.one(of: [300_000, 8 << 20])
            let bomb = Forge.deflated([UInt8](repeating: 0xC0, count: byteCount))
            scene.output += Forge.frame(2, bomb, reservedBits: 4, isMasked: false)
        case .wrongDeflate:
            let good = Forge.deflated([0x91, 0x63] + scene.random.bytes(0))
            let bytes = scene.random.one(of: [
                Array(good.dropLast(1)), [UInt8](repeating: 0xFF, count: 40),
                scene.random.bytes(60),
            ])
            scene.output += Forge.frame(2, bytes, reservedBits: 4, isMasked: false)
        case .endings:
            if scene.random.oneIn(10) { scene.ends = true }
        default: break
        }
    }

    // MARK: Messages

    func messages(_ scene: HostileServerScene) {
        switch self {
        case .earlyMessages:
            scene.send([0x96, 0x01, 0xC0, 0xC0, 0x05, 0x00, 0x90])
            scene.send([0x92, 0x03, 0x90])
            scene.send([0x95, 0x04, 0x01, 0xC0, 0x00, 0xA1, 0x78])
        case .randomMessages:
            var bytes = scene.random.bytes(1 + scene.random.below(60))
            bytes[0] = 0x90 | bytes[0] & 15
            if bytes.count > 1 { bytes[1] &= 15 }
            scene.send(bytes)
        case .wildWelcomes:
            if scene.beats % 4 == 1 { scene.send(wildWelcome(scene)) }
            scene.send(scene.random.bytes(1 + scene.random.below(8)).map { $0 & 0x9F })
        case .welcomesAgain:
            if scene.random.oneIn(3) { greet(scene) }
        case .messageFlood:
            for _ in 0..<400 { scene.send([0x94, 0x06, 0x01, 0x05, 0x00]) }
        case .wildEvents:
            for _ in 0..<10 {
                var message: [UInt8] = [0x95, 0x04]
                let id = scene.random.one(of: [
                    1, UInt64(scene.beats), .max >> 32, scene.random.next() >> 32,
                ])
                MessagePackWriter.writeUnsigned(max(id, 1), into: &message)
                message += [0xC0, 0x00, 0xC4, 0x03] + scene.random.bytes(3)
                scene.send(message)
                scene.send([0x92, 0x05, 0xCE] + scene.random.bytes(4))
            }
        case .wildRosters:
            let count = scene.random.below(65)
            var message: [UInt8] = [0x92, 0x03]
            MessagePackWriter.writeArrayHeader(count, into: &message)
            for _ in 0..<count {
                message.append(0x93)
                message.append(UInt8(scene.random.below(64)))
                MessagePackWriter.writeString(
                    String(repeating: "n", count: scene.random.below(97)), into: &message)
                message.append(UInt8(scene.random.below(2)))
            }
            scene.send(message)
        case .wildNumbers: wildNumbers(scene)
        default: break
        }
    }

    /// Pongs that nobody asked for, counters, answers, margins and sequences of all sizes.
    private func wildNumbers(_ scene: HostileServerScene) {
        func wild(_ bits: UInt64) -> [UInt8] {
            let most = bits == 64 ? UInt64.max : (UInt64(1) << bits) - 1
            let number = scene.random.one(of: [0, 1, most, most - 1, scene.random.next() & most])
            var bytes: [UInt8] = []
            MessagePackWriter.writeUnsigned(number, into: &bytes)
            return bytes
        }
        scene.send([0x94, 0x06] + wild(53) + wild(32) + wild(32))
        scene.send([0x96, 0x08] + wild(32) + wild(32) + wild(32) + wild(32) + wild(32))
        scene.send([0x94, 0x07] + wild(32) + wild(8) + wild(8))
        scene.send([0x92, 0x05] + wild(32))
        let margin: [UInt8] = [0xD0, UInt8(truncatingIfNeeded: scene.random.next())]
        scene.tick = scene.random.oneIn(20) ? UInt32.max - 3 : scene.tick
        var message: [UInt8] = [0x96, 0x01] + wild(16) + margin
        MessagePackWriter.writeUnsigned(UInt64(scene.tick), into: &message)
        scene.send(message + [0x00, 0x93, 0x90, 0x90, 0x90])
    }

    private func wildWelcome(_ scene: HostileServerScene) -> [UInt8] {
        func number() -> Int32 {
            scene.random.one(of: [
                0, 1, -1, .max, .min, 255, Int32(truncatingIfNeeded: scene.random.next()),
            ])
        }
        func field() -> FieldSchema {
            FieldSchema(
                name: scene.random.oneIn(9) ? "" : "f\(scene.random.below(40))",
                use: .number, minimum: number(), maximum: number(), step: number(),
                scale: number(), unit: "u", wraps: scene.random.oneIn(2),
                changeField: scene.random.oneIn(2) ? scene.random.below(4) : nil)
        }
        func write(_ fields: [FieldSchema], _ message: inout [UInt8]) {
            MessagePackWriter.writeArrayHeader(fields.count, into: &message)
            for field in fields {
                message.append(0x99)
                MessagePackWriter.writeString(field.name, into: &message)
                message.append(UInt8(scene.random.below(6)))
                for each in [field.minimum, field.maximum, field.step, field.scale] {
                    MessagePackWriter.writeInteger(Int64(each), into: &message)
                }
                MessagePackWriter.writeString(field.unit, into: &message)
                message.append(field.wraps ? 0xC3 : 0xC2)
                message.append(field.changeField.map { UInt8($0) } ?? 0xC0)
            }
        }
        var message: [UInt8] = [0x9D, 0x02, 0x01]
        MessagePackWriter.writeString("r", into: &message)
        MessagePackWriter.writeString("g", into: &message)
        message += [UInt8(scene.random.below(70)), UInt8(scene.random.below(66))]
        message += [0xCC, UInt8(truncatingIfNeeded: scene.random.next())]
        MessagePackWriter.writeUnsigned(scene.random.next() >> 32, into: &message)
        message.append(0xC0)
        write((0..<scene.random.below(18)).map { _ in field() }, &message)
        let kinds = scene.random.below(34)
        MessagePackWriter.writeArrayHeader(kinds, into: &message)
        for kind in 0..<kinds {
            message.append(0x93)
            MessagePackWriter.writeString("k\(kind)", into: &message)
            let capacity = scene.random.one(of: [0, 1, 16, 65_535, 65_536, UInt64(UInt32.max)])
            MessagePackWriter.writeUnsigned(capacity, into: &message)
            write((0..<scene.random.below(33)).map { _ in field() }, &message)
        }
        message += [0xCC, UInt8(truncatingIfNeeded: scene.random.next())]
        MessagePackWriter.writeUnsigned(scene.takenEvent(), into: &message)
        return message
    }

    // MARK: Snapshots

    func snapshots(_ scene: HostileServerScene) {
        guard let schema = try? Schema(arena) else { return }
        let low = UInt64(scene.tick & 0xFFFF)
        switch self {
        case .unknownBaselines:
            if scene.random.oneIn(30) { scene.send(full(scene, schema)) }
            scene.send(delta(low, distance: UInt8(1 + scene.random.below(255)), body: [0x90]))
        case .ticksGoBack:
            if scene.random.oneIn(2) {
                scene.tick = UInt32(truncatingIfNeeded: scene.random.next())
            }
            scene.send(full(scene, schema))
            let bits = scene.random.next() & 0xFFFF
            scene.send(delta(bits, distance: UInt8(1 + scene.random.below(64)), body: [0x90]))
        case .hugeIDs:
            scene.send(hugeIDs(scene, schema))
        case .randomBodies:
            if scene.random.oneIn(8) { scene.send(full(scene, schema)) }
            scene.send(delta(low, distance: 1, body: randomBody(scene, schema)))
        case .wrongHashes:
            var message = full(scene, schema)
            message[0] = 0x97
            message += [0xCE] + scene.random.bytes(4)
            scene.send(message)
        case .damagedSnapshots:
            var message = full(scene, schema)
            if scene.random.oneIn(4) {
                message[2 + scene.random.below(message.count - 2)] = UInt8(
                    truncatingIfNeeded: scene.random.next())
            }
            scene.send(message)
        default: break
        }
    }

    private func delta(_ low: UInt64, distance: UInt8, body: [UInt8]) -> [UInt8] {
        var message: [UInt8] = [0x96, 0x01, 0xC0, 0xC0]
        MessagePackWriter.writeUnsigned(low, into: &message)
        MessagePackWriter.writeUnsigned(UInt64(distance), into: &message)
        return message + body
    }

    /// A body of groups whose numbers are in range one by one, and make no sense together.
    private func randomBody(_ scene: HostileServerScene, _ schema: Schema) -> [UInt8] {
        var body: [UInt8] = [0x93, UInt8(scene.random.below(schema.kinds.count + 1))]
        for _ in 0..<2 {
            let count = scene.random.below(12)
            MessagePackWriter.writeArrayHeader(count, into: &body)
            for _ in 0..<count {
                let number = scene.random.one(of: [
                    1, 2, -1, 0, Int64(Int32.min), Int64(Int32.max), 100,
                    Int64(scene.random.below(4000)),
                ])
                MessagePackWriter.writeInteger(number, into: &body)
            }
        }
        return body
    }

    /// Full snapshots whose ids lie far apart, up to the greatest.
    private func hugeIDs(_ scene: HostileServerScene, _ schema: Schema) -> [UInt8] {
        var message: [UInt8] = [0x96, 0x01, 0xC0, 0xC0]
        MessagePackWriter.writeUnsigned(UInt64(scene.tick), into: &message)
        message.append(0)
        MessagePackWriter.writeArrayHeader(schema.kinds.count, into: &message)
        for kind in schema.kinds {
            let rows = scene.random.below(min(kind.capacity, 8) + 1)
            MessagePackWriter.writeArrayHeader(rows * (1 + kind.fields.count), into: &message)
            for _ in 0..<rows {
                let gap = scene.random.one(of: [1, 0x1FFF_FFFF, 0x3FFF_FFFF, -2, Int32.min, 7])
                MessagePackWriter.writeInteger(Int64(gap), into: &message)
                for field in kind.fields {
                    let number = scene.random.oneIn(2) ? field.minimum : field.maximum
                    MessagePackWriter.writeInteger(Int64(number), into: &message)
                }
            }
        }
        return message
    }
}
