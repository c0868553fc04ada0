import Arena
import CDeflate
import Hyoshi
import Recording

/// Invariant: a recording that reads can be played from its first tick to its last and from each of
/// its full states, and says the same when it is read again.
enum RecordingTarget {
    /// Ticks that are played of one input.
    private static let ticksMax: UInt32 = 300

    /// Where the first byte is even, a file; where it is odd, blocks, each behind its type (its lowest three
    /// bits, and bit 6) and its length (255: all that is left), which are framed with good checksums.
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
                let type = reader.byte()
                let count = Int(reader.byte())
                let payload = count == 255 ? reader.rest() : reader.take(count)
                // Bit 6 is that of short blocks, which have no room for more.
                writer.appendBlock(
                    type: type & (payload.count > 255 ? 0x07 : 0x47), payload, into: &bytes)
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
        try compare(room, with: bytes, limits)
        try play(room)
    }

    /// What a page reads, with somebody else's deflate, is no less than what the own reader does.
    private static func compare(
        _ room: RecordedRoom, with bytes: [UInt8], _ limits: RecordingLimits
    ) throws(InvariantBroken) {
        let borrowed: RecordedRoom?
        do throws(RecordingError) {
            var reading = try BorrowedReading(bytes, limits: limits)
            while let stream = reading.next() { reading.take(inflated(stream)) }
            borrowed = reading.room
        } catch {
            throw InvariantBroken("the own reader takes what the other refuses: \(error)")
        }
        guard let borrowed else { throw InvariantBroken("the reading has no end") }
        try require(
            borrowed.lastTick >= room.lastTick,
            "read to \(borrowed.lastTick), and by the own reader to \(room.lastTick)")
    }

    private static func inflated(_ stream: BorrowedReading.Stream) -> [UInt8]? {
        guard let inflater = cdeflate_decompressor_create(15) else { return nil }
        defer { cdeflate_decompressor_destroy(inflater) }
        var output: [UInt8] = []
        var consumed = 0
        while true {
            var piece = [UInt8](repeating: 0, count: 16 * 1024)
            let step = stream.bytes.withUnsafeBufferPointer { input in
                let rest = input.extracting(consumed..<input.count)
                return piece.withUnsafeMutableBufferPointer { piece in
                    cdeflate_decompress(
                        inflater, rest.baseAddress, rest.count, piece.baseAddress, piece.count)
                }
            }
            consumed += step.consumed
            output += piece[..<step.produced]
            if step.status == cdeflate_stream_end { return output }
            guard step.produced > 0, output.count <= stream.plainByteCountMax else { return nil }
        }
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
