import Arena
import GameProtocol
import Hyoshi
import MessagePack
import Replication
import WebSocketProtocol

/// What a hostile server is up to.
package enum HostileServerKind: String, CaseIterable, Sendable {
    // Answers to the opening.
    case garbageAnswer, wrongAccept, refusals, endlessAnswer, silence, uninvitedExtension
    case wrongSubprotocol, damagedAnswer
    // Frames.
    case garbageFrames, wrongFrames, hugeFrames, endlessMessage, controlFlood, texts, closes
    case endings, deflateBombs, wrongDeflate
    // Messages.
    case noWelcome, earlyMessages, randomMessages, wildWelcomes, welcomesAgain, messageFlood
    // Snapshots.
    case unknownBaselines, ticksGoBack, hugeIDs, randomBodies, wrongHashes, damagedSnapshots
    // The rest of the play.
    case wildEvents, wildRosters, wildNumbers

    /// Answers a request, whose right answer is given.
    func answer(_ scene: HostileServerScene, _ right: [UInt8]) {
        switch self {
        case .garbageAnswer:
            scene.output += scene.random.bytes(1 + scene.random.below(3000))
        case .wrongAccept:
            var text = String(decoding: right, as: UTF8.self)
            if let range = text.firstRange(of: "Accept: ") {
                text.replaceSubrange(range, with: "Accept: A")
            }
            scene.output += Array(text.utf8)
        case .refusals:
            let status = scene.random.one(of: [200, 301, 400, 404, 429, 500, 503, 999, 100, 102])
            scene.output += Array("HTTP/1.1 \(status) So\r\nContent-Length: 0\r\n\r\n".utf8)
            scene.ends = scene.random.oneIn(2)
        case .endlessAnswer: scene.output += Array("HTTP/1.1 101 Switching Protocols\r\n".utf8)
        case .silence: break
        case .uninvitedExtension:
            scene.output += right.dropLast(2)
            scene.output += Array(
                "Sec-WebSocket-Extensions: x-other\r\n\r\n".utf8)
        case .wrongSubprotocol:
            var text = String(decoding: right, as: UTF8.self)
            if let range = text.firstRange(of: "hyoshi.v1") {
                text.replaceSubrange(range, with: scene.random.oneIn(2) ? "chat" : "")
            }
            scene.output += Array(text.utf8)
        case .damagedAnswer:
            var bytes = right
            for _ in 0...scene.random.below(3) {
                bytes[scene.random.below(bytes.count)] = UInt8(
                    truncatingIfNeeded: scene.random.next())
            }
            scene.output += bytes
        default: scene.output += right
        }
    }

    /// Whether it greets its clients as it should before it begins.
    private var welcomes: Bool {
        switch self {
        case .welcomesAgain, .messageFlood, .unknownBaselines, .ticksGoBack, .hugeIDs,
            .randomBodies, .wrongHashes, .damagedSnapshots, .wildEvents, .wildRosters,
            .wildNumbers:
            true
        case .garbageFrames, .wrongFrames, .hugeFrames, .endlessMessage, .controlFlood, .texts,
            .closes, .endings, .deflateBombs, .wrongDeflate:
            true
        default: false
        }
    }

    /// Whether it agrees to compression.
    var compresses: Bool { self == .deflateBombs || self == .wrongDeflate }

    /// Does what it does sixty times a second.
    func beat(_ scene: HostileServerScene) {
        guard scene.isOpened else { return }
        scene.beats += 1
        scene.tick &+= 1
        if scene.beats == 1, welcomes {
            greet(scene)
            return
        }
        frames(scene)
        messages(scene)
        snapshots(scene)
    }

    /// A welcome to a seat of the arena, and a full snapshot.
    func greet(_ scene: HostileServerScene) {
        guard let schema = try? Schema(arena) else { return }
        var message: [UInt8] = []
        ServerMessagePacker.welcome(
            Welcome(
                room: "lobby", game: arena.name, seat: SeatIndex(1), seatsMax: 16, tickRate: 60,
                tick: Tick(scene.tick), token: ResumptionToken(high: 1, low: scene.random.next()),
                schema: schema, rewindTicksMax: 12,
                takenEventID: UInt32(truncatingIfNeeded: scene.takenEvent())),
            into: &message)
        scene.send(message)
        scene.inputFieldCount = schema.inputFields.count
        scene.send(full(scene, schema))
    }

    /// A full snapshot of the arena without anything in it, or with a few rows.
    func full(_ scene: HostileServerScene, _ schema: Schema) -> [UInt8] {
        var message: [UInt8] = [0x96, 0x01, 0xC0, 0xC0]
        MessagePackWriter.writeUnsigned(UInt64(scene.tick), into: &message)
        message.append(0)
        MessagePackWriter.writeArrayHeader(schema.kinds.count, into: &message)
        for kind in schema.kinds {
            let rows = scene.random.below(3)
            MessagePackWriter.writeArrayHeader(rows * (1 + kind.fields.count), into: &message)
            for _ in 0..<rows {
                message.append(1)
                for field in kind.fields {
                    let number = scene.random.number(in: field.minimum...field.maximum)
                    MessagePackWriter.writeInteger(Int64(number), into: &message)
                }
            }
        }
        return message
    }
}
