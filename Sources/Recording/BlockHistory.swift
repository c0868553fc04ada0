/// What payloads of events may refer back to: the end of those since the last full state.
struct BlockHistory: Sendable {
    /// The octets.
    private(set) var bytes: [UInt8] = []
    /// How many of them there are at most.
    static let byteCountMax = 4_096

    /// Adds a plain payload of events.
    mutating func add(_ payload: [UInt8]) {
        bytes.append(contentsOf: payload.suffix(BlockHistory.byteCountMax))
        let excess = bytes.count - BlockHistory.byteCountMax
        if excess > 0 { bytes.removeFirst(excess) }
    }

    /// Forgets everything: a full state can be read without what was before.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}
