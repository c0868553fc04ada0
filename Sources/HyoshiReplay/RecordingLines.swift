import Hyoshi
import Recording

/// The events and inputs of a recording, a JSON object a line.
///
/// The first line is the header. Then `{"tick":N,"joined":[…],"left":[…],"inputs":{"SEAT":[…]},
/// "viewDelays":{"SEAT":N}}` for each tick before which something happened: inputs are those that
/// differ from the tick before, all fields of them in the order of their declaration.
struct RecordingLines {
    private let room: RecordedRoom

    init(_ room: RecordedRoom) { self.room = room }

    /// Writes the lines of all ticks from one on.
    func write(from first: Tick, to sink: (String) -> Void) {
        var output = RecordingReport(room).json
        var walk = room.makeWalk()
        var inputs = walk.inputs
        var delays = walk.viewDelays
        var joined: [Int] = []
        var left: [Int] = []
        // What was read has been judged: nothing is thrown here any more.
        while let event = try? walk.next() {
            switch event {
            case .joined(let seat):
                joined.append(seat.index)
            case .left(let seat):
                left.append(seat.index)
            case .tick:
                if walk.tick >= first {
                    // What holds at the first tick that is told is told with it.
                    let isStart = walk.tick == max(first, Tick(1)) && first > Tick(1)
                    if isStart { joined = walk.seats.map(\.index) }
                    output += line(
                        walk, joined: joined, left: left, inputs: isStart ? nil : inputs,
                        delays: isStart ? room.makeWalk().viewDelays : delays)
                }
                inputs = walk.inputs
                delays = walk.viewDelays
                joined = []
                left = []
            case .check(let hash, _):
                guard walk.tick >= first else { continue }
                var object = RecordingJSON()
                object.add("tick", Int(walk.tick.rawValue))
                object.add("hash", RecordingJSON.hexadecimal(hash))
                output += object.text + "\n"
            }
            if output.utf8.count > 65_536 {
                sink(output)
                output = ""
            }
        }
        sink(output)
    }

    private func line(
        _ walk: OperationWalk, joined: [Int], left: [Int], inputs: [Int32]?, delays: [UInt8]
    ) -> String {
        let width = room.header.neutralInput.count
        var rows: [String] = []
        var newDelays: [String] = []
        for seat in walk.seats {
            let range = (seat.index * width)..<((seat.index + 1) * width)
            if inputs == nil || inputs?[range] != walk.inputs[range] {
                let numbers = walk.inputs[range].map { String($0) }.joined(separator: ",")
                rows.append("\"\(seat.index)\":[\(numbers)]")
            }
            if delays[seat.index] != walk.viewDelays[seat.index] {
                newDelays.append("\"\(seat.index)\":\(walk.viewDelays[seat.index])")
            }
        }
        guard !joined.isEmpty || !left.isEmpty || !rows.isEmpty || !newDelays.isEmpty else {
            return ""
        }
        var text = "{\"tick\":\(walk.tick.rawValue)"
        if !joined.isEmpty { text += ",\"joined\":\(joined)" }
        if !left.isEmpty { text += ",\"left\":\(left)" }
        if !rows.isEmpty { text += ",\"inputs\":{\(rows.joined(separator: ","))}" }
        if !newDelays.isEmpty { text += ",\"viewDelays\":{\(newDelays.joined(separator: ","))}" }
        return text + "}\n"
    }
}

/// One flat JSON object (RFC 8259).
struct RecordingJSON {
    private var members: [String] = []

    /// The object.
    var text: String { "{" + members.joined(separator: ",") + "}" }

    mutating func add(_ name: String, _ value: String) {
        members.append("\"\(name)\":\(RecordingJSON.quoted(value))")
    }

    mutating func add(_ name: String, _ value: [String]) {
        let list = value.map(RecordingJSON.quoted).joined(separator: ",")
        members.append("\"\(name)\":[\(list)]")
    }

    mutating func add(_ name: String, _ value: Int) {
        members.append("\"\(name)\":\(value)")
    }

    mutating func add(_ name: String, _ value: Double) {
        members.append("\"\(name)\":\(value.isFinite ? value : 0)")
    }

    mutating func add(_ name: String, _ value: Bool) {
        members.append("\"\(name)\":\(value)")
    }

    /// 64 bits as `0x…`: JSON numbers do not hold them.
    static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A string literal; the texts of a recording have no control characters.
    private static func quoted(_ text: String) -> String {
        var output = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { output += "\\" }
            output.unicodeScalars.append(character)
        }
        return output + "\""
    }
}
