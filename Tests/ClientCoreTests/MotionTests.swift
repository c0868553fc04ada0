import Hyoshi
import Replication
import Testing

@testable import ClientCore

/// The arithmetic between ticks, and the pace of what is shown.
@Suite struct MotionTests {
    private func motion(
        _ use: FieldSpecification.Use, _ range: ClosedRange<Int32>, step: Int32 = 1,
        wraps: Bool = false
    ) -> FieldMotion {
        FieldMotion(
            FieldSchema(
                name: "x", use: use, minimum: range.lowerBound, maximum: range.upperBound,
                step: step, wraps: wraps), isChange: false)
    }

    @Test func wrappingFieldsTakeTheShortWay() {
        let angle = motion(.angle, 0...255, wraps: true)
        #expect(angle.between(250, 4, share: 0.5) == 255)
        #expect(angle.between(250, 4, share: 0.75) == 1.5)
        #expect(angle.between(4, 250, share: 0.75) == 252.5)
        #expect(angle.between(7, 7, share: 0.3) == 7)
        #expect(angle.difference(from: 250, to: 4) == 10)
        #expect(angle.folded(256) == 0 && angle.folded(-0.5) == 255.5)
        let place = motion(.coordinate, -100...99, step: 10, wraps: true)
        #expect(place.between(99, -100, share: 0.5) == 995)
        #expect(place.folded(1_000) == -1_000)
    }

    @Test func leapsAreNotMovements() {
        let place = motion(.coordinate, 0...999)
        #expect(place.between(100, 140, share: 0.25) == 110)
        #expect(place.between(100, 500, share: 0.25) == 100)
        #expect(place.folded(1_200) == 999)
        let number = motion(.number, 0...999)
        #expect(!number.moves && number.reports)
    }

    @Test func randomMovementsStayInRangeAndMonotone() {
        var random = DeterministicRandom(seed: 3)
        for _ in 0..<5_000 {
            let low = random.number(in: -1_000_000...1_000_000)
            let high = low + random.number(in: 0...2_000_000)
            let field = motion(
                .coordinate, low...high, step: random.number(in: 1...100), wraps: random.oneIn(2))
            let (first, second) = (random.number(in: low...high), random.number(in: low...high))
            let share = Double(random.number(in: 0...1_000)) / 1_000
            let value = field.between(first, second, share: share)
            #expect(value >= Double(low) * field.step)
            #expect(value < (Double(high) + 1) * field.step)
            let way = field.difference(from: Double(first) * field.step, to: value)
            let whole = field.difference(
                from: Double(first) * field.step, to: Double(second) * field.step)
            #expect(way.magnitude <= whole.magnitude + 1e-6)
        }
    }

    @Test func decayHalvesInItsTimeHoweverOftenItIsAsked() {
        let once = Presentation.decay(seconds: Presentation.halfLifeSeconds)
        #expect((once - 0.5).magnitude < 0.01)
        var often = 1.0
        for _ in 0..<10 { often *= Presentation.decay(seconds: Presentation.halfLifeSeconds / 10) }
        #expect((often - 0.5).magnitude < 0.001)
        #expect(Presentation.decay(seconds: 100) < 1e-6)
        #expect(Presentation.decay(seconds: 0) == 1)
    }

    @Test func playbackNeverGoesBackWhateverComes() {
        var random = DeterministicRandom(seed: 11)
        for _ in 0..<50 {
            var playback = Playback()
            var arrival = 100.0
            var last = 0.0
            for _ in 0..<500 {
                // Also beats that are moved, both ways.
                if random.oneIn(50) { arrival += Double(random.number(in: -90...90)) }
                let elapsed = Double(random.number(in: 0...30)) / 10
                arrival += elapsed
                playback.arrived(neededTicks: Double(random.number(in: 0...300)) / 10)
                playback.advance(
                    arrivalTick: arrival, newest: arrival.rounded(.down), elapsedTicks: elapsed)
                #expect(playback.tick >= last)
                #expect(playback.tick <= max(last, arrival + Playback.ticksBeyondMax))
                #expect(playback.delayTicks >= Playback.delayTicksMin)
                #expect(playback.delayTicks <= Playback.delayTicksMax)
                last = playback.tick
            }
        }
    }

