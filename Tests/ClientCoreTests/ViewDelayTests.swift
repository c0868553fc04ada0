import ClientCore
import Hyoshi
import Testing

/// What commands say of the tick that their player saw: near the truth, and steady.
@Suite struct ViewDelayTests {
    /// How often the told delay moves, and the greatest error, over exact delays.
    private func follow(_ exact: [Double]) -> (moves: Int, error: Double, last: Int?) {
        var delay = ViewDelay()
        var moves = 0
        var error = 0.0
        for each in exact {
            let before = delay.ticks
            let told = delay.follow(each)
            if let before, before != Int(told) { moves += 1 }
            error = max(error, (Double(told) - each).magnitude)
        }
        return (moves, error, delay.ticks)
    }

    @Test func theFirstIsTheNearest() {
        #expect(follow([4.4]).last == 4)
        #expect(follow([4.6]).last == 5)
        #expect(follow([-3]).last == 0)
        #expect(follow([1_000]).last == 255)
    }

    @Test func flickerIsNotTold() {
        var random = DeterministicRandom(seed: 4)
        // Snapshots that come now before, now after a command; and a display between two ticks.
        let whole = (0..<3_000).map { _ in Double(random.number(in: 5...7)) }
        let parts = (0..<3_000).map { _ in 5.5 + Double(random.number(in: -40...40)) / 100 }
        #expect(follow(whole).moves <= 2)
        #expect(follow(parts).moves <= 1)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func itIsNeverFurtherThanATickFromTheTruth(seed: UInt64) {
        var random = DeterministicRandom(seed: seed)
        var exact = 6.0
        let walk = (0..<20_000).map { _ in
            if random.oneIn(200) { exact = Double(random.number(in: 0...255)) }
            exact = min(max(exact + Double(random.number(in: -60...60)) / 50, 0), 255)
            return exact
        }
        #expect(follow(walk).error < ViewDelay.errorTicksMax + 1e-9)
    }

    @Test func itGoesBackToTheMiddleAfterASpike() {
        var delay = ViewDelay()
        for _ in 0..<10 { _ = delay.follow(6) }
        #expect(delay.follow(8) == 7)
        // Near enough, so it holds; but always on one side, so not for long.
        #expect(delay.follow(6) == 7)
        var told: [UInt8] = []
        for _ in 0..<(2 * ViewDelay.windowLength) { told.append(delay.follow(6)) }
        #expect(told.last == 6)
        #expect(told.first == 7)
    }

    @Test func whatMovesIsFollowedTickByTick() {
        let rising = (0...400).map { Double($0) / 50 }
        let result = follow(rising)
        #expect(result.error <= 1 && result.moves <= 8)
        #expect(result.last.map { (7...8).contains($0) } == true)
    }
}
