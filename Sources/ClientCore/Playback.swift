/// At which tick others are shown: behind the snapshots as they arrive, by as much as they vary.
///
/// The delay wanted is what 19 of 20 snapshots need to be there in time: it grows by half a tick
/// with each that comes too late and shrinks by a fortieth with each other. The tick shown follows
/// at 95 % to 105 % of the beat, so that the eye does not see it, and never goes back.
struct Playback: Sendable {
    /// The tick that is shown; 0 before the first.
    private(set) var tick: Double = 0
    /// The delay that is wanted, in ticks.
    private(set) var delayTicks: Double = 2

    /// The least delay, in ticks: a snapshot on either side.
    static let delayTicksMin: Double = 1.25
    /// The greatest delay, in ticks.
    static let delayTicksMax: Double = 16
    /// How far beyond the newest snapshot anything is shown, in ticks.
    static let ticksBeyondMax: Double = 8
    /// How much faster or slower than the beat it goes at most.
    static let bendMax: Double = 0.05
    /// An error of so many ticks is not worth being followed slowly.
    static let leapTicks: Double = 30

    /// A snapshot has come, so many ticks after the one before would have at the earliest.
    ///
    /// That is its lateness and the ticks since the one before: the delay with which it would have
    /// come just in time.
    mutating func arrived(neededTicks: Double) {
        let change = neededTicks + 0.25 > delayTicks ? 0.475 : -0.025
        delayTicks = min(max(delayTicks + change, Self.delayTicksMin), Self.delayTicksMax)
    }

    /// Moves on to another instant.
    ///
    /// - Parameters:
    ///   - arrivalTick: The tick whose snapshot arrives now at the earliest.
    ///   - newest: The newest snapshot's tick.
    ///   - elapsedTicks: Ticks since the last call, not negative.
    mutating func advance(arrivalTick: Double, newest: Double, elapsedTicks: Double) {
        let target = arrivalTick - delayTicks
        let error = target - (tick + elapsedTicks)
        let last = max(newest + Self.ticksBeyondMax, tick)
        if error > Self.leapTicks || tick == 0 {
            tick = min(max(target, tick), last)
            return
        }
        let bend = min(max(error * 0.1, -Self.bendMax), Self.bendMax)
        tick = min(tick + elapsedTicks * (1 + bend), last)
    }

    /// Begins anew, as in another room.
    mutating func reset() {
        self = Playback()
    }
}
