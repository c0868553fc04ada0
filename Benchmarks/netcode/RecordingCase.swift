import Arena
import ClientCore
import Hyoshi
import NetworkModel
import Recording
import Replication
import RoomCore
import ServerCore
import SimulatorKit

/// What a recording of a match weighs, and how well hits are judged by what players see: bots, and
/// one player at a display.
struct RecordingCase {
    var profile = NetworkProfile.clean
    var bots = 15
    /// Virtual seconds.
    var seconds = 60.0
    var seed: UInt64 = 5

    /// What has been found.
    struct Result {
        var bytesPerPlayerMinute = 0.0
        /// How often a view delay moved, for each player and second.
        var viewDelayChanges = 0.0
        /// The points of all bots, for each of them and minute: what is hit.
        var pointsPerPlayerMinute = 0.0
        /// Ticks from what the player at the display saw to what its command is judged by, for each.
        var judgementErrors: [Double] = []
        /// Where the bytes go, for each player and minute.
        var lines: [String] = []
    }

    /// Runs matches of successive seeds; gives the means, and the lines of the last one.
    func run(seeds count: Int) throws -> Result {
        var sum = Result()
        for number in 0..<UInt64(count) {
            var test = self
            test.seed = seed &+ 100 &* number
            let result = try test.run()
            sum.bytesPerPlayerMinute += result.bytesPerPlayerMinute / Double(count)
            sum.viewDelayChanges += result.viewDelayChanges / Double(count)
            sum.pointsPerPlayerMinute += result.pointsPerPlayerMinute / Double(count)
            sum.judgementErrors += result.judgementErrors
            sum.lines = result.lines
        }
        return sum
    }

    /// Plays and records the match.
    func run() throws -> Result {
        let played = try DisplayMatch(bots: bots, profile: profile, seed: seed)
        let (match, display) = (played.match, played.display)
        let recording = VirtualRecording(of: match)
        display.isRecording = true
        match.run(seconds: seconds)
        recording.end()
        let room = try RecordedRoom(recording.bytes)
        let minutes = Double(room.summary.seatTicks) / Double(room.header.tickRate) / 60
        var result = Result()
        result.bytesPerPlayerMinute = Double(room.byteCount) / minutes
        result.viewDelayChanges = Double(room.summary.viewDelayChanges) / minutes / 60
        if let board = ScoreBoard(try Schema(arena)), let table = match.room?.table {
            let points = board.scores(table).reduce(0) { $0 + Int($1 ?? 0) }
            result.pointsPerPlayerMinute = Double(points) / minutes
        }
        result.judgementErrors = display.frames.compactMap(\.judgementError)
        let summary = room.summary
        func line(_ title: String, _ number: Int) {
            let perPlayer = Double(number) / minutes
            result.lines.append("  \(title): \(Int(perPlayer.rounded()))")
        }
        line("changes of inputs, operations", summary.inputChanges)
        line("view delays, operations", summary.viewDelayChanges)
        line("ticks, each an octet of hash", Int(room.lastTick.rawValue))
        line("blocks of events, 5 octets around each", 5 * summary.eventsBlocks)
        line("blocks of events, octets", summary.eventsByteCount)
        line("full states, octets", summary.stateByteCount)
        return result
    }
}
