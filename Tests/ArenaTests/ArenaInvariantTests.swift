import Arena
import Hyoshi
import Testing

@Suite struct ArenaInvariantTests {
    @Test(arguments: [11, 12, 13] as [UInt64])
    func everyTickOfAFullRoomKeepsTheLimits(seed: UInt64) {
        var crowd = ArenaCrowd(seed: seed)
        var before = crowd.room.rules
        var shotsMost = 0
        var deaths = 0
        for _ in 0..<1500 {
            crowd.step()
            let now = crowd.room.rules
            let faults = limitFaults(now) + changeFaults(from: before, to: now, room: crowd.room)
            #expect(faults.isEmpty)
            deaths += now.ships.indices.count { position in
                let old = before.ships.position(of: now.ships.id(at: position))
                return now.ships[position].health == 0
                    && old.map { before.ships[$0].isAlive } == true
            }
            shotsMost = max(shotsMost, now.shots.count)
            before = now
        }
        // The crowd must have done what the limits are about.
        #expect(shotsMost > 40)
        #expect(deaths > 5)
        #expect(now(crowd).contains { $0.score > 10 })
    }

    private func now(_ crowd: ArenaCrowd) -> [Ship] {
        crowd.room.rules.ships.indices.map { crowd.room.rules.ships[$0] }
    }

    /// What is wrong with a world looked at alone: places, speeds, ranges.
    private func limitFaults(_ world: Arena) -> [String] {
        var faults: [String] = []
        func check(_ holds: Bool, _ what: @autoclosure () -> String) {
            if !holds { faults.append(what()) }
        }
        let places = 0..<Arena.worldSize
        for ship in world.ships.indices.map({ world.ships[$0] }) {
            check(places.contains(ship.x) && places.contains(ship.y), "ship place \(ship)")
            let squared = FixedPoint.squaredLength(ship.velocityX, ship.velocityY)
            check(squared <= UInt64(Ship.speedMax * Ship.speedMax), "ship speed \(ship)")
            check((0..<Ship.turn).contains(ship.heading), "heading \(ship)")
            check((0...Ship.healthMax).contains(ship.health), "health \(ship)")
            check((0...3).contains(ship.engines), "engines \(ship)")
            check(
                ship.isAlive || (ship.velocityX == 0 && ship.velocityY == 0 && ship.engines == 0),
                "a dead ship moves \(ship)")
        }
        for shot in world.shots.indices.map({ world.shots[$0] }) {
            check(places.contains(shot.x) && places.contains(shot.y), "shot place \(shot)")
            let limit = Ship.speedMax + Shot.speed
            check(abs(shot.velocityX) <= limit && abs(shot.velocityY) <= limit, "shot \(shot)")
        }
        for rock in world.rocks.indices.map({ world.rocks[$0] }) {
            check(places.contains(rock.x) && places.contains(rock.y), "rock place \(rock)")
            check((1...3).contains(rock.size), "rock size \(rock)")
            check(
                abs(rock.velocityX) <= Rock.speedMax && abs(rock.velocityY) <= Rock.speedMax,
                "rock speed \(rock)")
        }
        let weight = world.rocks.indices.reduce(0) { $0 + world.rocks[$1].weight }
        check(weight <= Arena.rockBudget, "rocks weigh \(weight)")
        return faults
    }

    /// What is wrong with a tick: scores that fall, things that do not move by their velocity.
    private func changeFaults(from before: Arena, to now: Arena, room: ArenaRoom) -> [String] {
        var faults: [String] = []
        for position in now.ships.indices {
            guard let old = before.ships.position(of: now.ships.id(at: position)) else { continue }
            let (was, ship) = (before.ships[old], now.ships[position])
            if ship.score < was.score { faults.append("score fell \(ship)") }
            if ship.owner != was.owner { faults.append("owner changed \(ship)") }
            guard was.isAlive else { continue }
            let coasts = room.inputs[2 * ship.owner.index] & 0xF == 0
            if coasts {
                if ship.heading != was.heading { faults.append("heading changed \(ship)") }
                if ship.x != Arena.axis.position(was.x, movedBy: was.velocityX)
                    || ship.y != Arena.axis.position(was.y, movedBy: was.velocityY)
                {
                    faults.append("ship jumped \(was) \(ship)")
                }
            }
        }
        for position in now.shots.indices {
            guard let old = before.shots.position(of: now.shots.id(at: position)) else { continue }
            var expected = before.shots[old]
            expected.x = Arena.axis.position(expected.x, movedBy: expected.velocityX)
            expected.y = Arena.axis.position(expected.y, movedBy: expected.velocityY)
            if expected != now.shots[position] { faults.append("shot \(now.shots[position])") }
        }
        for position in now.rocks.indices {
            guard let old = before.rocks.position(of: now.rocks.id(at: position)) else { continue }
            let (was, rock) = (before.rocks[old], now.rocks[position])
            if rock.x != Arena.axis.position(was.x, movedBy: was.velocityX)
                || rock.y != Arena.axis.position(was.y, movedBy: was.velocityY)
            {
                faults.append("rock jumped \(was) \(rock)")
            }
        }
        return faults
    }

    /// Constant thrust too is told exactly: n ticks add n·v0 + a·n(n+1)/2.
    @Test func constantThrustFollowsTheFormulaOfDeltas() {
        var room = ArenaRoom.duel()
        room.rules.ships[1].heading = 37
        room.hold(1, steer: 1)
        let start = room.rules.ships[1]
        for count in 1...Int32(60) {
            room.step()
            let ship = room.rules.ships[1]
            let expectedX =
                start.x + count * start.velocityX
                + ((ship.velocityX - start.velocityX) * (count + 1)) / 2
            let expectedY =
                start.y + count * start.velocityY
                + ((ship.velocityY - start.velocityY) * (count + 1)) / 2
            #expect(ship.x == expectedX && ship.y == expectedY)
        }
    }

    @Test func aWorldAtRestChangesNothing() {
        var room = ArenaRoom()
        room.join(count: 64)
        room.rules.rocks.removeAll()
        // Sixty-four ships at rest, sixty units apart: no hash but the first.
        for position in room.rules.ships.indices {
            room.rules.ships[position].x = Int32(position) * 60 * Arena.unit
        }
        room.step()
        let hash = contentHash(room.instance)
        for _ in 0..<58 {
            room.step()
            #expect(contentHash(room.instance) == hash)
        }
    }

    /// At the end of the tick numbers nothing traps; no wait lasts longer than a tick.
    @Test func theLastTicksOfTheNumbersAreSafe() {
        var crowd = ArenaCrowd(seed: 5)
        crowd.room.tick = UInt32(Int32.max) - 60
        for _ in 0..<300 { crowd.step() }
        let longest = crowd.room.rules.ships.indices.map { crowd.room.rules.ships[$0].untilTick }
        #expect(longest.allSatisfy { $0 >= 0 })
        crowd.room.tick = UInt32.max - 60
        for _ in 0..<50 { crowd.step() }
    }
}
