import RoomCore
import Testing
import TransportInterface

@Suite struct TickSchedulerTests {
    private func instant(_ nanoseconds: UInt64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: nanoseconds)
    }

    @Test func transcriptOfAPunctualBeat() {
        var scheduler = TickScheduler(tickRate: 60, now: instant(0))
        #expect(scheduler.nextDeadline == instant(16_666_667))
        let early = scheduler.poll(now: instant(16_666_666))
        #expect(early == .sleep(until: instant(16_666_667)))
        let first = scheduler.poll(now: instant(16_666_667))
        #expect(
            first
                == .run(
                    ticks: 1, deadline: instant(16_666_667), latenessNanoseconds: 0, dropped: 0))
        #expect(scheduler.nextDeadline == instant(33_333_334))
    }

    @Test func latenessNeverMovesADeadline() {
        var scheduler = TickScheduler(tickRate: 60, now: instant(0))
        let late = scheduler.poll(now: instant(20_000_000))
        #expect(
            late
                == .run(
                    ticks: 1, deadline: instant(16_666_667), latenessNanoseconds: 3_333_333,
                    dropped: 0))
        #expect(scheduler.nextDeadline == instant(33_333_334))
    }

    @Test func aStallIsCaughtUpWithinTheBoundAndTheRestIsCounted() {
        var scheduler = TickScheduler(tickRate: 60, catchUpTicksMax: 4, now: instant(0))
        // Ten deadlines lie in (0, 1/6 s].
        let decision = scheduler.poll(now: instant(166_666_667))
        guard case .run(let ticks, let deadline, let lateness, let dropped) = decision else {
            Issue.record("nothing was due")
            return
        }
        #expect(ticks == 4)
        #expect(dropped == 6)
        #expect(deadline == instant(166_666_667))
        #expect(lateness == 150_000_000)
        #expect(scheduler.droppedTicks == 6)
    }

    @Test(arguments: [1, 7, 30, 59, 60, 64, 128, 144, 240])
    func noErrorAddsUpInAnHour(rate: Int) {
        let start: UInt64 = 123_456_789_012
        var scheduler = TickScheduler(tickRate: rate, now: instant(start))
        var count = 0
        var previous = start
        while true {
            let deadline = scheduler.nextDeadline
            if deadline.nanoseconds > start + 3_600_000_000_000 { break }
            #expect(deadline.nanoseconds > previous)
            previous = deadline.nanoseconds
            guard case .run(let ticks, _, let lateness, let dropped) = scheduler.poll(now: deadline)
            else {
                Issue.record("the deadline itself was too early")
                return
            }
            guard ticks == 1, lateness == 0, dropped == 0 else {
                Issue.record("\(ticks) ticks, \(lateness) ns late, \(dropped) dropped")
                return
            }
            count += 1
        }
        #expect(abs(count - rate * 3600) <= 1)
    }

    @Test func ratesOutsideTheRangeAreClamped() {
        #expect(TickScheduler(tickRate: 0, now: instant(0)).tickRate == 1)
        #expect(TickScheduler(tickRate: 1000, now: instant(0)).tickRate == 240)
    }

    @Test func theEndOfTheClockDoesNotTrap() {
        var scheduler = TickScheduler(tickRate: 60, now: instant(0))
        let decision = scheduler.poll(now: .distantFuture)
        guard case .run(let ticks, _, _, _) = decision else {
            Issue.record("nothing was due")
            return
        }
        #expect(ticks == 4)
    }
}
