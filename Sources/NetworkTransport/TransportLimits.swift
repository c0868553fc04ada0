/// The limits of a loop group: every one finite, each with its unit and what it costs.
package struct TransportLimits: Sendable {
    /// Connections that all loops of the group hold together, opened ones included.
    ///
    /// Further peers are accepted and closed at once. Costs 96 bytes of address space each per
    /// loop, resident only once used, and what the kernel takes for a socket.
    package var connectionsMax = 10_000
    /// Connections that may wait to be accepted, per loop; the kernel cuts it to `somaxconn`.
    package var backlog: Int32 = 4_096
    /// Bytes of each socket's send buffer in the kernel, which doubles it for its bookkeeping.
    ///
    /// Small, so that a reader that has stopped is noticed within a few seconds of snapshots.
    package var sendBufferByteCount: Int32 = 64 * 1024
    /// Bytes that may wait for one connection beyond the kernel's buffer.
    ///
    /// Allocated only while something waits. A connection that exceeds it is closed.
    package var waitingByteCountMax = 256 * 1024
    /// Connections accepted per wake-up; the rest waits in the backlog.
    ///
    /// Few, because a tick waits for them: some 1,000 a second, for about 1 ms of each tick. A storm
    /// of peers that come back drains in seconds, and a flood of them costs others no tick.
    package var acceptsPerWakeUpMax = 16
    /// Reads of 64 KiB from one connection per wake-up; the rest waits in the kernel.
    package var readsPerWakeUpMax = 4
    /// How long a closing connection may take to write what waits and to see the peer's end.
    ///
    /// Begins anew for a peer that has taken ``lingerByteCountMin`` in the meantime: a slow link
    /// gets all of a document.
    package var lingerNanoseconds: UInt64 = 2_000_000_000
    /// Bytes that a peer has to take in each ``lingerNanoseconds`` while there are any.
    package var lingerByteCountMin = 4 * 1024
    /// How long opening a connection may take (client role).
    package var connectNanoseconds: UInt64 = 10_000_000_000
    /// How long written bytes may stay unacknowledged by the peer's kernel.
    package var userTimeoutMilliseconds: UInt32 = 10_000
    /// How long the peers may take to leave once the group is asked to stop.
    package var shutDownNanoseconds: UInt64 = 3_000_000_000

    /// The defaults.
    package init() {}
}

/// When a loop wakes up.
package enum WakePolicy: Sendable {
    /// On the driver's deadlines, and at least 60 times a second; input waits for the beat.
    ///
    /// For servers of rooms: one pass reads everything, ticks, and sends everything.
    case beat
    /// As soon as anything arrives, or on the driver's deadlines.
    case onArrival
}

/// What a loop has counted since it started; plain integers, written by its own thread only.
package struct LoopCounters: Sendable, Equatable {
    /// Cycles of the loop.
    package var wakeUps: UInt64 = 0
    /// Connections accepted.
    package var accepts: UInt64 = 0
    /// Connections shut at once because ``TransportLimits/connectionsMax`` were open.
    package var refusedByLimit: UInt64 = 0
    /// Connections shut at once because the process or the machine had no file descriptor left.
    package var refusedByExhaustion: UInt64 = 0
    /// Connections opened by the driver (client role).
    package var connects: UInt64 = 0
    /// Connections that could not be opened (client role).
    package var connectFailures: UInt64 = 0
    /// Connections that came from another loop.
    package var adoptions: UInt64 = 0
    /// Connections given to another loop.
    package var handOvers: UInt64 = 0
    /// Reads that brought bytes.
    package var reads: UInt64 = 0
    /// Bytes read.
    package var bytesIn: UInt64 = 0
    /// Writes that took bytes.
    package var sends: UInt64 = 0
    /// Bytes that the kernel took.
    package var bytesOut: UInt64 = 0
    /// Writes of which the kernel took a part.
    package var partialWrites: UInt64 = 0
    /// Writes of which the kernel took nothing.
    package var refusedWrites: UInt64 = 0
    /// Connections closed because more than ``TransportLimits/waitingByteCountMax`` waited.
    package var overflows: UInt64 = 0
    /// Effects for connections that were gone.
    package var staleEffects: UInt64 = 0
    /// Connections that the peer or the network reset.
    package var resets: UInt64 = 0
    /// Connections that the loop holds now, closing ones included.
    package var connectionsOpen = 0

    /// All zero.
    package init() {}
}
