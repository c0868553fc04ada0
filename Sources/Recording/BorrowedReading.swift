/// Reads a recording where somebody else decompresses: a page's browser has deflate, and a module
/// for it needs none of its own.
///
/// It hands out complete deflate streams (RFC 1951), and takes what they decompress to. To make few
/// of them, blocks of events that follow each other go into one: what they may refer back to is just
/// what stands before them there. Where such a run makes no sense, its blocks come one at a time, so
/// that all before the first senseless one count. One thing is told apart block by block only: within
/// a run, an operation may go on in the next block, and deflate may refer back further than it should.
/// No room writes that, and the checksums say that nobody else has.
package struct BorrowedReading {
    /// What is to be decompressed next.
    package struct Stream {
        /// A complete deflate stream.
        package internal(set) var bytes: [UInt8] = []
        /// The most octets that it may decompress to.
        package internal(set) var plainByteCountMax = 0
        /// The first octets of what it decompresses to, which are known.
        fileprivate var historyByteCount = 0
        fileprivate var start = 0
        fileprivate var blocks: [RecordingFrames.StoredBlock] = []

        /// Of nothing.
        package init() {}
    }

    /// What every stream decompresses to at its end: without it, it has ended too early.
    ///
    /// A payload may end deflate by itself; not every decompressor says that more would follow.
    private static let trailer: [UInt8] = Array("hyoshi".utf8)
    /// The octets of blocks after which no further one is put into a stream.
    private static let runByteCount = 256 * 1024

    private var frames: RecordingFrames
    private var reading: RoomReading
    private var history = BlockHistory()
    /// Up to here blocks come one at a time.
    private var singleUntil = 0
    /// What was handed out and not taken back.
    private var open: Stream?

    /// Reads the header.
    package init(_ bytes: [UInt8], limits: RecordingLimits) throws(RecordingError) {
        frames = try RecordingFrames(bytes, limits: limits)
        reading = RoomReading(frames, limits: limits)
    }

    /// What the recording is of.
    package var header: RecordingHeader { frames.header }

    /// Octets that have been read.
    package var position: Int { frames.position }

    /// Octets of the file.
    package var byteCount: Int { frames.bytes.count }

    /// The recording; nil before its end.
    package var room: RecordedRoom? { reading.ending == nil ? nil : reading.room }

    /// The next stream; nil at the end, and then there is a ``room``.
    package mutating func next() -> Stream? {
        guard reading.ending == nil else { return nil }
        open = makeStream()
        return open
    }

    /// Takes what the last stream has decompressed to; nil where it is no deflate, or too long.
    package mutating func take(_ plain: [UInt8]?) {
        guard let stream = open, let last = stream.blocks.last else { return }
        open = nil
        var trial = frames
        for block in stream.blocks { trial.pass(block) }
        do throws(RecordingError) {
            guard let plain else { throw .malformed }
            let payload = try payload(plain, of: stream)
            try reading.take(
                last, from: stream.start, count: stream.blocks.count, payload)
            if last.type == .events { history.add(payload) }
            frames = trial
        } catch {
            if stream.blocks.count > 1 {
                singleUntil = last.end
            } else {
                reading.finish(.damaged(offset: stream.start))
            }
        }
    }

    /// What the blocks of a stream say.
    private func payload(_ plain: [UInt8], of stream: Stream) throws(RecordingError) -> [UInt8] {
        let end = plain.count - BorrowedReading.trailer.count
        guard end >= stream.historyByteCount, Array(plain[end...]) == BorrowedReading.trailer
        else { throw .malformed }
        return Array(plain[stream.historyByteCount..<end])
    }

    /// The stream of the next block, or of a run of them; nil where there is none any more.
    private mutating func makeStream() -> Stream? {
        guard let first = nextBlock(frames) else {
            if case .damaged = frames.next {
                reading.finish(.damaged(offset: frames.position))
            } else {
                reading.finish(.torn(offset: frames.position))
            }
            return nil
        }
        if first.type == .state { history.removeAll() }
        var stream = Stream()
        stream.start = first.start
        stream.blocks = [first]
        if first.type == .events, first.start >= singleUntil {
            var ahead = frames
            ahead.pass(first)
            while ahead.position - first.start < BorrowedReading.runByteCount,
                let block = nextBlock(ahead), block.type == .events
            {
                stream.blocks.append(block)
                ahead.pass(block)
            }
        }
        fill(&stream)
        return stream
    }

    private func nextBlock(_ frames: RecordingFrames) -> RecordingFrames.StoredBlock? {
        if case .block(let block) = frames.next { return block }
        return nil
    }

    private func fill(_ stream: inout Stream) {
        if stream.blocks[0].type == .events {
            stream.historyByteCount = history.bytes.count
            BorrowedReading.append(stored: history.bytes[...], to: &stream.bytes)
        }
        for block in stream.blocks {
            let payload = frames.bytes[block.payload]
            if block.isDeflated {
                stream.bytes.append(contentsOf: payload)
                stream.bytes.append(contentsOf: RecordingFormat.flushEnd)
            } else {
                BorrowedReading.append(stored: payload, to: &stream.bytes)
            }
        }
        BorrowedReading.append(stored: BorrowedReading.trailer[...], to: &stream.bytes)
        // RFC 1951 §3.2.3: BFINAL, and an empty stored block.
        stream.bytes.append(contentsOf: [0x01, 0x00, 0x00, 0xFF, 0xFF])
        stream.plainByteCountMax =
            stream.historyByteCount + reading.byteCountMax + BorrowedReading.trailer.count
    }

    /// Appends octets as stored blocks (RFC 1951 §3.2.4).
    private static func append(stored bytes: ArraySlice<UInt8>, to stream: inout [UInt8]) {
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let count = min(bytes.endIndex - start, 0xFFFF)
            let low = UInt8(truncatingIfNeeded: count)
            let high = UInt8(truncatingIfNeeded: count &>> 8)
            stream.append(contentsOf: [0x00, low, high, ~low, ~high])
            stream.append(contentsOf: bytes[start..<(start + count)])
            start += count
        }
    }
}
