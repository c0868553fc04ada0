package import Hyoshi
package import TransportInterface

/// What a client knows of the server's beat: when a tick's snapshot arrives, and how long a message
/// takes there and back.
///
/// A snapshot of tick n that arrives at t puts the arrival of tick zero at t − n / rate. The least
/// of these within the last one to two seconds is the beat as it arrives without queueing; what
/// comes later is jitter. The least, not the mean, because delays only ever add. A beat that the
/// server has moved is followed within two windows. Integer arithmetic throughout; no allocation.
package struct ClientClock: Sendable {
    /// Ticks a second.
    package let tickRate: Int
    /// The spread of arrivals, smoothed as in RFC 3550 §6.4.1, nanoseconds.
    package private(set) var jitterNanoseconds: Int64 = 0
    /// The least round trip within the last pongs, or what the last commands have taken at least
    /// where that is more; nil before the first pong.
    ///
    /// Pongs are rare but exact. Commands are answered with each tick, so that a way that has become
    /// longer shows within half a second; but each answer may have waited for its tick.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    package var roundTripNanoseconds: UInt64? {
        guard let pongs = roundTrip.least else { return nil }
        let answers = answer.least.map { $0 &- tickNanoseconds } ?? pongs
        return UInt64(clamping: max(pongs, answers))
    }

    private var arrival = WindowedMinimum(samplesMax: 64)
    private var roundTrip = WindowedMinimum(samplesMax: 8)
    /// From a command to the snapshot that tells of it.
    private var answer = WindowedMinimum(samplesMax: 16)
    private var lateness: Int64 = 0
    private var drift = DriftEstimate()

    /// Makes the clock of a room with this tick rate.
    package init(tickRate: Int) {
        self.tickRate = min(max(tickRate, 1), 1_000)
    }

    /// Nanoseconds of a tick, rounded down.
    package var tickNanoseconds: Int64 { 1_000_000_000 / Int64(tickRate) }

    /// Whether a snapshot or welcome has come.
    package var isSet: Bool { arrival.least != nil }

    /// A snapshot (or the welcome) of `tick` has arrived.
    package mutating func arrived(_ tick: Tick, now: MonotonicInstant) {
        let sample = Int64(clamping: now.nanoseconds) &- nanoseconds(of: Int64(tick.rawValue))
        let before = lateness
        arrival.add(sample)
        drift.add(sample, now: Int64(clamping: now.nanoseconds))
        lateness = sample &- (arrival.least ?? sample)
        let difference = Int64((lateness &- before).magnitude & UInt64(Int64.max))
        jitterNanoseconds += (difference - jitterNanoseconds) / 16
    }

    /// A pong has come for a ping that was sent at `sentAt`.
    ///
    /// A ping waits at the server for the next tick, so one round trip holds up to a tick of
    /// waiting; pings at varying times within the tick make the least of them the way alone.
    package mutating func pongArrived(sentAt: MonotonicInstant, now: MonotonicInstant) {
        let sample = Int64(clamping: now.nanoseconds(since: sentAt))
        roundTrip.add(sample)
        // Of commands that were given on a longer way, before a pause.
        if let least = answer.least, least &- tickNanoseconds > sample { answer.removeAll() }
    }

    /// A snapshot has told for the first time of a command that was sent at `sentAt`.
    package mutating func commandAnswered(sentAt: MonotonicInstant, now: MonotonicInstant) {
        answer.add(Int64(clamping: now.nanoseconds(since: sentAt)))
    }

    /// The tick whose snapshot arrives at `now` at the earliest, moved by `ahead`; 0 before the
    /// first arrival.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    package func tick(at now: MonotonicInstant, aheadNanoseconds ahead: Int64) -> Tick {
        guard let origin = arrival.least else { return .zero }
        let elapsed = Int64(clamping: now.nanoseconds) &- origin &+ ahead
        guard elapsed > 0 else { return .zero }
        let seconds = elapsed / 1_000_000_000
        let rest = elapsed % 1_000_000_000
        let ticks = seconds &* Int64(tickRate) &+ rest &* Int64(tickRate) / 1_000_000_000
        return Tick(UInt32(clamping: ticks))
    }

    /// How much slower the server's beat is than the local clock, in millionths; nil before about
    /// five seconds of snapshots.
    package var driftPartsPerMillion: Double? { drift.partsPerMillion }

    /// How much later than the earliest the last snapshot came, in ticks.
    var latenessTicks: Double {
        Double(max(lateness, 0)) / 1_000_000_000 * Double(tickRate)
    }

    /// ``tick(at:aheadNanoseconds:)`` with its fraction.
    func tickWithFraction(at now: MonotonicInstant, aheadNanoseconds ahead: Int64) -> Double {
        guard let origin = arrival.least else { return 0 }
        let elapsed = Int64(clamping: now.nanoseconds) &- origin &+ ahead
        return Double(max(elapsed, 0)) / 1_000_000_000 * Double(tickRate)
    }

    /// When a tick's snapshot arrives at the earliest, nanoseconds on the local clock.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    package func arrivalNanoseconds(of tick: Tick) -> Int64? {
        arrival.least.map { $0 &+ nanoseconds(of: Int64(tick.rawValue)) }
    }

    /// The ticks' time since tick zero; exact to the nanosecond, so that nothing adds up.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    private func nanoseconds(of ticks: Int64) -> Int64 {
        let seconds = ticks / Int64(tickRate)
        let rest = ticks % Int64(tickRate)
        return seconds &* 1_000_000_000 &+ rest &* 1_000_000_000 / Int64(tickRate)
    }
}

/// The least of the last one to two windows of samples.
struct WindowedMinimum: Sendable {
    private let samplesMax: Int
    private var current: Int64?
    private var previous: Int64?
    private var count = 0

    /// A window is this many samples long.
    init(samplesMax: Int) {
        self.samplesMax = max(samplesMax, 1)
    }

    /// The least sample, or nil before the first.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    var least: Int64? {
        guard let current else { return previous }
        guard let previous else { return current }
        return min(current, previous)
    }

    /// Forgets all samples.
    mutating func removeAll() { self = WindowedMinimum(samplesMax: samplesMax) }

    /// Adds a sample; the older window is forgotten when the newer one is full.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    mutating func add(_ sample: Int64) {
        if count == samplesMax {
            previous = current
            current = nil
            count = 0
        }
        current = current.map { min($0, sample) } ?? sample
        count += 1
    }
}
