import Hyoshi

/// The rules that the tests of prediction play by: boats that steer, throw balls and bump.
let regatta = Game(Regatta.self)

/// Boats on a torus of 65,536 units; only a bump or a ball of another changes what one steers.
struct Regatta: Simulation {
    struct Input: Fields {
        var push: Int32 = 0
        var turn: Int32 = 0
        var fire: Int32 = 0

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("push", &push, .number(-2...2))
            visitor.field("turn", &turn, .number(-1...1))
            visitor.field("fire", &fire, .flags("fire", count: 1))
        }
    }

    struct Boat: Entity {
        static var kindName: StaticString { "boat" }
        var speed: Int32 = 0
        var x: Int32 = 0
        var y: Int32 = 0
        var heading: Int32 = 0
        var hits: Int32 = 0
        var reloadTick: Int32 = 0
        var owner = SeatIndex.first

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("speed", &speed, .number(-600...600))
            visitor.field("x", &x, Regatta.place(changePerTick: "speed"))
            visitor.field("y", &y, Regatta.place(changePerTick: ""))
            visitor.field("heading", &heading, .angle(turn: 4_096))
            visitor.field("hits", &hits, .number(0...1_000))
            visitor.field("reloadTick", &reloadTick, .number(0...Int32.max))
            visitor.field("owner", &owner)
        }
    }

    struct Ball: Entity {
        static var kindName: StaticString { "ball" }
        var speed: Int32 = 0
        var x: Int32 = 0
        var y: Int32 = 0
        var endTick: Int32 = 0
        var owner = SeatIndex.first

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("speed", &speed, .number(-2_000...2_000))
            visitor.field("x", &x, Regatta.place(changePerTick: "speed"))
            visitor.field("y", &y, Regatta.place(changePerTick: ""))
            visitor.field("endTick", &endTick, .number(0...Int32.max))
            visitor.field("owner", &owner)
        }
    }

    struct Buoy: Entity {
        static var kindName: StaticString { "buoy" }
        var x: Int32 = 0

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("x", &x, Regatta.place(changePerTick: ""))
        }
    }

    static var name: StaticString { "regatta" }
    static var seatsMax: Int { 8 }
    static var size: Int32 { 65_536 }
    static var reloadTicks: Int32 { 10 }

    var boats = Entities<Boat>(capacity: 8)
    var balls = Entities<Ball>(capacity: 64)
    var buoys = Entities<Buoy>(capacity: 8)

    init(random: inout DeterministicRandom) {
        for number in 0..<3 {
            var buoy = Buoy()
            buoy.x = Int32(number) * 20_000
            buoys.insert(buoy)
        }
    }

    static func place(changePerTick: StaticString) -> FieldSpecification {
        .coordinate(0...(size - 1), wraps: true, changePerTick: changePerTick)
    }

    mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {
        var boat = Boat()
        boat.owner = seat
        // Two share a lane: their balls can hit each other.
        boat.y = Int32(seat.rawValue / 2) * 8_000
        boats.insert(boat)
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        boats.removeAll { $0.owner == seat }
    }

    mutating func step(_ context: inout StepContext<Input>) {
        let now = Int32(clamping: context.tick.rawValue)
        balls.removeAll { $0.endTick <= now }
        let axis = Torus(size: Regatta.size)
        for position in boats.indices {
            let input = context.input(of: boats[position].owner)
            boats[position].speed = min(max(boats[position].speed + input.push * 10, -600), 600)
            boats[position].heading = (boats[position].heading + input.turn * 100) & 4_095
            boats[position].x = axis.position(boats[position].x, movedBy: boats[position].speed)
        }
        for position in balls.indices {
            balls[position].x = axis.position(balls[position].x, movedBy: balls[position].speed)
        }
        for position in buoys.indices {
            buoys[position].x = axis.position(buoys[position].x, movedBy: 7)
        }
        for position in boats.indices
        where context.input(of: boats[position].owner).fire & 1 != 0 {
            fire(position, now: now)
        }
        hit(axis)
    }

    private mutating func fire(_ position: Int, now: Int32) {
        guard boats[position].reloadTick <= now else { return }
        boats[position].reloadTick = now + Regatta.reloadTicks
        var ball = Ball()
        ball.speed = boats[position].speed + 1_000
        ball.x = boats[position].x
        ball.y = boats[position].y
        ball.endTick = now + 40
        ball.owner = boats[position].owner
        balls.insert(ball)
    }

    private mutating func hit(_ axis: Torus) {
        for ball in balls.indices {
            for boat in boats.indices where boats[boat].owner != balls[ball].owner {
                let away = axis.difference(from: balls[ball].x, to: boats[boat].x)
                guard abs(away) < 800, balls[ball].y == boats[boat].y else { continue }
                boats[boat].hits += 1
                boats[boat].speed = min(boats[boat].speed + 200, 600)
                balls[ball].endTick = 0
            }
        }
        balls.removeAll { $0.endTick == 0 }
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&boats)
        visitor.visit(&balls)
        visitor.visit(&buoys)
    }
}
