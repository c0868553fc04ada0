import Hyoshi

/// What happens where things touch. Places do not change here, so the grid holds throughout.
extension Arena {
    /// Finds all that touch, in a fixed order: ships and rocks, ships, shots.
    mutating func collide(_ context: inout StepContext<Input>, now: Int32) {
        fillGrid(shipsBeyond: greatestRewind(context))
        for position in ships.indices where ships[position].isAlive {
            collideWithRocks(position, now: now)
        }
        for position in ships.indices where ships[position].isAlive {
            collideWithShips(position)
        }
        for position in shots.indices
        where !hitShip(position, context, now: now) {
            hitRock(position, &context)
        }
        shots.removeAll { $0.endTick == Arena.spentTick }
        rocks.removeAll { $0.size == 0 }
    }

    /// What stands in `endTick` of a shot that has hit, until the end of the step.
    private static var spentTick: Int32 { -1 }

    /// How far a ship can have come since any of the shots in flight was aimed at it.
    private func greatestRewind(_ context: StepContext<Input>) -> Int32 {
        var owners = SeatSet()
        for position in shots.indices { owners.insert(shots[position].owner) }
        var delay = 0
        for owner in owners { delay = max(delay, context.viewDelay(of: owner)) }
        return Arena.farthestMove(ticks: delay)
    }

    /// The longest way of a ship in this many ticks: no living ship is faster.
    private static func farthestMove(ticks: Int) -> Int32 {
        Int32(truncatingIfNeeded: ticks) * Ship.speedMax
    }

    /// Marks all living ships and all rocks with the reach of the ships that may touch them.
    ///
    /// `beyond` is how far from its present place a ship may be judged.
    private mutating func fillGrid(shipsBeyond beyond: Int32) {
        grid.clear()
        for position in ships.indices where ships[position].isAlive {
            grid.addShip(
                position, x: ships[position].x, y: ships[position].y,
                reach: 2 * Ship.radius + beyond)
        }
        for position in rocks.indices {
            grid.addRock(
                position, x: rocks[position].x, y: rocks[position].y,
                reach: rocks[position].radius + Ship.radius)
        }
    }

    /// Lets a ship bounce off the rocks that it touches; each hurts once, for then they part.
    private mutating func collideWithRocks(_ position: Int, now: Int32) {
        let (x, y) = (ships[position].x, ships[position].y)
        for other in BitPositions(grid.rocksNear(x: x, y: y)) {
            let rock = rocks[other]
            guard ships[position].isAlive,
                Arena.isNear(x, y, rock.x, rock.y, reach: Ship.radius + rock.radius)
            else {
                continue
            }
            let impulse = Arena.impulse(
                velocityX: ships[position].velocityX - rock.velocityX,
                velocityY: ships[position].velocityY - rock.velocityY,
                towardsX: Arena.axis.difference(from: x, to: rock.x),
                towardsY: Arena.axis.difference(from: y, to: rock.y))
            guard let impulse else { continue }
            // A rock is so heavy that the ship takes twice what equals would each take.
            ships[position].velocityX -= 2 * impulse.x
            ships[position].velocityY -= 2 * impulse.y
            ships[position].limitSpeed()
            if !ships[position].isProtected(at: now) { ships[position].takeHit(now: now) }
        }
    }

    /// Lets a ship and the younger ones that it touches swap the speeds at which they close.
    private mutating func collideWithShips(_ position: Int) {
        let (x, y) = (ships[position].x, ships[position].y)
        let younger = grid.shipsNear(x: x, y: y) & ((UInt64.max << UInt64(position)) << 1)
        for other in BitPositions(younger) {
            let second = ships[other]
            guard second.isAlive,
                Arena.isNear(x, y, second.x, second.y, reach: 2 * Ship.radius)
            else {
                continue
            }
            let impulse = Arena.impulse(
                velocityX: ships[position].velocityX - second.velocityX,
                velocityY: ships[position].velocityY - second.velocityY,
                towardsX: Arena.axis.difference(from: x, to: second.x),
                towardsY: Arena.axis.difference(from: y, to: second.y))
            guard let impulse else { continue }
            ships[position].velocityX -= impulse.x
            ships[position].velocityY -= impulse.y
            ships[position].limitSpeed()
            ships[other].velocityX += impulse.x
            ships[other].velocityY += impulse.y
            ships[other].limitSpeed()
        }
    }

