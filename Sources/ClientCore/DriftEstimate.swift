/// How much slower the server's beat is than the local clock: the slope of the earliest arrivals.
///
/// The earliest arrival of each second, of the last 32: a straight line through them by least
/// squares. Where one is off the others by more than 50 ms, the beat was moved (or the way became
/// another one), and it begins anew. 512 bytes, taken once.
struct DriftEstimate: Sendable {
    /// Seconds that the line goes through, at most.
    static let windowsMax = 32
    /// Seconds that are needed for a line.
    static let windowsMin = 5

    // Not within the struct: a clock that is handed on is copied.
    private var times = [Double](repeating: 0, count: DriftEstimate.windowsMax)
    private var offsets = [Double](repeating: 0, count: DriftEstimate.windowsMax)
    private var windowCount = 0
    private var next = 0
    private var windowStart: Int64?
    private var origin: Int64 = 0
    private var leastTime: Int64 = 0
    private var least: Int64 = .max

    /// Nothing measured.
    init() {}

    /// An arrival at `now` puts the arrival of tick zero at `sample`, both nanoseconds.
    mutating func add(_ sample: Int64, now: Int64) {
        guard let start = windowStart else {
            windowStart = now
            origin = sample
            return
        }
        if sample < least {
            least = sample
            leastTime = now
        }
        guard now &- start >= 1_000_000_000 else { return }
        close()
        windowStart = now
        least = .max
    }

    private mutating func close() {
        let offset = Double(least &- origin)
        let before = (next + Self.windowsMax - 1) % Self.windowsMax
        if windowCount > 0, (offset - offsets[before]).magnitude > 50_000_000 { windowCount = 0 }
        times[next] = Double(leastTime) / 1_000_000_000
        offsets[next] = offset
        next = (next + 1) % Self.windowsMax
        windowCount = min(windowCount + 1, Self.windowsMax)
    }

    /// Millionths; positive where the server's beat is slower than the local clock, nil before five
    /// seconds.
    var partsPerMillion: Double? {
        guard windowCount >= Self.windowsMin else { return nil }
        var meanTime: Double = 0
        var meanOffset: Double = 0
        for age in 1...windowCount {
            let place = (next + Self.windowsMax - age) % Self.windowsMax
            meanTime += times[place]
            meanOffset += offsets[place]
        }
        meanTime /= Double(windowCount)
        meanOffset /= Double(windowCount)
        var product: Double = 0
        var square: Double = 0
        for age in 1...windowCount {
            let place = (next + Self.windowsMax - age) % Self.windowsMax
            let time = times[place] - meanTime
            product += time * (offsets[place] - meanOffset)
            square += time * time
        }
        guard square > 0 else { return nil }
        // Nanoseconds a second are thousandths of a millionth.
        return product / square / 1_000
    }
}
