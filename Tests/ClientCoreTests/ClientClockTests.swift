import ClientCore
import Hyoshi
import Testing
import TransportInterface

@Suite struct ClientClockTests {
    /// The deadline of a tick at 60 Hz whose tick zero was at 5 s.
    private static func deadline(_ tick: UInt32, origin: UInt64 = 5_000_000_000) -> UInt64 {
        origin + UInt64(tick) * 1_000_000_000 / 60
    }

    @Test func saysNothingBeforeTheFirstArrival() {
        let clock = ClientClock(tickRate: 60)
        #expect(!clock.isSet)
        #expect(clock.roundTripNanoseconds == nil)
        #expect(
            clock.tick(at: MonotonicInstant(nanoseconds: 99), aheadNanoseconds: 0) == .zero)
    }

    @Test func followsEvenArrivalsExactly() {
        var clock = ClientClock(tickRate: 60)
        for tick in UInt32(1)...600 {
            let now = MonotonicInstant(nanoseconds: Self.deadline(tick) + 20_000_000)
            clock.arrived(Tick(tick), now: now)
            let next = now.advanced(byNanoseconds: 1_000_000)
            #expect(clock.tick(at: next, aheadNanoseconds: 0) == Tick(tick))
            #expect(
                clock.tick(at: next, aheadNanoseconds: 3 * clock.tickNanoseconds)
                    == Tick(tick + 3))
        }
        #expect(clock.jitterNanoseconds < 10)
    }

    @Test func takesTheLeastOfJitteryArrivals() {
        var clock = ClientClock(tickRate: 60)
        var random = DeterministicRandom(seed: 3)
        for tick in UInt32(1)...600 {
            let delay = UInt64(random.number(in: 20_000_000...60_000_000))
            clock.arrived(
                Tick(tick), now: MonotonicInstant(nanoseconds: Self.deadline(tick) + delay))
        }
        let origin = clock.arrivalNanoseconds(of: Tick(600)) ?? 0
        let least = Int64(Self.deadline(600)) + 20_000_000
        #expect(origin >= least && origin < least + 2_000_000)
        #expect(clock.jitterNanoseconds > 5_000_000 && clock.jitterNanoseconds < 25_000_000)
    }

    @Test func followsABeatThatWasMovedWithinTwoWindows() {
        var clock = ClientClock(tickRate: 60)
        let moved: UInt64 = 5_250_000_000
        for tick in UInt32(1)...200 {
            clock.arrived(Tick(tick), now: MonotonicInstant(nanoseconds: Self.deadline(tick)))
        }
        for tick in UInt32(201)...340 {
            clock.arrived(
                Tick(tick),
                now: MonotonicInstant(nanoseconds: Self.deadline(tick, origin: moved)))
        }
        let arrival = clock.arrivalNanoseconds(of: Tick(340)) ?? 0
        #expect(abs(arrival - Int64(Self.deadline(340, origin: moved))) < 10)
    }

    @Test func roundTripIsTheLeastOfTheLastPongs() {
        var clock = ClientClock(tickRate: 60)
        let sent = MonotonicInstant(nanoseconds: 1_000_000)
        for milliseconds: UInt64 in [40, 31, 55, 38] {
            clock.pongArrived(
                sentAt: sent, now: sent.advanced(byNanoseconds: milliseconds * 1_000_000))
        }
        #expect(clock.roundTripNanoseconds == 31_000_000)
        for _ in 0..<17 {
            clock.pongArrived(sentAt: sent, now: sent.advanced(byNanoseconds: 90_000_000))
        }
        #expect(clock.roundTripNanoseconds == 90_000_000)
    }

    /// Pings go out once a second; commands are answered sixty times.
    @Test func aLongerRoundTripShowsInTheAnswersToCommands() {
        var clock = ClientClock(tickRate: 60)
        let start = MonotonicInstant(nanoseconds: 1_000_000_000)
        func answer(_ milliseconds: UInt64) {
            clock.commandAnswered(
                sentAt: start, now: start.advanced(byNanoseconds: milliseconds * 1_000_000))
        }
        answer(70)
        #expect(clock.roundTripNanoseconds == nil)
        for _ in 0..<16 {
            clock.pongArrived(sentAt: start, now: start.advanced(byNanoseconds: 60_000_000))
        }
        // An answer may have waited for its tick: that is no longer way.
        for _ in 0..<60 { answer(75) }
        #expect(clock.roundTripNanoseconds == 60_000_000)
        var count = 0
        while clock.roundTripNanoseconds == 60_000_000, count < 99 {
            answer(360)
            count += 1
        }
        #expect(count <= 32)
        for _ in 0..<32 { answer(360) }
        #expect(clock.roundTripNanoseconds == 360_000_000 - UInt64(clock.tickNanoseconds))
        // Shorter again: at once, by an answer, or by a pong where no commands are given any more.
        answer(65)
        #expect(clock.roundTripNanoseconds == 60_000_000)
        for _ in 0..<32 { answer(360) }
        clock.pongArrived(sentAt: start, now: start.advanced(byNanoseconds: 61_000_000))
        #expect(clock.roundTripNanoseconds == 60_000_000)
    }

    @Test func hostileTicksAndTimesDoNotTrap() {
        var clock = ClientClock(tickRate: 0)
        for tick: UInt32 in [.max, 0, 1, .max - 1] {
            for nanoseconds: UInt64 in [.max, 0, 1, 1 << 63] {
                let now = MonotonicInstant(nanoseconds: nanoseconds)
                clock.arrived(Tick(tick), now: now)
                clock.pongArrived(sentAt: MonotonicInstant(nanoseconds: .max), now: now)
                _ = clock.tick(at: now, aheadNanoseconds: 1_000_000_000)
            }
        }
        #expect(clock.isSet)
    }
}