    /// The part of a relative velocity that points towards the other; nil where it does not.
    ///
    /// Speeds are below 2^13 and distances below 2^16, so products stay below 2^46.
    private static func impulse(
        velocityX: Int32, velocityY: Int32, towardsX: Int32, towardsY: Int32
    ) -> (x: Int32, y: Int32)? {
        let (wideX, wideY) = (Int64(towardsX), Int64(towardsY))
        let closing = Int64(velocityX) &* wideX &+ Int64(velocityY) &* wideY
        let squared = wideX &* wideX &+ wideY &* wideY
        guard closing > 0, squared > 0 else { return nil }
        return (
            Int32(truncatingIfNeeded: closing &* wideX / squared),
            Int32(truncatingIfNeeded: closing &* wideY / squared)
        )
    }

    /// Lets a shot hit the first other player's ship that it touches, as its shooter sees them.
    ///
    /// The shot is where the shooter sees it, at this tick. The ships it sees some ticks late: each
    /// is judged by its place of then. Whether it lives and is protected holds as of now, and it
    /// must have lived then. A shooter that sees the present is judged by the present.
    ///
    /// - Returns: Whether it hit one.
    private mutating func hitShip(
        _ position: Int, _ context: borrowing StepContext<Input>, now: Int32
    ) -> Bool {
        let shot = shots[position]
        let reach = Ship.radius + Shot.radius
        let delay = context.viewDelay(of: shot.owner)
        let beyond = Arena.farthestMove(ticks: delay)
        for other in BitPositions(grid.shipsNear(x: shot.x, y: shot.y)) {
            let ship = ships[other]
            guard ship.isAlive, ship.owner != shot.owner,
                Arena.isNear(shot.x, shot.y, ship.x, ship.y, reach: reach + beyond)
            else {
                continue
            }
            if delay > 0 {
                // Whoever has joined or returned since was not there to be aimed at.
                let seen = context.past(
                    Ship.self, kind: 0, id: ships.id(at: other), seenBy: shot.owner)
                guard let seen, seen.isAlive,
                    Arena.isNear(shot.x, shot.y, seen.x, seen.y, reach: reach)
                else {
                    continue
                }
            }
            shots[position].endTick = Arena.spentTick
            // What a hit does depends on what the others do: that is for the server to say.
            guard !context.isPrediction, !ship.isProtected(at: now) else { return true }
            ships[other].takeHit(now: now)
            reward(shot.owner, points: Arena.hitPoints, kill: !ships[other].isAlive)
            return true
        }
        return false
    }

    /// Lets a shot split the first rock that it touches.
    private mutating func hitRock(_ position: Int, _ context: inout StepContext<Input>) {
        let shot = shots[position]
        for other in BitPositions(grid.rocksNear(x: shot.x, y: shot.y)) {
            let rock = rocks[other]
            guard rock.size > 0,
                Arena.isNear(
                    shot.x, shot.y, rock.x, rock.y, reach: rock.radius + Shot.radius)
            else {
                continue
            }
            shots[position].endTick = Arena.spentTick
            // Where the pieces go is left to chance.
            guard !context.isPrediction else { return }
            if let piece = rocks[other].split(random: &context.random) { rocks.insert(piece) }
            reward(shot.owner, points: rock.points, kill: false)
            return
        }
    }

    /// Gives the shooter its points, and for a kill more of them and one health back.
    private mutating func reward(_ seat: SeatIndex, points: Int32, kill: Bool) {
        guard let position = ships.firstPosition(where: { $0.owner == seat }) else { return }
        ships[position].earn(kill ? points + Arena.killPoints : points)
        if kill, ships[position].isAlive {
            ships[position].health = min(ships[position].health + 1, Ship.healthMax)
        }
    }

    /// What a hit on a ship earns.
    private static var hitPoints: Int32 { 1 }
    /// What the last hit earns besides.
    private static var killPoints: Int32 { 10 }
}
