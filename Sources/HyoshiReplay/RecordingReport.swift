import Foundation
import Hyoshi
import Recording

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
        case .complete(.sizeLimit): "ended at a limit of size, before its room"
        case .complete(.fellBehind):
            "ended before its room: more was to be written than may wait"
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
        case .complete(.fellBehind): object.add("ending", "fell-behind")
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
