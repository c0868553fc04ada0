import Foundation
import Hyoshi
import Recording
import Replication

/// What a recording is, for people and for programs.
struct RecordingReport {
    private let room: RecordedRoom

    init(_ room: RecordedRoom) { self.room = room }

    private var seconds: Double {
        Double(room.lastTick.rawValue) / Double(room.header.tickRate)
    }

    /// The time that each player was there, added up.
    private var playerMinutes: Double {
        Double(room.summary.seatTicks) / Double(room.header.tickRate) / 60
    }

    private var bytesPerPlayerMinute: Double? {
        playerMinutes > 0.01 ? Double(room.byteCount) / playerMinutes : nil
    }

    private var ending: String {
        switch room.ending {
        case .complete(.closed): "complete"
        case .complete(.sizeLimit): "ended at its limit of size"
        case .torn(let offset): "cut off at octet \(offset); all before it is whole"
        case .damaged(let offset): "DAMAGED from octet \(offset) on"
        }
    }

    private var started: String {
        let instant = Date(
            timeIntervalSince1970: Double(room.header.startedAtMilliseconds) / 1000)
        return instant.formatted(.iso8601)
    }

    /// A table.
    var text: String {
        let header = room.header
        let summary = room.summary
        var rows: [(String, String)] = [
            ("room", header.room),
            (
                "game",
                "\(header.game), declarations \(RecordingJSON.hexadecimal(header.declarations))"
            ),
            ("protocol", header.protocolVersion),
            ("build", header.build),
            ("started", started),
            ("seed", String(header.seed)),
            ("length", "\(room.lastTick.rawValue) ticks, \(RecordingReport.clock(seconds))"),
            ("tick rate", "\(header.tickRate) Hz"),
            ("seats", "\(header.seatsMax), at most \(summary.seatsMost) taken"),
            ("joins, leaves", "\(summary.joins), \(summary.leaves)"),
            ("input changes", String(summary.inputChanges)),
            ("checks", "\(summary.checks), every \(header.checkIntervalTicks) ticks"),
            ("full states", "\(summary.states), \(summary.stateByteCount) bytes"),
            ("size", "\(room.byteCount) bytes"),
        ]
        if let bytes = bytesPerPlayerMinute {
            rows.append(("per player", "\(Int(bytes.rounded())) bytes a minute"))
        }
        rows.append(("ending", ending))
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, value in
            name + String(repeating: " ", count: width + 2 - name.count) + value + "\n"
        }.joined()
    }

    /// One JSON object and a line feed.
    var json: String {
        let header = room.header
        let summary = room.summary
        var object = RecordingJSON()
        object.add("room", header.room)
        object.add("game", header.game)
        object.add("declarations", RecordingJSON.hexadecimal(header.declarations))
        object.add("protocol", header.protocolVersion)
        object.add("build", header.build)
        object.add("started", started)
        object.add("seed", String(header.seed))
        object.add("ticks", Int(room.lastTick.rawValue))
        object.add("tickRate", header.tickRate)
        object.add("seats", header.seatsMax)
        object.add("seatsMost", summary.seatsMost)
        object.add("joins", summary.joins)
        object.add("leaves", summary.leaves)
        object.add("inputChanges", summary.inputChanges)
        object.add("checks", summary.checks)
        object.add("states", summary.states)
        object.add("bytes", room.byteCount)
        object.add("playerMinutes", playerMinutes)
        if let bytes = bytesPerPlayerMinute { object.add("bytesPerPlayerMinute", bytes) }
        switch room.ending {
        case .complete(.closed): object.add("ending", "complete")
        case .complete(.sizeLimit): object.add("ending", "size-limit")
        case .torn: object.add("ending", "torn")
        case .damaged: object.add("ending", "damaged")
        }
        return object.text + "\n"
    }

    /// A duration as `1:02:03`.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }
}

/// What a verification has found, for people and for programs.
struct VerificationReport {
    private let verifier: ReplayVerifier
    private let first: Tick
    private let seconds: Double

    init(_ verifier: ReplayVerifier, first: Tick, seconds: Double) {
        self.verifier = verifier
        self.first = first
        self.seconds = seconds
    }

    private var game: Game { verifier.player.game }

    /// Some lines.
    var text: String {
        let room = verifier.player.room
        guard let difference = verifier.difference else {
            let speed = Double(verifier.ticksCompared) / Double(room.header.tickRate) / seconds
            var text = "the same: \(verifier.ticksCompared) ticks in "
            text += "\(Self.rounded(seconds)) s, \(Int(speed)) times real time\n"
            if case .torn(let offset) = room.ending {
                text += "the recording is cut off at octet \(offset), as after a crash\n"
            }
            return text
        }
        var text = "DIFFERS at tick \(difference.tick.rawValue)"
        if first > .zero { text += " (compared from tick \(first.rawValue) on)" }
        text += "\n"
        if let check = difference.checkTick {
            let columns = difference.columns.map { name($0.kind, $0.field) }
            text += "  at tick \(check.rawValue) differ: "
            text += columns.isEmpty ? "no wire numbers" : columns.joined(separator: ", ")
            text += "\n"
        } else {
            text += "  the recording ends before a check that would name fields\n"
        }
        if let state = difference.stateTick {
            for value in difference.values {
                text += "  at tick \(state.rawValue): \(describe(value))\n"
            }
            if difference.randomDiffers { text += "  other random numbers were drawn\n" }
        }
        text += "recorded by: \(room.header.build)\n"
        return text
    }

    /// One JSON object and a line feed.
    var json: String {
        var object = RecordingJSON()
        object.add("ticksCompared", verifier.ticksCompared)
        object.add("seconds", seconds)
        object.add("isSame", verifier.difference == nil)
        if let difference = verifier.difference {
            object.add("tick", Int(difference.tick.rawValue))
            if let check = difference.checkTick {
                object.add("checkTick", Int(check.rawValue))
                object.add("columns", difference.columns.map { name($0.kind, $0.field) })
            }
            if let state = difference.stateTick {
                object.add("stateTick", Int(state.rawValue))
                object.add("values", difference.values.map(describe))
                object.add("randomDiffers", difference.randomDiffers)
            }
        }
        return object.text + "\n"
    }

    private func describe(_ value: ReplayDifference.Value) -> String {
        let kind = name(value.kind, nil)
        guard let field = value.field else {
            return value.recorded == nil
                ? "\(kind) \(value.id) was not there" : "\(kind) \(value.id) is not there any more"
        }
        let recorded = value.recorded.map(String.init) ?? "nothing"
        let replayed = value.replayed.map(String.init) ?? "nothing"
        return "\(name(value.kind, field)) of \(value.id) was \(recorded), is \(replayed)"
    }

    private func name(_ kind: Int, _ field: Int?) -> String {
        guard game.kinds.indices.contains(kind) else { return "?" }
        let kind = game.kinds[kind]
        guard let field else { return text(of: kind.name) }
        guard kind.fields.indices.contains(field) else { return "?" }
        return text(of: kind.name) + "." + text(of: kind.fields[field].name)
    }

    private func text(of name: StaticString) -> String {
        name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    }

    private static func rounded(_ seconds: Double) -> String {
        String(Double(Int(seconds * 100 + 0.5)) / 100)
    }
}
