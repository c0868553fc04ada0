import TransportInterface

/// A bar that says how far a replay has come, on a terminal and where it takes more than 2 s.
struct ReplayProgress {
    private let ticks: Int
    private let started: MonotonicInstant
    private var shownAt: MonotonicInstant?

    private static let width = 32
    private static let patienceNanoseconds: UInt64 = 2_000_000_000
    private static let intervalNanoseconds: UInt64 = 100_000_000

    init(ticks: Int, now: MonotonicInstant) {
        self.ticks = max(ticks, 1)
        started = now
    }

    mutating func show(done: Int, now: MonotonicInstant) {
        let elapsed = now.nanoseconds(since: started)
        guard Terminal.isInteractive(.errors), elapsed > ReplayProgress.patienceNanoseconds,
            shownAt.map({ now.nanoseconds(since: $0) > ReplayProgress.intervalNanoseconds })
                ?? true
        else { return }
        shownAt = now
        let share = min(Double(max(done, 0)) / Double(ticks), 1)
        let filled = Int(share * Double(ReplayProgress.width))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: ".", count: ReplayProgress.width - filled)
        let left = share > 0 ? Double(elapsed) / 1e9 * (1 - share) / share : 0
        Terminal.write(
            "\r[\(bar)] \(Int(share * 100)) %, \(Int(left) + 1) s left ", to: .errors)
    }

    /// Takes the bar away.
    func end() {
        guard shownAt != nil else { return }
        Terminal.write("\r" + String(repeating: " ", count: 72) + "\r", to: .errors)
    }
}