    @Test func delayGrowsFastAndShrinksSlowly() {
        var playback = Playback()
        for _ in 0..<20 { playback.arrived(neededTicks: 8) }
        #expect(playback.delayTicks > 7.5)
        for _ in 0..<60 { playback.arrived(neededTicks: 1) }
        #expect(playback.delayTicks > 5)
        for _ in 0..<600 { playback.arrived(neededTicks: 1) }
        #expect(playback.delayTicks < 2)
    }

    @Test func provisionalIDsNameTheirMakers() {
        for tick in [Tick(1), Tick(0x7F_FFFE), Tick(0x80_0001), Tick(.max - 30)] {
            let id =
                Predictor.provisionalIDMin | (tick.advanced(by: 2).rawValue & 0x7F_FFFF) &* 256
            #expect(Predictor.distance(ofMaker: id, from: tick) == 2)
            #expect(Predictor.distance(ofMaker: id + 255, from: tick.advanced(by: 9)) == -7)
        }
    }
}

/// What the server applies, as the client can tell.
@Suite struct AppliedCommandTests {
    struct Rules: Simulation {
        struct Input: Fields {
            var held: Int32 = 1
            var strict: Int32 = 2
            mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
                visitor.field("held", &held, .number(0...99))
                visitor.field("strict", &strict, .number(0...99).late(.neutral))
            }
        }
        static var name: StaticString { "rules" }
        static var seatsMax: Int { 1 }
        init(random: inout DeterministicRandom) {}
        mutating func seatJoined(
            _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
        ) {}
        mutating func seatLeft(
            _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
        ) {}
        mutating func step(_ context: inout StepContext<Input>) {}
        mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {}
    }

    private func applied(_ history: CommandHistory, _ tick: UInt32) -> [Int32] {
        var inputs: [Int32] = [0, 0, 0]
        let delay = history.apply(Tick(tick), into: &inputs, at: 1)
        return [inputs[1], inputs[2], Int32(delay)]
    }

    @Test func isTheCommandOrWhatIsHeld() {
        var history = CommandHistory(Game(Rules.self))
        #expect(applied(history, 5) == [1, 2, 0])
        let isFirst = history.add([10, 20], for: Tick(100), viewDelayTicks: 7)
        #expect(isFirst)
        #expect(applied(history, 99) == [1, 2, 0])
        #expect(applied(history, 100) == [10, 20, 7])
        // Not commanded yet: held, but for what is not held.
        #expect(applied(history, 101) == [10, 2, 7])
        // A short gap is filled with the next command, a long one held.
        let isSecond = history.add([11, 21], for: Tick(104), viewDelayTicks: 8)
        #expect(isSecond)
        #expect(applied(history, 101) == [11, 21, 8])
        let isThird = history.add([12, 22], for: Tick(130), viewDelayTicks: 9)
        #expect(isThird)
        #expect(applied(history, 104) == [11, 21, 8])
        #expect(applied(history, 105) == [11, 2, 8])
        #expect(applied(history, 122) == [11, 2, 8])
        #expect(applied(history, 123) == [12, 22, 9])
        // Beyond what is kept there is nothing but the neutral one.
        let isFourth = history.add([13, 23], for: Tick(1_000), viewDelayTicks: 1)
        #expect(isFourth)
        #expect(applied(history, 130) == [1, 2, 0])
        #expect(applied(history, 900) == [12, 2, 9])
        #expect(applied(history, 1_000) == [13, 23, 1])
    }

    @Test func lastTickOfAllIsNoTrap() {
        var history = CommandHistory(Game(Rules.self))
        let isAdded = history.add([10, 20], for: Tick(.max))
        #expect(isAdded)
        #expect(applied(history, .max) == [10, 20, 0])
    }
}
