import SimulatorKit
import Testing

@Suite struct MatchStatisticsTests {
    struct Known: Sendable {
        let wins: Int
        let trials: Int
        let lowest: Double
        let highest: Double
    }

    /// Worked out with 50 digits from the formula of Wilson's paper.
    static let known: [Known] = [
        Known(wins: 0, trials: 10, lowest: 0.000000000000, highest: 0.277532799863),
        Known(wins: 10, trials: 10, lowest: 0.722467200137, highest: 1.000000000000),
        Known(wins: 1, trials: 1, lowest: 0.206549314377, highest: 1.000000000000),
        Known(wins: 5, trials: 10, lowest: 0.236593090513, highest: 0.763406909487),
        Known(wins: 97, trials: 100, lowest: 0.915480635709, highest: 0.989745475976),
        Known(wins: 2, trials: 4, lowest: 0.150038989152, highest: 0.849961010848),
        Known(wins: 531, trials: 1000, lowest: 0.500010248391, highest: 0.561752492583),
    ]

    @Test(arguments: known)
    func theIntervalIsWilsons(_ known: Known) {
        let interval = WilsonInterval(wins: known.wins, trials: known.trials)
        #expect(abs(interval.lowest - known.lowest) < 1e-9)
        #expect(abs(interval.highest - known.highest) < 1e-9)
        #expect(abs(interval.share - Double(known.wins) / Double(known.trials)) < 1e-12)
    }

    @Test func theIntervalHoldsTheShareAndShrinksWithTrials() {
        for trials in 1...40 {
            for wins in 0...trials {
                let interval = WilsonInterval(wins: wins, trials: trials)
                #expect(interval.lowest >= 0 && interval.highest <= 1)
                #expect(interval.lowest <= interval.share && interval.share <= interval.highest)
                let more = WilsonInterval(wins: wins * 100, trials: trials * 100)
                #expect(more.highest - more.lowest < interval.highest - interval.lowest)
                // What is won by the one is lost by the other.
                let mirrored = WilsonInterval(wins: trials - wins, trials: trials)
                #expect(abs(mirrored.lowest - (1 - interval.highest)) < 1e-12)
            }
        }
    }

    @Test func nothingTriedSaysNothing() {
        let interval = WilsonInterval(wins: 0, trials: 0)
        #expect(interval.share == 0.5 && interval.lowest == 0 && interval.highest == 1)
        #expect(WilsonInterval(wins: 9, trials: 3) == WilsonInterval(wins: 3, trials: 3))
        #expect(WilsonInterval(wins: -1, trials: 3) == WilsonInterval(wins: 0, trials: 3))
    }

    @Test func quantilesAreNumbersThatWereThere() {
        let distribution = Distribution([40, 10, 30, 20])
        #expect(distribution.quantile(0) == 10)
        #expect(distribution.quantile(0.25) == 10)
        #expect(distribution.quantile(0.26) == 20)
        #expect(distribution.quantile(0.5) == 20)
        #expect(distribution.quantile(1) == 40)
        #expect(distribution.mean == 25 && distribution.lowest == 10)
        #expect(distribution.highest == 40 && distribution.count == 4)
        #expect(Distribution([]).quantile(0.5) == 0 && Distribution([]).mean == 0)
    }

    @Test func everyNumberFallsIntoOnePart() {
        let distribution = Distribution(Array(-7...12) + [12, 12])
        for width in 1...30 {
            #expect(distribution.bins(width, of: -7...12).reduce(0, +) == 22)
        }
        #expect(distribution.bins(2, of: -7...12) == [10, 12])
        #expect(distribution.bins(3, of: 0...2) == [1, 1, 1])
    }

    @Test func aPictureShowsWhatIsThereAtAll() {
        #expect(Distribution([0, 0, 0, 0, 0, 0, 0, 0, 3]).picture(width: 4) == "█  ▁")
        #expect(Distribution([5]).picture(width: 3) == "█  ")
        #expect(Distribution([]).picture(width: 3) == "   ")
        let slope = (0..<8).flatMap { Array(repeating: $0, count: $0 + 1) }
        #expect(Distribution(slope).picture(width: 8) == "▁▂▃▄▅▆▇█")
    }
}
