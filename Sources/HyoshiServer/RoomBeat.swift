import Histogram
import ServerCore

/// The beat of one room as numbers: distributions of lateness and work, in nanoseconds.
///
/// Recording takes about 10 ns and allocates nothing.
struct RoomBeat: Sendable {
    /// A distribution of nanoseconds up to 100 s, two digits exact.
    typealias Distribution = Histogram<UInt32>

    /// Ticks made since the room was opened.
    var ticks: UInt64 = 0
    /// Deadlines without a tick.
    var droppedTicks: UInt64 = 0
    /// From the deadline to the start, since the room was opened.
    var lateness = RoomBeat.makeDistribution()
    /// Step and encoding, since the room was opened.
    var work = RoomBeat.makeDistribution()

    static func makeDistribution() -> Distribution {
        Distribution(
            lowestDiscernibleValue: 64, highestTrackableValue: 100_000_000_000,
            numberOfSignificantValueDigits: .two)
    }

    mutating func record(_ report: TickReport) {
        ticks &+= UInt64(report.ticks)
        droppedTicks &+= UInt64(report.dropped)
        lateness.record(min(report.latenessNanoseconds, 99_000_000_000))
        work.record(min(report.workNanoseconds, 99_000_000_000))
    }
}
