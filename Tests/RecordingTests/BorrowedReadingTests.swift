import Arena
import CDeflate
import Hyoshi
import Recording
import RoomCore
import Testing

/// Reading with somebody else's deflate comes to the same as reading with one's own.
@Suite struct BorrowedReadingTests {
    /// What a browser does: a whole stream at once, which ends where deflate says that it ends.
    private func inflated(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        guard let stream = cdeflate_decompressor_create(15) else { return nil }
        defer { cdeflate_decompressor_destroy(stream) }
        var output = [UInt8](repeating: 0, count: min(limit, 1 << 20) + 1)
        let step = bytes.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                cdeflate_decompress(
                    stream, input.baseAddress, input.count, output.baseAddress, output.count)
            }
        }
        guard step.status == cdeflate_stream_end, step.produced <= limit else { return nil }
        return Array(output[..<step.produced])
    }

    private struct Result {
        var room: RecordedRoom
        var streams = 0
    }

    private func read(
        _ bytes: [UInt8], limits: RecordingLimits = RecordingLimits()
    ) throws(RecordingError) -> Result {
        var reading = try BorrowedReading(bytes, limits: limits)
        var streams = 0
        while let stream = reading.next() {
            streams += 1
            reading.take(inflated(stream.bytes, limit: stream.plainByteCountMax))
        }
        guard let room = reading.room else { throw .malformed }
        return Result(room: room, streams: streams)
    }

    private func expectSame(
        _ bytes: [UInt8], limits: RecordingLimits = RecordingLimits(),
        _ location: SourceLocation = #_sourceLocation
    ) {
        do throws(RecordingError) {
            let own = try RecordedRoom(bytes, limits: limits)
            let borrowed = try read(bytes, limits: limits).room
            #expect(borrowed.ending == own.ending, sourceLocation: location)
            #expect(borrowed.lastTick == own.lastTick, sourceLocation: location)
            #expect(borrowed.summary == own.summary, sourceLocation: location)
            #expect(borrowed.byteCount == own.byteCount, sourceLocation: location)
        } catch let own {
            #expect(throws: own, sourceLocation: location) { try read(bytes, limits: limits) }
        }
    }

    @Test func aRecordingIsReadInFewStreamsAndPlaysTheSame() throws {
        let script = RecordedScript(seed: 9)
        let result = script.run(arena)
        expectSame(result.bytes)
        let found = try read(result.bytes)
        #expect(found.room.ending == .complete(.closed) && found.room.summary.eventsBlocks == 80)
        // Four states, and what stands between them.
        #expect(found.streams <= 2 * 4 + 1)
        let player = try ReplayPlayer(
            room: found.room, game: arena, protocolVersion: "hyoshi.v1")
        let verifier = ReplayVerifier(player)
        while verifier.run(ticksMax: 100) {}
        #expect(verifier.difference == nil && verifier.ticksCompared == 400)
        player.seek(to: Tick(250))
        #expect(player.instance.stateHash == result.hashes[249])
    }

    @Test func everyFlippedBitIsNoticedWhereItIsByTheOwnReader() {
        let script = RecordedScript(
            seed: 3, ticks: 60, checkIntervalTicks: 20, stateIntervalTicks: 40)
        let bytes = script.run(Game(Drifters.self)).bytes
        for position in bytes.indices {
            var flipped = bytes
            flipped[position] ^= 1 << UInt8(position % 8)
            expectSame(flipped)
        }
    }

    @Test func aRecordingIsReadUpToWhereItIsTorn() {
        let script = RecordedScript(
            seed: 3, ticks: 60, checkIntervalTicks: 20, stateIntervalTicks: 40)
        let bytes = script.run(Game(Drifters.self), ends: false).bytes
        for count in 0...bytes.count { expectSame(Array(bytes[..<count])) }
    }

    /// A run of blocks is taken as far as it makes sense, block by block.
    @Test(
        arguments: [
            // No operation; a seat that is not taken leaves; half a check; a second header.
            [2, 131], [2, 129, 5], [2, 130, 1, 2], [1, 0],
            // No deflate; deflate that breaks off; that ends by itself, behind a tick and behind nothing.
            [130, 0xFF, 0xFF], [130, 0x62, 0x14], [130, 0x63, 0xF4, 0x03, 0x00], [131, 0x03, 0x00],
        ] as [[UInt8]])
    func aSenselessBlockEndsTheReadingAtIt(block: [UInt8]) throws {
        let game = Game(Drifters.self)
        let script = RecordedScript()
        var bytes: [UInt8] = []
        var writer = RecordingWriter(header: script.header(game), game: game, into: &bytes)
        writer.appendBlock(type: 2, [128, 3], into: &bytes)
        writer.appendBlock(type: 2, [1, 77], into: &bytes)
        let start = bytes.count
        writer.appendBlock(type: block[0], Array(block[1...]), into: &bytes)
        writer.appendBlock(type: 2, [1, 78], into: &bytes)
        let room = try read(bytes).room
        #expect(room.ending == .damaged(offset: start) && room.lastTick == Tick(1))
        expectSame(bytes)
    }

    @Test(arguments: [20, 100, 1_000])
    func noMoreIsTakenThanTheLimits(byteCountMax: Int) {
        var limits = RecordingLimits()
        limits.eventsByteCountMax = byteCountMax
        let bytes = RecordedScript(seed: 4).run(arena).bytes
        expectSame(bytes, limits: limits)
    }
}
