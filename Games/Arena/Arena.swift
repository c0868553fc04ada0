public import Hyoshi

/// The arena as servers see it: every seat is shown the whole world.
public let arena = Game(Arena.self)

/// The arena for crowds: the same rules, but a seat is shown what is near its ship only.
///
/// A page shows at most 900 units to each side of a ship, which it predicts up to 20 ticks of 6
/// units ahead. All that is within 1,024 units on both axes is in the seat's view, and nothing that
/// is more than 1,280 units away on either.
public let arenaLarge = Game(
    Arena.self, name: "arena-large",
    interest: .grid(InterestGrid(cellSize: 128 * Arena.unit, reachCells: 8, hysteresisCells: 1)))

/// A top-down ship game on a torus: thrust, turn, brake, shoot; rocks drift and split.
///
/// Lengths are in 1/256 unit and speeds in 1/256 unit per tick, all integers. In each tick
/// velocities change first and positions then move by exactly them, so what does not accelerate can
/// be told ahead without error, and so can constant acceleration. Waits are absolute ticks: nothing
/// counts down, and a thing at rest changes no field. A room that has run for 2^31 ticks (414 days
/// at 60 Hz) stands at the end of those numbers, and from then on no wait lasts longer than a tick.
public struct Arena: Simulation {
    /// What a player wants at one tick.
    public struct Input: Fields {
        /// Bits: thrust 1, left 2, right 4, brake 8; others are ignored.
        public var steer: Int32 = 0
        /// Bits: fire 1.
        public var fire: Int32 = 0

        /// No wish at all.
        public init() {}

        /// Declares the fields.
        @inlinable
        public mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("steer", &steer, .flags("thrust left right brake", count: 8))
            visitor.field("fire", &fire, .flags("fire", count: 1))
        }
    }

    /// The name of the game.
    public static var name: StaticString { "arena" }
    /// The number of seats of a room.
    public static var seatsMax: Int { 64 }

    /// The ships, one for each seat; those that wait for their return too.
    public var ships = Entities<Ship>(capacity: 64)
    /// The shots in flight.
    public var shots = Entities<Shot>(capacity: 256)
    /// The rocks.
    public var rocks = Entities<Rock>(capacity: Int(Arena.rockBudget))
    /// Who is near whom; made anew in each tick.
    var grid = CollisionGrid()

    /// Builds a world of large rocks at random places.
    public init(random: inout DeterministicRandom) {
        while rockWeight + 4 <= Arena.rockBudget {
            let x = random.number(in: 0...(Arena.worldSize - 1))
            let y = random.number(in: 0...(Arena.worldSize - 1))
            rocks.insert(Rock.large(x: x, y: y, random: &random))
        }
    }

    /// Puts the seat's ship into the world, protected for its first seconds.
    public mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {
        guard ships.firstPosition(where: { $0.owner == seat }) == nil else { return }
        var ship = Ship()
        ship.owner = seat
        if ships.insert(ship) != nil {
            revive(ships.count - 1, now: Arena.number(of: tick), random: &random)
        }
    }

    /// Takes the seat's ship and shots out of the world.
    public mutating func seatLeft(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {
        ships.removeAll { $0.owner == seat }
        shots.removeAll { $0.owner == seat }
    }

    /// Moves the world on by one tick.
    ///
    /// In this order: old shots end; ships return, turn and change velocity; everything moves; ships
    /// shoot; what touches bounces, is hit or bursts; new rocks come. In a prediction shots end where
    /// they hit, and nothing else comes of it; nor does anything come or return at a random place.
    public mutating func step(_ context: inout StepContext<Input>) {
        let now = Arena.number(of: context.tick)
        shots.removeAll { $0.endTick <= now }
        for position in ships.indices {
            if ships[position].isAlive {
                ships[position].steer(context.input(of: ships[position].owner).steer)
            } else if ships[position].untilTick <= now, !context.isPrediction {
                revive(position, now: now, random: &context.random)
            }
        }
        moveAll()
        for position in ships.indices
        where context.input(of: ships[position].owner).fire & 1 != 0 {
            shoot(position, now: now)
        }
        collide(&context, now: now)
        if now % Arena.rockIntervalTicks == 0, rockWeight + 4 <= Arena.rockBudget,
            !context.isPrediction
        {
            let place = freePlace(random: &context.random)
            rocks.insert(Rock.large(x: place.x, y: place.y, random: &context.random))
        }
    }

    /// Shows ships, shots and rocks.
    @inlinable
    public mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&ships)
        visitor.visit(&shots)
        visitor.visit(&rocks)
    }

    /// Moves everything by its velocity.
    private mutating func moveAll() {
        for position in ships.indices {
            ships[position].x = Arena.place(ships[position].x, ships[position].velocityX)
            ships[position].y = Arena.place(ships[position].y, ships[position].velocityY)
        }
        for position in shots.indices {
            shots[position].x = Arena.place(shots[position].x, shots[position].velocityX)
            shots[position].y = Arena.place(shots[position].y, shots[position].velocityY)
        }
        for position in rocks.indices {
            rocks[position].x = Arena.place(rocks[position].x, rocks[position].velocityX)
            rocks[position].y = Arena.place(rocks[position].y, rocks[position].velocityY)
        }
    }

    /// Lets a living ship shoot, where its gun is loaded; that ends its protection.
    private mutating func shoot(_ position: Int, now: Int32) {
        let ship = ships[position]
        guard ship.isAlive, ship.reloadTick <= now,
            shots.insert(Shot(from: ship, now: now)) != nil
        else {
            return
        }
        ships[position].reloadTick = Arena.tick(now, plus: Arena.reloadTicks)
        ships[position].untilTick = min(ship.untilTick, now)
    }

    /// Brings a ship to life at a free place, at rest, healthy and protected.
    private mutating func revive(
        _ position: Int, now: Int32, random: inout DeterministicRandom
    ) {
        let place = freePlace(random: &random)
        ships[position].x = place.x
        ships[position].y = place.y
        ships[position].velocityX = 0
        ships[position].velocityY = 0
        ships[position].heading = random.number(in: 0...(Ship.turn - 1))
        ships[position].health = Ship.healthMax
        ships[position].untilTick = Arena.tick(now, plus: Ship.protectionTicks)
    }

    /// The best of sixteen random places: far from living ships, and clear of rocks.
    private func freePlace(random: inout DeterministicRandom) -> (x: Int32, y: Int32) {
        var best: (x: Int32, y: Int32) = (0, 0)
        var bestClearance = Int32.min
        for _ in 0..<16 {
            let x = random.number(in: 0...(Arena.worldSize - 1))
            let y = random.number(in: 0...(Arena.worldSize - 1))
            let clearance = self.clearance(x: x, y: y)
            if clearance > bestClearance {
                bestClearance = clearance
                best = (x, y)
            }
        }
        return best
    }

    /// How free a place is: the distance to the next living ship, or, where that is less, four
    /// times the distance to the edge of the next rock.
    private func clearance(x: Int32, y: Int32) -> Int32 {
        var clearance = Arena.worldSize
        for position in ships.indices where ships[position].isAlive {
            let away = Arena.distance(x, y, ships[position].x, ships[position].y)
            clearance = min(clearance, away)
        }
        for position in rocks.indices {
            let away = Arena.distance(x, y, rocks[position].x, rocks[position].y)
            clearance = min(clearance, 4 * (away - rocks[position].radius))
        }
        return clearance
    }

    /// What all rocks weigh: a large one as much as the four small ones that it can become.
    var rockWeight: Int32 {
        var weight: Int32 = 0
        for position in rocks.indices { weight += rocks[position].weight }
        return weight
    }
}
