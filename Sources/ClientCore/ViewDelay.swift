/// How many ticks before a command's tick its player saw the others, as the server is told: steady.
///
/// What a player sees is between ticks, arrives unevenly, and is looked at when a display refreshes,
/// so the exact number flickers by one. Told so, it would move the instant at which hits are judged
/// from shot to shot, and make a recording of the room a third larger. Here it holds while it is
/// within a tick of the exact one, and goes to the middle where the exact one has been on one side
/// by more than half a tick for half a second.
package struct ViewDelay: Sendable {
    /// The delay that is told; nil before the first.
    package private(set) var ticks: Int?
    /// The exact delays since ``ticks`` was judged last.
    private var least = Double.infinity
    private var greatest = -Double.infinity
    private var count = 0

    /// How far the told delay is from the exact one at most, in ticks.
    package static let errorTicksMax: Double = 1
    /// Commands after which it is judged whether the delay is in the middle.
    package static let windowLength = 32

    /// Nothing told yet.
    package init() {}

    /// The delay to be told with a command whose exact one is this: at least 0 and at most 255.
    package mutating func follow(_ exact: Double) -> UInt8 {
        let exact = min(max(exact, 0), 255)
        guard let held = ticks else {
            let nearest = min(Self.nearest(exact), 255)
            ticks = nearest
            return UInt8(nearest)
        }
        count += 1
        least = min(least, exact)
        greatest = max(greatest, exact)
        var next = held
        if exact - Double(held) > Self.errorTicksMax {
            next = Int((exact - Self.errorTicksMax).rounded(.up))
        } else if Double(held) - exact > Self.errorTicksMax {
            next = Int((exact + Self.errorTicksMax).rounded(.down))
        } else if count >= Self.windowLength {
            if least - Double(held) > 0.5 || Double(held) - greatest > 0.5 {
                next = Self.nearest((least + greatest) / 2)
            }
            restart()
        }
        if next != held { restart() }
        ticks = next
        return UInt8(next)
    }

    /// The nearest whole number; rounding down is an instruction in WebAssembly, unlike rounding.
    private static func nearest(_ number: Double) -> Int { Int((number + 0.5).rounded(.down)) }

    private mutating func restart() {
        least = .infinity
        greatest = -.infinity
        count = 0
    }
}
