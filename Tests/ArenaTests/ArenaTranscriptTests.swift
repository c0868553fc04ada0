import Arena
import Hyoshi
import Testing

@Suite struct ArenaTranscriptTests {
    @Test func aShotHitsAndScores() {
        var room = ArenaRoom.duel()
        room.hold(0, fire: 1)
        room.step()
        #expect(room.rules.shots.count == 1)
        #expect(room.rules.shots[0].owner == SeatIndex.first)
        #expect(room.rules.ships[0].reloadTick == Int32(room.tick) + 12)
        room.hold(0)
        // The nose starts 20 units ahead; at 14 units a tick the 19 units of both radii are
        // reached when 20 + 14 n > 300 − 19.
        room.step(18)
        #expect(room.rules.ships[1].health == 5)
        #expect(room.rules.shots.count == 1)
        room.step()
        #expect(room.rules.shots.count == 0)
        #expect(room.rules.ships[1].health == 4)
        #expect(room.rules.ships[0].score == 1)
        #expect(room.rules.ships[0].health == 5)
    }

    @Test func fiveHitsKillAndTheShipReturnsAfterTwoSeconds() {
        var room = ArenaRoom.duel()
        room.rules.ships[0].health = 3
        room.hold(0, fire: 1)
        room.step(12 * 4 + 20)
        #expect(room.rules.ships[1].health == 0)
        #expect(room.rules.ships[0].score == 5 + 10)
        #expect(room.rules.ships[0].health == 4)
        let death = Int32(room.tick)
        #expect(room.rules.ships[1].untilTick == death + 120)
        room.hold(0)
        room.hold(1, steer: 1, fire: 1)
        room.step(119)
        #expect(room.rules.ships[1].health == 0)
        #expect(room.rules.ships[1].velocityX == 0 && room.rules.ships[1].velocityY == 0)
        #expect(!room.rules.shots.indices.contains { room.rules.shots[$0].owner.index == 1 })
        room.hold(1)
        room.step()
        #expect(room.rules.ships[1].health == 5)
        #expect(room.rules.ships[1].untilTick == death + 240)
        let apart = FixedPoint.length(
            Arena.axis.difference(from: room.rules.ships[0].x, to: room.rules.ships[1].x),
            Arena.axis.difference(from: room.rules.ships[0].y, to: room.rules.ships[1].y))
        #expect(apart > UInt32(800 * Arena.unit))
    }

    @Test func protectionSwallowsShotsAndEndsByShooting() {
        var room = ArenaRoom.duel()
        room.rules.ships[1].untilTick = Int32(room.tick) + 200
        room.hold(0, fire: 1)
        room.step()
        room.hold(0)
        room.step(19)
        #expect(room.rules.shots.count == 0)
        #expect(room.rules.ships[1].health == 5)
        #expect(room.rules.ships[0].score == 0)
        #expect(room.rules.ships[1].isProtected(at: Int32(room.tick)))
        room.rules.ships[1].heading = 64
        room.hold(1, fire: 1)
        room.step()
        #expect(!room.rules.ships[1].isProtected(at: Int32(room.tick)))
    }

    @Test func joiningProtectsAndLeavingTakesShipAndShots() throws {
        var room = ArenaRoom()
        room.join(count: 3)
        let protected = room.rules.ships.indices.map { room.rules.ships[$0].isProtected(at: 120) }
        #expect(protected == [true, true, true])
        #expect(!room.rules.ships[0].isProtected(at: 121))
        for seat in 0..<3 { room.hold(seat, fire: 1) }
        room.step()
        #expect(room.rules.shots.count == 3)
        let second = try #require(SeatIndex(1))
        room.instance.seatLeft(second, at: Tick(2))
        #expect(room.rules.ships.indices.map { room.rules.ships[$0].owner.index } == [0, 2])
        #expect(room.rules.shots.indices.map { room.rules.shots[$0].owner.index } == [0, 2])
        room.instance.seatJoined(second, at: Tick(2))
        room.instance.seatJoined(second, at: Tick(2))
        #expect(room.rules.ships.count == 3)
    }

    @Test func holdingFireShootsEveryTwelveTicks() {
        var room = ArenaRoom.duel()
        room.rules.ships[0].heading = 64
        room.hold(0, fire: 1)
        var births: [UInt32] = []
        var known: Set<UInt32> = []
        for _ in 0..<100 {
            room.step()
            for position in room.rules.shots.indices
            where known.insert(room.rules.shots.id(at: position).rawValue).inserted {
                births.append(room.tick)
            }
            #expect(room.rules.shots.count <= 4)
        }
        #expect(births.count == 9)
        #expect(zip(births, births.dropFirst()).allSatisfy { $1 - $0 == 12 })
    }

