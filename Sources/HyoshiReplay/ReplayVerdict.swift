public import Hyoshi
package import Recording
import Replication

/// What came of making a recording's ticks again.
public struct ReplayVerdict: Sendable, CustomStringConvertible {
    /// The ticks that were compared.
    public let ticksCompared: Int
    /// The first tick whose state differs, or nil.
    ///
    /// Each tick is told by one octet of its state's hash: with a chance of 1 in 256 a difference is
    /// found at the next tick only, and at the next check for certain.
    public let firstDifference: Tick?
    /// The fields that differ at the first check after it, as `kind.field`; `kind` alone for ids.
    public let fields: [String]
    /// The values that differ from the recorded ones, at most 16, each as a sentence.
    public let values: [String]

    /// The first tick with a full state that makes no sense to the game, or nil.
    ///
    /// The file is damaged there, or was made to look like a recording: nobody can say whether the
    /// state is the same.
    public let damagedState: Tick?

    /// Whether today's rules make what was recorded: all of it, and all of it makes sense.
    public var isSame: Bool { firstDifference == nil && damagedState == nil }

    package let difference: ReplayDifference?
    package let first: Tick
    private let tickRate: Int
    private let build: String
    private let ending: RecordingEnding

    init(_ verifier: ReplayVerifier, first: Tick) {
        let room = verifier.player.room
        let names = TableNames(verifier.player.game)
        self.first = first
        ticksCompared = verifier.ticksCompared
        difference = verifier.difference
        firstDifference = difference?.tick
        damagedState = verifier.damagedStateTick
        fields = difference?.columns.map { names.name($0.kind, $0.field) } ?? []
        values = difference?.values.map(names.sentence) ?? []
        tickRate = room.header.tickRate
        build = room.header.build
        ending = room.ending
    }

    /// Some lines.
    public var description: String { text(seconds: nil) }

    /// Some lines for people; with how fast it was, where that is known.
    package func text(seconds: Double?) -> String {
        guard let difference else {
            if let damagedState {
                return "DAMAGED: the full state at tick \(damagedState.rawValue) makes no sense; "
                    + "beside it \(ticksCompared) ticks are the same\n"
            }
            var text = "the same: \(ticksCompared) ticks"
            if let seconds {
                let speed = Double(ticksCompared) / Double(tickRate) / max(seconds, 1e-9)
                text += " in \(Self.rounded(seconds)) s, \(Int(speed)) times real time"
            }
            text += "\n"
            if case .torn(let offset) = ending {
                text += "the recording is cut off at octet \(offset), as after a crash\n"
            }
            return text
        }
        var text = "DIFFERS at tick \(difference.tick.rawValue)"
        if first > .zero { text += " (those after tick \(first.rawValue) were compared)" }
        text += "\n"
        if let check = difference.checkTick {
            text += "  at tick \(check.rawValue) differ: "
            text += fields.isEmpty ? "no wire numbers" : fields.joined(separator: ", ")
            text += "\n"
        } else {
            text += "  the recording ends before a check that would name fields\n"
        }
        if let state = difference.stateTick {
            for value in values { text += "  at tick \(state.rawValue): \(value)\n" }
            if difference.randomDiffers { text += "  other random numbers were drawn\n" }
        }
        if let damagedState {
            text += "  the full state at tick \(damagedState.rawValue) makes no sense\n"
        }
        text += "recorded by: \(build)\n"
        return text
    }

    /// One JSON object and a line feed.
    package func json(seconds: Double) -> String {
        var object = RecordingJSON()
        object.add("ticksCompared", ticksCompared)
        object.add("seconds", seconds)
        object.add("isSame", isSame)
        if let damagedState { object.add("damagedStateTick", Int(damagedState.rawValue)) }
        if let difference {
            object.add("tick", Int(difference.tick.rawValue))
            if let check = difference.checkTick {
                object.add("checkTick", Int(check.rawValue))
                object.add("columns", fields)
            }
            if let state = difference.stateTick {
                object.add("stateTick", Int(state.rawValue))
                object.add("values", values)
                object.add("randomDiffers", difference.randomDiffers)
            }
        }
        return object.text + "\n"
    }

    private static func rounded(_ seconds: Double) -> String {
        String(Double(Int(seconds * 100 + 0.5)) / 100)
    }
}

/// The names of a game's kinds and fields.
private struct TableNames {
    private let game: Game

    init(_ game: Game) { self.game = game }

    func sentence(_ value: ReplayDifference.Value) -> String {
        let kind = name(value.kind, nil)
        guard let field = value.field else {
            return value.recorded == nil
                ? "\(kind) \(value.id) was not there" : "\(kind) \(value.id) is not there any more"
        }
        let recorded = value.recorded.map(String.init) ?? "nothing"
        let replayed = value.replayed.map(String.init) ?? "nothing"
        return "\(name(value.kind, field)) of \(value.id) was \(recorded), is \(replayed)"
    }

    func name(_ kind: Int, _ field: Int?) -> String {
        guard game.kinds.indices.contains(kind) else { return "?" }
        let kind = game.kinds[kind]
        guard let field else { return text(of: kind.name) }
        guard kind.fields.indices.contains(field) else { return "?" }
        return text(of: kind.name) + "." + text(of: kind.fields[field].name)
    }

    private func text(of name: StaticString) -> String {
        name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    }
}
