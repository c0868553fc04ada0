import ClientCore
import Hyoshi
import Testing
import TransportInterface

@Suite struct InputLeadTests {
    /// A server, a client and the way between them in virtual time, a microsecond a step.
    private struct Line {
        var downNanoseconds: UInt64
        var upNanoseconds: UInt64
        var jitterNanoseconds: Int32
        var random: DeterministicRandom
        /// One message in so many is lost and comes again 200 ms later; 0 for none.
        var stallsOneIn: Int32 = 0
        /// The ticks between which each way takes so much longer.
        var longer: ClosedRange<UInt32> = 0...0
        var growthNanoseconds: UInt64 = 0
        /// From this tick on the server's beat is later by a quarter of a second.
        var beatMovesAt = UInt32.max

        func deadline(_ tick: UInt32) -> UInt64 {
            let moved: UInt64 = tick >= beatMovesAt ? 250_000_000 : 0
            return 10_000_000_000 + UInt64(tick) * 1_000_000_000 / 60 + moved
        }

        mutating func delay(_ way: UInt64, tick: UInt32) -> UInt64 {
            let base = way + (longer.contains(tick) ? growthNanoseconds : 0)
            let stall: UInt64 = stallsOneIn > 0 && random.oneIn(stallsOneIn) ? 200_000_000 : 0
            return base + stall + UInt64(random.number(in: 0...max(jitterNanoseconds, 0)))
        }
    }

    /// Runs `seconds` of commands at 60 Hz; returns the margins of the last `tail` ticks.
    private func margins(
        _ line: Line, seconds: Int, knowsRoundTrip: Bool = true, tail: Int = 300
    ) -> [Int] {
        var line = line
        var clock = ClientClock(tickRate: 60)
        let way = line.downNanoseconds + line.upNanoseconds
        if knowsRoundTrip {
            let sent = MonotonicInstant(nanoseconds: 0)
            clock.pongArrived(sentAt: sent, now: sent.advanced(byNanoseconds: way))
        }
        var lead = InputLead(
            tickNanoseconds: clock.tickNanoseconds,
            roundTripNanoseconds: clock.roundTripNanoseconds)
        var newestAtServer = 0
        var newestAnswered = 0
        var sentAt: [Int: UInt64] = [:]
        var newestCommanded = Tick.zero
        var up: [(at: UInt64, tick: Int)] = []
        var down: [(at: UInt64, tick: UInt32, margin: Int)] = []
        var lastUp: UInt64 = 0
        var lastDown: UInt64 = 0
        var margins: [Int] = []
        for tick in UInt32(1)...UInt32(60 * seconds) {
            let now = line.deadline(tick)
            while let first = up.first, first.at <= now {
                newestAtServer = max(newestAtServer, first.tick)
                up.removeFirst()
            }
            let margin = newestAtServer - Int(tick)
            margins.append(margin)
            // TCP keeps the order: nothing overtakes what was sent before it.
            lastDown = max(lastDown, now + line.delay(line.downNanoseconds, tick: tick))
            down.append((lastDown, tick, newestAtServer == 0 ? .min : margin))
            let clientNow = now + 9_000_000
            while let first = down.first, first.at <= clientNow {
                let arrival = MonotonicInstant(nanoseconds: first.at)
                let before = clock.arrivalNanoseconds(of: .zero)
                clock.arrived(Tick(first.tick), now: arrival)
                if let before, let after = clock.arrivalNanoseconds(of: .zero) {
                    lead.arrivalsMoved(byNanoseconds: after - before)
                }
                let answered = first.margin == .min ? 0 : Int(first.tick) + first.margin
                if knowsRoundTrip, answered > newestAnswered, let sent = sentAt[answered] {
                    newestAnswered = answered
                    clock.commandAnswered(
                        sentAt: MonotonicInstant(nanoseconds: sent), now: arrival)
                }
                if first.margin != .min {
                    lead.marginArrived(
                        first.margin, tick: Tick(first.tick),
                        roundTripNanoseconds: clock.roundTripNanoseconds)
                }
                down.removeFirst()
            }
            guard clock.isSet else { continue }
            let command = clock.tick(
                at: MonotonicInstant(nanoseconds: clientNow), aheadNanoseconds: lead.nanoseconds)
            if command > newestCommanded {
                newestCommanded = command
                lead.commanded(command)
                sentAt[Int(command.rawValue)] = clientNow
                let delay = line.delay(line.upNanoseconds, tick: tick)
                lastUp = max(lastUp, clientNow + delay)
                up.append((lastUp, Int(command.rawValue)))
            }
        }
        return Array(margins.suffix(tail))
    }

