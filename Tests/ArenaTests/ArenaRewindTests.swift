import Arena
import Hyoshi
import Testing

/// A room that remembers its last ticks, as the server's does, for shots at what was seen then.
struct RememberingRoom {
    var room: ArenaRoom
    private(set) var tables: [UInt32: EntityTable] = [:]
    private var table = EntityTable(kinds: arena.kinds)

    init(_ room: ArenaRoom, ticksMax: Int = 12) {
        self.room = room
        room.instance.past = PastTables(ticksMax: ticksMax, kinds: arena.kinds)
    }

    /// Makes `count` ticks and remembers each.
    mutating func step(_ count: Int = 1) {
        for _ in 0..<count {
            room.step()
            remember()
        }
    }

    mutating func remember() {
        room.instance.extract(into: &table)
        table.tick = Tick(room.tick)
        room.instance.past.record(table)
        tables[room.tick] = table
    }

    /// Lets a seat see the others `ticks` late from now on.
    func see(_ seat: Int, late ticks: UInt8) {
        room.instance.viewDelays[seat] = ticks
    }
}

@Suite struct ArenaRewindTests {
    /// A ship crosses the line of fire; the shot meets it where it was `delay` ticks before.
    ///
    /// - Parameters:
    ///   - claimed: How late the shooter says that it sees.
    ///   - aimed: How many ticks before the shot's the place is that the shot meets.
    /// - Returns: Whether the crossing ship was hit.
    private func crossing(claimed: UInt8, aimed: Int32, ticksMax: Int = 12) -> Bool {
        var room = RememberingRoom(.duel(), ticksMax: ticksMax)
        room.see(0, late: claimed)
        let speed = Ship.speedMax
        // The shot starts 20 units ahead in the tick in which it is fired, and flies 14 a tick: after
        // 10 more it is 160 units ahead. The ship shall have crossed there `aimed` ticks before.
        let flight: Int32 = 11
        room.room.rules.ships[1].x = (1000 + 160) * Arena.unit
        room.room.rules.ships[1].velocityY = speed
        room.room.rules.ships[1].y = 1000 * Arena.unit - (40 + flight - aimed) * speed
        room.step(40)
        room.room.hold(0, fire: 1)
        room.step()
        room.room.hold(0)
        room.step(20)
        return room.room.rules.ships[1].health < 5
    }

    @Test func aHitOnTheShootersScreenIsAHit() {
        for delay in 0...12 {
            #expect(crossing(claimed: UInt8(delay), aimed: Int32(delay)), "\(delay) ticks late")
        }
    }

    /// The ship is 38 units wide for a shot and goes 6 a tick: 8 ticks away it is out of reach.
    @Test func whatTheShooterDoesNotSeeIsNoHit() {
        for delay in 0...4 {
            #expect(!crossing(claimed: UInt8(delay), aimed: Int32(delay) + 8))
            #expect(!crossing(claimed: UInt8(delay) + 8, aimed: Int32(delay)))
        }
    }

    @Test func noClaimReachesBeyondTheLimit() {
        for claimed in [13, 16, 20, 60, 255] as [UInt8] {
            #expect(crossing(claimed: claimed, aimed: 12))
            #expect(!crossing(claimed: claimed, aimed: 20))
            // A room without rewind judges by the present.
            #expect(crossing(claimed: claimed, aimed: 0, ticksMax: 0))
            #expect(!crossing(claimed: claimed, aimed: 8, ticksMax: 0))
        }
    }

    @Test func whoWasDeadOrAbsentThenIsNotHitNow() {
        var room = RememberingRoom(.duel())
        room.see(0, late: 10)
        room.room.rules.ships[1].health = 0
        room.room.rules.ships[1].untilTick = Int32.max
        room.step(40)
        // Alive in the line of fire only since the shot has been fired.
        room.room.rules.ships[1].x = 1040 * Arena.unit
        room.room.hold(0, fire: 1)
        room.room.rules.ships[1].health = 5
        room.room.rules.ships[1].untilTick = 0
        room.step(4)
        #expect(room.room.rules.ships[1].health == 5)
        #expect(room.room.rules.shots.count == 1)
        // A newcomer's ship does not stop the shot either.
        var other = RememberingRoom(.duel())
        other.see(0, late: 10)
        other.step(40)
        if let third = SeatIndex(2) {
            other.room.instance.seatJoined(third, at: Tick(other.room.tick + 1))
            other.room.seats.insert(third)
        }
        other.room.rules.ships[2].x = 1040 * Arena.unit
        other.room.rules.ships[2].y = 1000 * Arena.unit
        other.room.hold(0, fire: 1)
        other.step(6)
        #expect(other.room.rules.shots.count == 1)
    }

