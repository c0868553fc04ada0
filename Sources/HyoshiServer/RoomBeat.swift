import Histogram
import ServerCore
import TransportInterface

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
    /// When the first and the last reports' ticks were started, and the ticks made before the last.
    private var firstStart: MonotonicInstant?
    private var lastStart = MonotonicInstant(nanoseconds: 0)
    private var ticksBeforeLast: UInt64 = 0
    /// From the deadline to the start, since the room was opened.
    var lateness = RoomBeat.makeDistribution()
    /// Step and encoding, since the room was opened.
    var work = RoomBeat.makeDistribution()

    static func makeDistribution() -> Distribution {
        Distribution(
            lowestDiscernibleValue: 64, highestTrackableValue: 100_000_000_000,
            numberOfSignificantValueDigits: .two)
    }

    /// Ticks a second from the first start to the last; 0 where there were fewer than two.
    var rateHertz: Double {
        guard let firstStart, ticksBeforeLast > 0 else { return 0 }
        let seconds = Double(lastStart.nanoseconds(since: firstStart)) / 1e9
        return seconds > 0 ? Double(ticksBeforeLast) / seconds : 0
    }

    /// Adds the numbers of a room that is closed, so that totals never fall.
    mutating func add(_ closed: RoomBeat) {
        ticks &+= closed.ticks
        droppedTicks &+= closed.droppedTicks
        lateness.add(closed.lateness)
        work.add(closed.work)
    }

    mutating func record(_ report: TickReport) {
        if firstStart == nil { firstStart = report.startedAt }
        lastStart = report.startedAt
        ticksBeforeLast = ticks
        ticks &+= UInt64(report.ticks)
        droppedTicks &+= UInt64(report.dropped)
        lateness.record(min(report.latenessNanoseconds, 99_000_000_000))
        work.record(min(report.workNanoseconds, 99_000_000_000))
    }
}
