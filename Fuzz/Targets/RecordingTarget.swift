import Arena
import Hyoshi
import Recording

/// Invariant: a recording that reads can be played from its first tick to its last and from each of
/// its full states, and says the same when it is read again.
enum RecordingTarget {
    /// Ticks that are played of one input.
    private static let ticksMax: UInt32 = 300

    /// Where the first byte is even, a file; where it is odd, blocks, each behind its type (its lowest three
    /// bits) and its length (255: all that is left), which are framed with good checksums.
    static func run(_ input: [UInt8]) throws(InvariantBroken) {
        var reader = InputReader(input)
        var bytes: [UInt8] = []
        if reader.byte() & 1 == 0 {
            bytes = reader.rest()
        } else {
            var header = RecordingHeader(game: arena, protocolVersion: "hyoshi.v1")
            header.rewindTicksMax = 12
            var writer = RecordingWriter(header: header, game: arena, into: &bytes)
            while !reader.isAtEnd {
                let type = reader.byte() & 7
                let count = Int(reader.byte())
                writer.appendBlock(
                    type: type, count == 255 ? reader.rest() : reader.take(count), into: &bytes)
            }
        }
        var limits = RecordingLimits()
        limits.blockByteCountMax = 256 * 1024
        limits.eventsByteCountMax = 1024 * 1024
        let room: RecordedRoom
        do throws(RecordingError) {
            room = try RecordedRoom(bytes, limits: limits)
        } catch {
            try require(!error.description.isEmpty, "an error without a word")
            return
        }
        try require(room.byteCount <= bytes.count, "more was read than there is")
        try play(room)
    }

    private static func play(_ room: RecordedRoom) throws(InvariantBroken) {
        let player: ReplayPlayer
        do throws(RecordingError) {
            player = try ReplayPlayer(room: room, game: arena, protocolVersion: "hyoshi.v1")
        } catch { return }
        let last = Tick(min(room.lastTick.rawValue, ticksMax))
        player.seek(to: last)
        try require(player.tick == last, "played to \(player.tick), not to \(last)")
        for tick in player.stateTicks.prefix(4) {
            player.seek(to: tick)
            try require(player.tick == tick, "not at the state of \(tick)")
            for _ in 0..<20 where player.step() {}
        }
        player.seek(to: last)
        let verifier = ReplayVerifier(player)
        _ = verifier.run(ticksMax: 50)
    }
}
