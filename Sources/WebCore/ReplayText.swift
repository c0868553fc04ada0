import Hyoshi
package import Recording
import Replication

extension JSONText {
    /// What a recording is, and the declarations of its game.
    package static func recording(_ player: ReplayPlayer) -> [UInt8] {
        let room = player.room
        let header = room.header
        var text = JSONText()
        text.object { text in
            text.member("room", header.room)
            text.member("game", header.game)
            text.member("protocol", header.protocolVersion)
            text.member("build", header.build)
            // 64 bits are more than a page's numbers hold.
            text.member("seed", decimal(header.seed))
            text.member("startedAt", Int64(clamping: header.startedAtMilliseconds))
            text.member("tickRate", Int64(header.tickRate))
            text.member("seatsMax", Int64(header.seatsMax))
            text.member("ticks", Int64(room.lastTick.rawValue))
            text.member("byteCount", Int64(room.byteCount))
            text.ending(room.ending)
            text.member("joins", Int64(room.summary.joins))
            text.member("leaves", Int64(room.summary.leaves))
            text.member("seatsMost", Int64(room.summary.seatsMost))
            text.member("inputChanges", Int64(room.summary.inputChanges))
            text.member("checks", Int64(room.summary.checks))
            text.member("states", Int64(room.summary.states))
            text.key("schema")
            if let schema = try? Schema(player.game) {
                text.schema(schema)
            } else {
                text.word("null")
            }
        }
        return text.bytes
    }

    private mutating func ending(_ ending: RecordingEnding) {
        switch ending {
        case .complete(.closed):
            member("ending", "complete")
        case .complete(.sizeLimit):
            member("ending", "sizeLimit")
        case .complete(.fellBehind):
            member("ending", "fellBehind")
        case .torn:
            member("ending", "torn")
        case .damaged:
            member("ending", "damaged")
        }
    }

    /// Where a replay stops being what was recorded; `null` where it does not.
    package static func difference(_ verifier: ReplayVerifier) -> [UInt8] {
        var text = JSONText()
        guard let found = verifier.difference else {
            text.word("null")
            return text.bytes
        }
        let game = verifier.player.game
        text.object { text in
            text.member("tick", Int64(found.tick.rawValue))
            text.member("checkTick", found.checkTick.map { Int64($0.rawValue) })
            text.key("columns")
            text.array(found.columns) { text, column in
                text.object { text in text.place(game, column.kind, column.field) }
            }
            text.member("stateTick", found.stateTick.map { Int64($0.rawValue) })
            text.key("values")
            text.array(found.values) { text, value in
                text.object { text in
                    text.place(game, value.kind, value.field)
                    text.member("id", Int64(value.id))
                    text.member("recorded", value.recorded.map { Int64($0) })
                    text.member("replayed", value.replayed.map { Int64($0) })
                }
            }
            text.key("randomDiffers")
            text.word(found.randomDiffers ? "true" : "false")
        }
        return text.bytes
    }

    /// Appends the names of a kind and, where there is one, of a field.
    private mutating func place(_ game: Game, _ kind: Int, _ field: Int?) {
        guard game.kinds.indices.contains(kind) else { return }
        let declared = game.kinds[kind]
        key("kind")
        string(declared.name)
        key("field")
        if let field, declared.fields.indices.contains(field) {
            string(declared.fields[field].name)
        } else {
            word("null")
        }
    }

    private mutating func string(_ name: StaticString) {
        var bytes: [UInt8] = []
        name.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        string(bytes.span)
    }

    private static func decimal(_ word: UInt64) -> String {
        var digits: [UInt8] = []
        var rest = word
        repeat {
            digits.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        digits.reverse()
        return String(decoding: digits, as: UTF8.self)
    }
}
