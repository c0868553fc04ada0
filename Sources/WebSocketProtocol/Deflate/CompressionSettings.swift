/// How hard our compressors work, and what they may weigh.
package struct CompressionSettings: Sendable, Equatable {
    /// zlib's level: 1 (fast) to 9 (small).
    ///
    /// Higher levels cost CPU, not memory.
    package var level: Int
    /// zlib's memory level: 1 to 9.
    ///
    /// A compressor with a window of w bits and memory level m holds 2^(w+2) + 2^(m+9) bytes
    /// (zconf.h): 160 KiB with 15 and 6, 8 KiB with 9 and 3. One is shared by all connections of
    /// a loop that keep no window; each connection that keeps one has its own.
    package var memoryLevel: Int

    /// Makes settings; the defaults suit small messages at 60 Hz.
    package init(level: Int = 5, memoryLevel: Int = 6) {
        self.level = level
        self.memoryLevel = memoryLevel
    }
}