    @Test func thrustReachesTheSpeedLimitAndBrakingStops() {
        var room = ArenaRoom.duel()
        room.hold(1, steer: 1)
        room.step(64)
        #expect(room.rules.ships[1].velocityX == Ship.speedMax)
        #expect(room.rules.ships[1].engines == 1)
        room.step(30)
        #expect(room.rules.ships[1].velocityX == Ship.speedMax)
        room.hold(1, steer: 8)
        room.step(48)
        #expect(room.rules.ships[1].velocityX == 0 && room.rules.ships[1].velocityY == 0)
        #expect(room.rules.ships[1].engines == 2)
        room.hold(1)
        room.step()
        #expect(room.rules.ships[1].engines == 0)
    }

    @Test func turningWrapsAndUpperBitsMeanNothing() {
        var room = ArenaRoom.duel()
        room.hold(0, steer: 2)
        room.hold(1, steer: 0xF0 | 4)
        room.step()
        #expect(room.rules.ships[0].heading == 253)
        #expect(room.rules.ships[1].heading == 3)
        room.hold(0, steer: 2 | 4)
        room.step()
        #expect(room.rules.ships[0].heading == 253)
    }

    @Test func aHitRockSplitsAndDustVanishes() {
        var room = ArenaRoom.duel()
        var rock = Rock()
        (rock.x, rock.y, rock.size) = (1200 * Arena.unit, 1000 * Arena.unit, 3)
        room.rules.rocks.insert(rock)
        room.rules.ships[1].y = 3000 * Arena.unit
        room.hold(0, fire: 1)
        room.step()
        room.hold(0)
        room.step(20)
        #expect(room.rules.rocks.indices.map { room.rules.rocks[$0].size } == [2, 2])
        #expect(room.rules.ships[0].score == 1)
        let (first, second) = (room.rules.rocks[0], room.rules.rocks[1])
        #expect(first.velocityX == -second.velocityX && first.velocityY == -second.velocityY)
        room.rules.rocks.removeAll()
        (rock.size, rock.x) = (1, 1100 * Arena.unit)
        room.rules.rocks.insert(rock)
        room.hold(0, fire: 1)
        room.step()
        room.hold(0)
        room.step(20)
        #expect(!room.rules.rocks.indices.contains { room.rules.rocks[$0].size < 3 })
        #expect(room.rules.ships[0].score == 1 + 3)
    }

    @Test func aRockHurtsOnceAndThrowsTheShipBack() {
        var room = ArenaRoom.duel()
        var rock = Rock()
        (rock.x, rock.y, rock.size) = (1100 * Arena.unit, 1000 * Arena.unit, 3)
        room.rules.rocks.insert(rock)
        room.rules.ships[0].velocityX = 512
        room.step(30)
        #expect(room.rules.ships[0].health == 4)
        #expect(room.rules.ships[0].velocityX == -512)
        #expect(room.rules.ships[0].score == 0)
    }

    @Test func shipsSwapTheirSpeedsUnhurt() {
        var room = ArenaRoom.duel()
        room.rules.ships[0].velocityX = 1024
        room.rules.ships[1].velocityX = -256
        room.step(100)
        #expect(room.rules.ships[0].velocityX == -256)
        #expect(room.rules.ships[1].velocityX == 1024)
        #expect(room.rules.ships[0].health == 5 && room.rules.ships[1].health == 5)
    }

    @Test func destroyedRocksComeBackOnceASecond() {
        var room = ArenaRoom()
        #expect(room.rules.rocks.count == 12)
        room.rules.rocks.removeAll()
        room.step(59)
        #expect(room.rules.rocks.count == 0)
        room.step()
        #expect(room.rules.rocks.count == 1)
        room.step(60 * 20)
        #expect(room.rules.rocks.count == 12)
    }

    /// A client leaves to the server what chance and the others decide.
    @Test func aPredictionHurtsNobodyAndMakesNothingByChance() {
        var room = ArenaRoom.duel()
        room.instance.isPrediction = true
        var rock = Rock()
        (rock.x, rock.y, rock.size) = (1000 * Arena.unit, 1200 * Arena.unit, 3)
        room.rules.rocks.insert(rock)
        room.hold(0, fire: 1)
        room.step()
        room.rules.ships[0].heading = 64
        room.step(12)
        room.hold(0)
        #expect(room.rules.shots.count == 2)
        room.step(30)
        // Both shots have ended, at the ship and at the rock, and nothing has come of it.
        #expect(room.rules.shots.count == 0)
        #expect(room.rules.ships[1].health == 5 && room.rules.ships[0].score == 0)
        #expect(room.rules.rocks.count == 1 && room.rules.rocks[0].size == 3)
        room.rules.ships[1].health = 0
        room.step(1000)
        #expect(room.rules.ships[1].health == 0)
        #expect(room.rules.rocks.count == 1)
        room.instance.isPrediction = false
        room.step(60)
        #expect(room.rules.ships[1].health == 5)
        #expect(room.rules.rocks.count == 2)
    }
}