    @Test func protectionHoldsAsOfNow() {
        for isProtectedNow in [true, false] {
            var room = RememberingRoom(.duel())
            room.see(0, late: 10)
            let end: Int32 = isProtectedNow ? Int32.max : Int32(room.room.tick) + 55
            room.room.rules.ships[1].untilTick = end
            room.step(40)
            room.room.hold(0, fire: 1)
            room.step()
            room.room.hold(0)
            // At the hit, 19 ticks later, the place is one of protection in both cases.
            room.step(25)
            #expect(room.room.rules.shots.count == 0)
            #expect(room.room.rules.ships[1].health == (isProtectedNow ? 5 : 4))
        }
    }

    /// No shot that is left touches a ship as its shooter saw it: the grid hides no candidate.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func aCrowdThatSeesThePastMissesNothing(seed: UInt64) {
        var crowd = ArenaCrowd(seed: seed)
        crowd.room.instance.past = PastTables(ticksMax: 12, kinds: arena.kinds)
        var delays = DeterministicRandom(seed: seed)
        for seat in 0..<64 {
            crowd.room.instance.viewDelays[seat] = UInt8(delays.number(in: 0...16))
        }
        var room = RememberingRoom(crowd.room)
        var hits = 0
        for _ in 0..<300 {
            let before = crowd.room.rules
            crowd.step()
            hits += rewoundHits(before: before, crowd: crowd)
            let faults = missed(crowd, tables: room.tables)
            #expect(faults.isEmpty)
            room.room.tick = crowd.room.tick
            room.remember()
        }
        #expect(hits > 2)
    }

    /// Ships that have lost health far from every shot: hit where they were, not where they are.
    private func rewoundHits(before: Arena, crowd: ArenaCrowd) -> Int {
        let now = crowd.room.rules
        var count = 0
        for position in now.ships.indices {
            let ship = now.ships[position]
            guard let old = before.ships.position(of: now.ships.id(at: position)),
                ship.health < before.ships[old].health
            else { continue }
            let isNear = before.shots.indices.contains { number in
                let shot = before.shots[number]
                let x = Arena.axis.position(shot.x, movedBy: shot.velocityX)
                let y = Arena.axis.position(shot.y, movedBy: shot.velocityY)
                return apart(x, y, ship.x, ship.y) < 19 * Arena.unit
            }
            let isAtARock = before.rocks.indices.contains { number in
                let rock = before.rocks[number]
                return apart(rock.x, rock.y, ship.x, ship.y) < 90 * Arena.unit
            }
            if !isNear && !isAtARock { count += 1 }
        }
        return count
    }

    /// The shots in flight that touch a ship as their shooter sees it.
    private func missed(_ crowd: ArenaCrowd, tables: [UInt32: EntityTable]) -> [String] {
        let world = crowd.room.rules
        let tick = crowd.room.tick
        let (x, y, health) = (field("x"), field("y"), field("health"))
        var faults: [String] = []
        for number in world.shots.indices {
            let shot = world.shots[number]
            let delay = min(UInt32(crowd.room.instance.viewDelays[shot.owner.index]), 12)
            guard tick > delay else { continue }
            for position in world.ships.indices {
                let ship = world.ships[position]
                // Without a hit in this step: neither dead nor just now.
                guard ship.isAlive, ship.owner != shot.owner else { continue }
                var place = (x: ship.x, y: ship.y)
                if delay > 0 {
                    guard let rows = tables[tick - delay]?.kinds[0],
                        let row = rows.row(of: world.ships.id(at: position).rawValue)
                    else { continue }
                    let first = row * rows.fieldCount
                    guard rows.values[first + health] > 0 else { continue }
                    place = (rows.values[first + x], rows.values[first + y])
                }
                if apart(shot.x, shot.y, place.x, place.y) < 19 * Arena.unit - 1 {
                    faults.append("shot \(shot) of \(delay) ticks ago, ship \(ship)")
                }
            }
        }
        return faults
    }

    private func field(_ name: String) -> Int {
        arena.kinds[0].fields.firstIndex { "\($0.name)" == name } ?? 0
    }

    private func apart(_ x: Int32, _ y: Int32, _ otherX: Int32, _ otherY: Int32) -> Int32 {
        let (width, height) = (
            Arena.axis.difference(from: x, to: otherX), Arena.axis.difference(from: y, to: otherY)
        )
        let atLeast = max(abs(width), abs(height))
        guard atLeast < 100 * Arena.unit else { return atLeast }
        return Int32(clamping: FixedPoint.length(width, height))
    }
}
