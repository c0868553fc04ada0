/// The reliable events for one member: kept until acknowledged, sent again after a resume.
///
/// Bounded in events and bytes; overflow policy: reject, upon which the server ends the connection
/// (close 1013) or the held seat.
struct ReliableLane: Sendable {
    private struct Entry {
        var id: UInt32
        var frame: [UInt8]
    }

    private var entries: [Entry] = []
    private(set) var byteCount = 0
    /// Whether an event was not taken in: the seat cannot be resumed as if nothing were missing.
    private(set) var hasGap = false
    private var lastID: UInt32 = 0
    private var sentThrough: UInt32 = 0
    private let entriesMax: Int
    private let bytesMax: Int

    init(entriesMax: Int, bytesMax: Int) {
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
    }

    /// The id that the next event will have.
    var nextID: UInt32 { lastID &+ 1 }

    /// Whether something waits to be sent on the present connection.
    var hasUnsent: Bool { sentThrough != lastID }

    /// The number of events that are not acknowledged.
    var count: Int { entries.count }

    /// Adds the frame of the event ``nextID``; false, and nothing added, where the lane is full.
    mutating func append(frame: [UInt8]) -> Bool {
        guard entries.count < entriesMax, byteCount + frame.count <= bytesMax, lastID < .max else {
            hasGap = true
            return false
        }
        lastID += 1
        byteCount += frame.count
        entries.append(Entry(id: lastID, frame: frame))
        return true
    }

    /// Everything up to `id` has arrived; ids that were never sent are ignored.
    mutating func acknowledge(_ id: UInt32) {
        guard id <= sentThrough else { return }
        while let first = entries.first, first.id <= id {
            byteCount -= first.frame.count
            entries.removeFirst()
        }
    }

    /// The connection was replaced: everything unacknowledged is to be sent again.
    mutating func restart() {
        sentThrough = (entries.first?.id ?? (lastID &+ 1)) &- 1
    }

    /// Writes the frames that were not sent yet.
    mutating func writeUnsent(into output: inout [UInt8]) {
        guard hasUnsent else { return }
        for entry in entries where entry.id > sentThrough {
            output.append(contentsOf: entry.frame)
        }
        sentThrough = lastID
    }
}
