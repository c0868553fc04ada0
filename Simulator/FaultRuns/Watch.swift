import Hyoshi
import TransportInterface

/// What a run comes to: its first finding, what has happened, and a hash over everything.
final class Watch {
    let seed: UInt64
    let start: MonotonicInstant
    /// The first finding; what comes after it may only follow from it.
    private(set) var finding: Finding?
    var sites = SiteCounts()
    /// A hash over the ticks' states, all bytes, and the ends of connections.
    var digest = StateHash()
    /// The present, and the newest tick of the first room.
    var now: () -> MonotonicInstant = { MonotonicInstant(nanoseconds: 0) }
    var tick: () -> UInt32 = { 0 }
    /// When the first event of each row was sent.
    var firstEvents: [Mail.Row: MonotonicInstant] = [:]

    /// Told what happens, one line each; nil where nobody wants to know.
    let trace: ((String) -> Void)?

    init(seed: UInt64, start: MonotonicInstant, trace: ((String) -> Void)? = nil) {
        self.trace = trace
        self.seed = seed
        self.start = start
    }

    /// Virtual seconds since the start.
    var seconds: Double { Double(now().nanoseconds(since: start)) / 1e9 }

    func report(_ checker: Checker, _ text: @autoclosure () -> String) {
        guard finding == nil else { return }
        finding = Finding(
            seed: seed, seconds: seconds, tick: tick(), checker: checker, text: text())
    }

    /// Tells what happens to whoever follows the run.
    func tell(_ text: @autoclosure () -> String) {
        guard let trace else { return }
        let milliseconds = Int((seconds * 1_000).rounded())
        trace("\(milliseconds) ms  tick \(tick())  \(text())")
    }

    /// Reports unless something holds.
    func expect(_ isTrue: Bool, _ checker: Checker, _ text: @autoclosure () -> String) {
        if !isTrue { report(checker, text()) }
    }

    /// Takes bytes into the digest.
    func digest(_ bytes: Span<UInt8>) {
        digest(bytes, from: 0)
    }

    /// Takes the bytes from `start` on into the digest.
    func digest(_ bytes: [UInt8], from start: Int) {
        digest(bytes.span, from: start)
    }

    private func digest(_ bytes: Span<UInt8>, from start: Int) {
        var position = start
        while position + 4 <= bytes.count {
            digest.combine(
                UInt32(bytes[position]) | UInt32(bytes[position + 1]) << 8
                    | UInt32(bytes[position + 2]) << 16 | UInt32(bytes[position + 3]) << 24)
            position += 4
        }
        var rest = UInt32(truncatingIfNeeded: bytes.count - start) << 24
        while position < bytes.count {
            rest = rest << 8 ^ UInt32(bytes[position])
            position += 1
        }
        digest.combine(rest)
    }
}