    @Test(arguments: [0, 10, 40, 75, 150], [true, false])
    func convergesWithoutLateCommands(milliseconds: UInt64, knowsRoundTrip: Bool) {
        let line = Line(
            downNanoseconds: milliseconds * 1_000_000, upNanoseconds: milliseconds * 1_000_000,
            jitterNanoseconds: 0, random: DeterministicRandom(seed: 1))
        let margins = margins(line, seconds: 20, knowsRoundTrip: knowsRoundTrip)
        #expect(margins.min() ?? -1 >= 0)
        // And no more waits than a few ticks.
        #expect(margins.max() ?? 99 <= 4)
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func jitterCostsFewLateCommands(seed: UInt64) {
        let line = Line(
            downNanoseconds: 60_000_000, upNanoseconds: 60_000_000, jitterNanoseconds: 40_000_000,
            random: DeterministicRandom(seed: seed))
        let margins = margins(line, seconds: 40, tail: 1_800)
        let late = margins.filter { $0 < 0 }.count
        #expect(late <= 9)
        #expect(margins.max() ?? 99 <= 12)
    }

    /// Messages that are lost now and then hold up what is behind them; the lead covers that.
    @Test(arguments: [1, 2, 3, 4, 5])
    func stallsCostFewLateCommands(seed: UInt64) {
        let line = Line(
            downNanoseconds: 75_000_000, upNanoseconds: 75_000_000, jitterNanoseconds: 15_000_000,
            random: DeterministicRandom(seed: seed), stallsOneIn: 100)
        let margins = margins(line, seconds: 40, tail: 2_100)
        #expect(margins.filter { $0 < 0 }.count <= 10)
        #expect(margins.max() ?? 99 <= 24)
    }

    /// Another 300 ms there and back at 20 s, for 15 s, as on another route.
    @Test(arguments: [0, 18_000_000] as [Int32], [1, 2, 3])
    func aWayThatGrowsLongerIsFollowedWithinASecond(jitter: Int32, seed: UInt64) {
        var line = Line(
            downNanoseconds: 30_000_000, upNanoseconds: 30_000_000, jitterNanoseconds: jitter,
            random: DeterministicRandom(seed: seed))
        line.longer = 1_201...2_100
        line.growthNanoseconds = 150_000_000
        let margins = margins(line, seconds: 50, tail: 3_000)
        // 150 ms until the first late one is told of, and as much until the answer arrives.
        #expect(margins[1_200..<1_260].filter { $0 < 0 }.count <= 55)
        #expect(margins[1_270..<3_000].filter { $0 < 0 }.count <= 3)
        // Neither too early on the longer way, nor for long after it.
        #expect(margins[1_270..<2_100].max() ?? 99 <= 8)
        #expect(margins[2_340..<3_000].max() ?? 99 <= 8)
    }

    /// A server that was stopped for a moment goes on later: the way is the same, the beat is not.
    @Test func aBeatThatIsMovedIsFollowed() {
        var line = Line(
            downNanoseconds: 30_000_000, upNanoseconds: 30_000_000, jitterNanoseconds: 10_000_000,
            random: DeterministicRandom(seed: 9))
        line.beatMovesAt = 1_201
        let margins = margins(line, seconds: 40, tail: 2_400)
        #expect(margins[1_200..<2_400].filter { $0 < 0 }.count <= 3)
        #expect(margins[1_200..<1_230].max() ?? 0 >= 12)
        #expect(margins[1_440..<2_400].max() ?? 99 <= 8)
    }

    @Test func commandsStayInStepWhereArrivalsMove() {
        var lead = InputLead(tickNanoseconds: Self.tick, roundTripNanoseconds: 100_000_000)
        let first = lead.nanoseconds
        // Nothing is known: the lead is what the way is taken to need, from any arrival on.
        lead.arrivalsMoved(byNanoseconds: -40_000_000)
        #expect(lead.nanoseconds == first)
        steer(&lead, needTicks: 8, ticks: 101...160, roundTripNanoseconds: 100_000_000)
        let before = lead.nanoseconds
        lead.arrivalsMoved(byNanoseconds: 5_000_000)
        #expect(lead.nanoseconds == before + 5_000_000)
        lead.arrivalsMoved(byNanoseconds: -5_000_000)
        #expect(lead.nanoseconds == before)
        lead.arrivalsMoved(byNanoseconds: .min)
        #expect(lead.nanoseconds == 0)
        for _ in 0..<100 {
            steer(&lead, needTicks: 8, ticks: 161...170, roundTripNanoseconds: 100_000_000)
            lead.arrivalsMoved(byNanoseconds: .max)
        }
        #expect(lead.nanoseconds >= 0)
    }

    private static let tick: Int64 = 16_666_666

    /// Feeds a lead the margins of a way that needs `needTicks` of it.
    private func steer(
        _ lead: inout InputLead, needTicks: Int64, ticks: ClosedRange<UInt32>,
        roundTripNanoseconds: UInt64
    ) {
        for tick in ticks {
            let surplus = lead.nanoseconds - needTicks * Self.tick
            let margin = Int((Double(surplus) / Double(Self.tick)).rounded(.down))
            lead.commanded(Tick(tick).advanced(by: margin))
            // A later one is on its way.
            lead.commanded(Tick(tick).advanced(by: margin + 32))
            lead.marginArrived(
                margin, tick: Tick(tick), roundTripNanoseconds: roundTripNanoseconds)
        }
    }

    @Test func aSurplusIsKeptForAWhileAndThenShrinksSlowly() {
        var lead = InputLead(tickNanoseconds: Self.tick, roundTripNanoseconds: 100_000_000)
        steer(&lead, needTicks: 15, ticks: 101...160, roundTripNanoseconds: 100_000_000)
        let covered = lead.nanoseconds
        #expect(covered >= 15 * Self.tick)
        steer(&lead, needTicks: 6, ticks: 161...1_060, roundTripNanoseconds: 100_000_000)
        #expect(lead.nanoseconds == covered)
        var before = covered
        for start in stride(from: UInt32(1_300), to: 4_300, by: 1) {
            steer(&lead, needTicks: 6, ticks: start...start, roundTripNanoseconds: 100_000_000)
            // 4 % of the beat at most.
            #expect(before - lead.nanoseconds <= Self.tick / 24)
            before = lead.nanoseconds
        }
        #expect(lead.nanoseconds < 9 * Self.tick)
        #expect(lead.nanoseconds >= 6 * Self.tick)
    }

    @Test func starvingIsAnsweredWithinAFewTicks() {
        var lead = InputLead(tickNanoseconds: Self.tick, roundTripNanoseconds: 100_000_000)
        let before = lead.nanoseconds
        steer(&lead, needTicks: 12, ticks: 101...116, roundTripNanoseconds: 100_000_000)
        #expect(lead.nanoseconds >= before + 3 * Self.tick)
        steer(&lead, needTicks: 12, ticks: 117...140, roundTripNanoseconds: 100_000_000)
        #expect(lead.nanoseconds >= 12 * Self.tick)
    }

    @Test func whatIsKnownOfNoCommandTeachesNothing() {
        var lead = InputLead(tickNanoseconds: Self.tick, roundTripNanoseconds: 100_000_000)
        let before = lead.nanoseconds
        for tick in UInt32(1)...600 {
            lead.marginArrived(-9, tick: Tick(tick), roundTripNanoseconds: 100_000_000)
        }
        #expect(lead.nanoseconds == before)
    }

    @Test func starvingNeverRunsAwayFromTheWay() {
        var lead = InputLead(tickNanoseconds: Self.tick, roundTripNanoseconds: 20_000_000)
        for tick in UInt32(1)...6_000 {
            lead.commanded(Tick(tick))
            lead.marginArrived(
                tick < 3_000 ? -32 : -1_000, tick: Tick(tick + 32),
                roundTripNanoseconds: 20_000_000)
            #expect(lead.nanoseconds <= 20_000_000 + InputLead.surplusTicksMax * Self.tick)
            #expect(lead.nanoseconds >= 0)
        }
    }

    @Test func whoGivesNoCommandsDoesNotStarve() {
        var lead = InputLead(tickNanoseconds: Self.tick, roundTripNanoseconds: 20_000_000)
        lead.commanded(Tick(100))
        let before = lead.nanoseconds
        for tick in UInt32(104)...200 {
            lead.marginArrived(
                100 - Int(tick), tick: Tick(tick), roundTripNanoseconds: 20_000_000)
        }
        #expect(lead.nanoseconds == before)
        // With a further command on its way, it is the way that is slow.
        lead.commanded(Tick(202))
        lead.marginArrived(-1, tick: Tick(101), roundTripNanoseconds: 20_000_000)
        #expect(lead.nanoseconds > before)
    }

    @Test func whatAnotherBoundHasChosenTeachesNothing() {
        var lead = InputLead(tickNanoseconds: Self.tick, roundTripNanoseconds: 20_000_000)
        let before = lead.nanoseconds
        for tick in UInt32(100)...200 {
            lead.commanded(Tick(tick), isAsWanted: false)
            lead.commanded(Tick(tick + 20), isAsWanted: false)
            lead.marginArrived(-20, tick: Tick(tick + 20), roundTripNanoseconds: 20_000_000)
        }
        #expect(lead.nanoseconds == before)
    }
}
