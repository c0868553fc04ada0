import ClientCore
import Hyoshi
import Testing

@Suite struct ReconnectScheduleTests {
    @Test(arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30), (1_000, 30)])
    func intervalDoublesUpToThirtySeconds(attempt: Int, seconds: UInt64) {
        let interval = seconds * 1_000_000_000
        #expect(
            ReconnectSchedule.delayNanoseconds(attempt: attempt, random: 0) == interval / 2)
        let longest = ReconnectSchedule.delayNanoseconds(attempt: attempt, random: .max)
        #expect(longest <= interval)
        #expect(longest > interval - interval / 1_000_000)
    }

    @Test func everyDrawIsWithinHalfAndWhole() {
        var random = DeterministicRandom(seed: 11)
        var delays = Set<UInt64>()
        for _ in 0..<1_000 {
            let delay = ReconnectSchedule.delayNanoseconds(attempt: 3, random: random.next())
            #expect(delay >= 2_000_000_000 && delay <= 4_000_000_000)
            delays.insert(delay)
        }
        #expect(delays.count > 990)
    }

    @Test(arguments: [0, -1, Int.min])
    func impossibleAttemptsWaitLikeTheFirst(attempt: Int) {
        #expect(
            ReconnectSchedule.delayNanoseconds(attempt: attempt, random: 7)
                == ReconnectSchedule.delayNanoseconds(attempt: 1, random: 7))
    }
}
