import CLinux
import Glibc
import Histogram
import NetworkTransport
import Synchronization
import TransportInterface

/// What is measured: one way to sleep, at one rate, for some time.
struct BeatPlan: Sendable {
    /// How the thread sleeps.
    var strategy: SleepStrategy
    /// Deadlines a second, 1 to 1,000.
    var rate: Int
    /// How many deadlines there are.
    var beatCount: Int
    /// Whether the thread runs under SCHED_FIFO whatever the strategy.
    var isFirstInFirstOut = false

    /// Where deadline `index` lies behind the first, in nanoseconds: never a rounded sum.
    func offsetNanoseconds(ofBeat index: Int) -> UInt64 {
        let whole = UInt64(index / rate)
        let part = UInt64(index % rate)
        return whole * 1_000_000_000 + part * 1_000_000_000 / UInt64(rate)
    }
}

/// What a measurement came to.
struct BeatResult: Sendable {
    /// Of the lateness of each wake-up against its own deadline, in nanoseconds.
    var lateness: Histogram<UInt32>
    /// Wake-ups that were late by a whole beat or more.
    var missedCount = 0
    /// Beats a second in the long run; see ``Drift``.
    var rate = 0.0
    /// CPU time of the thread, as a fraction of one processor.
    var processorFraction = 0.0

    /// An empty result whose histogram has all the memory that it will need.
    ///
    /// Three significant digits from 1 ns to 60 s: about 300 KiB.
    init() {
        lateness = Histogram(highestTrackableValue: 60_000_000_000)
    }

    /// Lateness at a percentile, in microseconds.
    func latenessMicroseconds(percentile: Double) -> Double {
        Double(lateness.valueAtPercentile(percentile)) / 1_000
    }

    /// The worst lateness, in microseconds.
    var latenessMicrosecondsMax: Double { Double(lateness.maxRecorded) / 1_000 }
}

/// How much later each beat comes than the one before it, in the long run.
///
/// The slope of lateness over the beats by least squares: a single late wake-up at either end,
/// which would change the quotient of beats and time, is no drift.
struct Drift {
    private var count = 0.0
    private var sum = 0.0
    private var weightedSum = 0.0

    /// Takes the lateness of the next beat.
    mutating func add(_ latenessNanoseconds: UInt64) {
        weightedSum += count * Double(latenessNanoseconds)
        sum += Double(latenessNanoseconds)
        count += 1
    }

    /// The slope; 0 for fewer than two beats.
    var nanosecondsPerBeat: Double {
        guard count > 1 else { return 0 }
        // The indices are 0 to count − 1: their mean, and the sum of their squared deviations.
        let meanIndex = (count - 1) / 2
        let squares = count * (count * count - 1) / 12
        return (weightedSum - meanIndex * sum) / squares
    }
}

/// A measurement on a thread of its own, which sleeps until one deadline after another.
///
/// Deadlines are absolute: a late wake-up does not move those that follow. Between two deadlines
/// the thread reads the clock, counts, and allocates nothing.
final class BeatMeasurement: Sendable {
    private enum Outcome: Sendable {
        case running
        case finished(BeatResult)
        case failed(TransportError)
    }

    /// What is measured.
    let plan: BeatPlan
    private let outcome = Mutex(Outcome.running)
    private let isStopped = Atomic<Bool>(false)
    private let doneCount = Atomic<Int>(0)

    private init(_ plan: BeatPlan) {
        self.plan = plan
    }

    /// Starts the thread.
    static func start(_ plan: BeatPlan) throws(TransportError) -> BeatMeasurement {
        let measurement = BeatMeasurement(plan)
        let argument = Unmanaged.passRetained(measurement)
        var thread = pthread_t()
        let errorNumber = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<BeatMeasurement>.fromOpaque(argument).takeRetainedValue().measure()
                return nil
            }, argument.toOpaque())
        guard errorNumber == 0 else {
            argument.release()
            throw .system(call: "pthread_create", errorNumber: errorNumber)
        }
        pthread_detach(thread)
        return measurement
    }

    /// The result; nil while the measurement runs.
    func result() throws(TransportError) -> BeatResult? {
        switch outcome.withLock({ $0 }) {
        case .running: return nil
        case .finished(let result): return result
        case .failed(let error): throw error
        }
    }

    /// How much of the plan is done, 0 to 1.
    var progress: Double {
        Double(doneCount.load(ordering: .relaxed)) / Double(max(plan.beatCount, 1))
    }

    /// Ends the measurement at the next deadline; there is a result all the same.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
    }

    private func measure() {
        do throws(TransportError) {
            if plan.isFirstInFirstOut {
                try check(
                    linux_set_first_in_first_out(pthread_self(), 50), "pthread_setschedparam")
            }
            let result = run(try Sleeper(plan.strategy))
            outcome.withLock { $0 = .finished(result) }
        } catch {
            outcome.withLock { $0 = .failed(error) }
        }
    }

    private func check(_ result: Int32, _ call: String) throws(TransportError) {
        guard result >= 0 else { throw .system(call: call, errorNumber: -result) }
    }

    private func run(_ sleeper: consuming Sleeper) -> BeatResult {
        var result = BeatResult()
        let beatNanoseconds = UInt64(1_000_000_000 / plan.rate)
        // The first wake-ups warm up caches and clocks; they are not counted.
        let warmUpCount = max(plan.rate / 10, 2)
        let start = MonotonicClock.now().advanced(byNanoseconds: beatNanoseconds)
        var first = start
        var last = start
        var firstProcessorNanoseconds: UInt64 = 0
        var countedCount = 0
        var drift = Drift()
        for index in 0..<(plan.beatCount + warmUpCount) {
            let deadline = start.advanced(byNanoseconds: plan.offsetNanoseconds(ofBeat: index))
            sleeper.sleep(until: deadline)
            last = MonotonicClock.now()
            if index < warmUpCount {
                first = last
                firstProcessorNanoseconds = Self.processorNanoseconds()
                continue
            }
            let latenessNanoseconds = last.nanoseconds(since: deadline)
            _ = result.lateness.record(min(latenessNanoseconds, 60_000_000_000))
            if latenessNanoseconds >= beatNanoseconds { result.missedCount += 1 }
            drift.add(latenessNanoseconds)
            countedCount += 1
            doneCount.store(countedCount, ordering: .relaxed)
            if isStopped.load(ordering: .relaxed) { break }
        }
        let nanoseconds = last.nanoseconds(since: first)
        if nanoseconds > 0 {
            let processorNanoseconds = Self.processorNanoseconds() &- firstProcessorNanoseconds
            result.rate = 1e9 / (1e9 / Double(plan.rate) + drift.nanosecondsPerBeat)
            result.processorFraction = Double(processorNanoseconds) / Double(nanoseconds)
        }
        return result
    }

    private static func processorNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
