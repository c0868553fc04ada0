/// What a peer may send before a WebSocket is open; all finite.
package struct HandshakeLimits: Sendable, Equatable {
    /// Largest head in bytes, from the first to the last CR LF: 8 KiB; at most 65,535.
    ///
    /// A connection holds at most twice as much while its head arrives, and nothing of it
    /// afterwards.
    package var headByteCountMax: Int
    /// Longest start line in bytes, without its CR LF: 2 KiB.
    package var startLineByteCountMax: Int
    /// Most fields: 64, each 10 bytes of memory while the head arrives.
    package var fieldCountMax: Int
    /// Most reads that a head may take: 512.
    ///
    /// An honest head of 300 bytes survives its arrival byte by byte; the absolute deadline of a
    /// handshake is the caller's.
    package var readCountMax: Int

    /// Makes limits; the arguments left out have the defaults.
    package init(
        headByteCountMax: Int = 8 * 1024, startLineByteCountMax: Int = 2 * 1024,
        fieldCountMax: Int = 64, readCountMax: Int = 512
    ) {
        self.headByteCountMax = min(headByteCountMax, 65_535)
        self.startLineByteCountMax = startLineByteCountMax
        self.fieldCountMax = fieldCountMax
        self.readCountMax = readCountMax
    }
}
