import Arena
import ArenaBots
import Hyoshi
import Replication
import SimulatorKit
import Tag
import Testing

@Suite struct ArenaPilotTests {
    private func pilot(_ skill: PilotSkill = .ace, seed: UInt64 = 1) -> BotInstance {
        BotPolicy("pilot") { ArenaPilot(skill: skill) }.makeInstance(seed)
    }

    private func decide(
        _ pilot: BotInstance, _ world: ArenaSample, latency: UInt32 = 1
    ) -> (steer: Int32, fires: Bool) {
        var input: [Int32] = [-7, -7]
        pilot.decide(
            world.table, seat: world.seat, commandTick: Tick(world.tick + latency), into: &input)
        return (input[0], input[1] == 1)
    }

    @Test func pilotsKnowTheArenaAlone() throws {
        let (small, large, other) = (
            try Schema(arena), try Schema(arenaLarge), try Schema(tag)
        )
        for policy in ArenaPolicies.all {
            #expect(policy.plays(small) && policy.plays(large) && !policy.plays(other))
        }
    }

    @Test func turnsTowardItsTarget() throws {
        // 300 units away: below is clockwise, above is counter-clockwise.
        for (y, expected) in [(300, ArenaPilot.Steer.right), (-300, ArenaPilot.Steer.left)] {
            let pilot = pilot()
            var world = ArenaSample()
            world.ship(seat: 0, x: 1_000, y: 1_000)
            world.ship(seat: 1, x: 1_000, y: 1_000 + y)
            let decision = decide(pilot, world)
            #expect(decision.steer & 6 == expected)
            #expect(!decision.fires)
        }
    }

    @Test func turnsTheShortWayAcrossTheEdge() throws {
        let pilot = pilot()
        var world = ArenaSample()
        world.ship(seat: 0, x: 4_000, y: 4_000)
        world.ship(seat: 1, x: 4_000, y: 100)
        #expect(decide(pilot, world).steer & 6 == ArenaPilot.Steer.right)
    }

    @Test func firesWhenAligned() throws {
        let pilot = pilot()
        var world = ArenaSample()
        world.ship(seat: 0, x: 1_000, y: 1_000)
        world.ship(seat: 1, x: 1_250, y: 1_000)
        #expect(decide(pilot, world).fires)
    }

    @Test func holdsItsFireWhenNothingIsAhead() throws {
        for skill in PilotSkill.allCases {
            let pilot = pilot(skill)
            var world = ArenaSample()
            world.ship(seat: 0, x: 1_000, y: 1_000)
            #expect(!decide(pilot, world).fires)
            world.ship(seat: 1, x: 700, y: 1_000)
            #expect(!decide(pilot, world).fires)
            // Too far to hit.
            world = ArenaSample()
            world.ship(seat: 0, x: 1_000, y: 1_000)
            world.ship(seat: 1, x: 2_500, y: 1_000)
            #expect(!decide(pilot, world).fires)
        }
    }

    @Test func sparesProtectedAndDeadShips() throws {
        let pilot = pilot()
        var world = ArenaSample()
        world.ship(seat: 0, x: 1_000, y: 1_000)
        world.ship(seat: 1, x: 1_250, y: 1_000, untilTick: 10_000)
        world.ship(seat: 2, x: 1_300, y: 1_000, health: 0)
        #expect(!decide(pilot, world).fires)
    }

    @Test func leadsAMovingTarget() throws {
        // It crosses downwards at 3 units a tick: the shot must go below where it is now.
        let pilot = pilot()
        var world = ArenaSample()
        world.ship(seat: 0, x: 1_000, y: 1_000)
        world.ship(seat: 1, x: 1_300, y: 1_000, velocityY: 3 * 256)
        let decision = decide(pilot, world)
        #expect(decision.steer & 6 == ArenaPilot.Steer.right)
        #expect(!decision.fires)
    }

    @Test func turnsAwayFromARockInItsWay() throws {
        // A rock ahead and a little below, closing at 4 units a tick: away is up, to the left.
        let pilot = pilot()
        var world = ArenaSample()
        world.ship(seat: 0, x: 1_000, y: 1_000, velocityX: 4 * 256)
        world.rock(x: 1_150, y: 1_030, size: 3)
        #expect(decide(pilot, world).steer & 6 == ArenaPilot.Steer.left)
        // The same rock leaving is no danger: nothing to turn away from.
        world = ArenaSample()
        world.ship(seat: 0, x: 1_000, y: 1_000, velocityX: -4 * 256)
        world.rock(x: 1_150, y: 1_030, size: 3)
        let other = self.pilot(seed: 1)
        let same = self.pilot(seed: 1)
        let with = decide(other, world)
        world.rocks = []
        let without = decide(same, world)
        #expect(with.steer == without.steer)
    }

    @Test func countsTheTurnsThatAreOnTheirWay() throws {
        // Seen 8 ticks late, it stops turning when what is on its way suffices.
        let pilot = pilot()
        var world = ArenaSample()
        world.ship(seat: 0, x: 1_000, y: 1_000)
        world.ship(seat: 1, x: 1_000 + 290, y: 1_000 + 78)
        // 15 degrees are 10.7 steps of heading, or 4 ticks of turning.
        var turning = 0
        for tick in UInt32(100)..<108 {
            world.tick = 100
            let decision = decide(pilot, world, latency: tick - 99)
            if decision.steer & ArenaPilot.Steer.right != 0 { turning += 1 }
        }
        #expect(turning >= 3 && turning <= 5)
    }

    @Test func theDeadKeepStill() throws {
        let pilot = pilot()
        var world = ArenaSample()
        world.ship(seat: 0, x: 1_000, y: 1_000, health: 0)
        world.ship(seat: 1, x: 1_250, y: 1_000)
        let decision = decide(pilot, world)
        #expect(decision.steer == 0 && !decision.fires)
    }

    @Test(arguments: PilotSkill.allCases)
    func decidesTheSameFromTheSameSeed(skill: PilotSkill) throws {
        func flight(seed: UInt64) throws -> [Int32] {
            let pilot = pilot(skill, seed: seed)
            var random = DeterministicRandom(seed: 99)
            var inputs: [Int32] = []
            for tick in UInt32(1)...400 {
                let world = ArenaSample(random: &random, tick: tick)
                let decision = decide(pilot, world, latency: 3)
                inputs.append(decision.steer * 2 + (decision.fires ? 1 : 0))
            }
            return inputs
        }
        let first = try flight(seed: 4)
        #expect(try flight(seed: 4) == first)
        #expect(try flight(seed: 5) != first)
        #expect(Set(first).count > 4)
        #expect(first.allSatisfy { (0...31).contains($0) })
    }

    @Test func levelsAreMixed() {
        var counts: [String: Int] = [:]
        for seed in UInt64(0)..<400 {
            counts[ArenaPolicies.mixed.makeInstance(seed).name, default: 0] += 1
        }
        #expect(Set(counts.keys) == ["novice", "regular", "ace"])
        #expect(counts.values.allSatisfy { $0 > 50 })
    }
}
