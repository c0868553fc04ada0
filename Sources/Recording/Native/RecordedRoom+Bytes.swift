extension RecordedRoom {
    /// Reads a recording's octets.
    package init(
        _ bytes: [UInt8], limits: RecordingLimits = RecordingLimits()
    ) throws(RecordingError) {
        var frames = try RecordingFrames(bytes, limits: limits)
        guard var inflater = BlockInflater() else { throw .malformed }
        var reading = RoomReading(frames, limits: limits)
        var history = BlockHistory()
        while reading.ending == nil {
            switch frames.next {
            case .incomplete:
                reading.finish(.torn(offset: frames.position))
            case .damaged:
                reading.finish(.damaged(offset: frames.position))
            case .block(let block):
                if block.type == .state { history.removeAll() }
                do throws(RecordingError) {
                    let payload =
                        block.isDeflated
                        ? try inflater.plain(
                            of: bytes[block.payload], after: history, limit: reading.byteCountMax)
                        : Array(bytes[block.payload])
                    try reading.take(block, from: block.start, count: 1, payload)
                    if block.type == .events { history.add(payload) }
                    frames.pass(block)
                } catch {
                    reading.finish(.damaged(offset: block.start))
                }
            }
        }
        self = reading.room
    }
}
