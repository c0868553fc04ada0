package import Arena
package import Hyoshi

/// Flies a ship of the arena: hunts, leads its target, keeps clear of rocks, dodges, wanders.
///
/// Integers only and one seeded generator, so the same views and seed give the same flight.
package struct ArenaPilot: Bot {
    /// The bits of the input field `steer`.
    package enum Steer {
        package static let thrust: Int32 = 1
        package static let left: Int32 = 2
        package static let right: Int32 = 4
        package static let brake: Int32 = 8
    }

    /// How well it plays.
    package let skill: PilotSkill

    /// How far the rules turn the bow in a tick: 3/256 of a turn.
    private static let turnPerTick = 3 * 256
    /// How much faster than its ship a shot leaves: 14 units a tick.
    private static let shotSpeed: Int64 = 14 * ArenaScene.unit
    /// How long a shot may take: a little less than the 48 ticks that it lives.
    private static let shotTicks: Int64 = 44

    private let shotMotion = ArenaMotion(Shot.self)
    private let rockMotion = ArenaMotion(Rock.self)
    private var target: Int32 = -1
    private var waypoint = Vector.zero
    private var aimOffset = 0
    private var nextChoice = Tick.zero
    private var lastCommand = Tick.zero
    /// The turns commanded for the last ticks, by tick modulo their number: −1, 0 or 1.
    private var turns = [Int8](repeating: 0, count: 32)

    /// A pilot of a level.
    package init(skill: PilotSkill) {
        self.skill = skill
    }

    package mutating func decide(
        _ view: BotView<Arena>, random: inout DeterministicRandom
    ) -> Arena.Input {
        let scene = ArenaScene(view, shots: shotMotion, rocks: rockMotion)
        var decision = Decision()
        if let own = scene.own {
            decision = fly(ahead(own, view: view), scene, view: view, random: &random)
        }
        remember(decision.steer, for: view.commandTick)
        var input = Arena.Input()
        input.steer = decision.steer
        input.fire = decision.fires ? 1 : 0
        return input
    }

    private struct Decision {
        var steer: Int32 = 0
        var fires = false
    }

    // MARK: Where the own ship will be when the command arrives

    /// The own ship, moved to the tick of the command, with the turns that are on their way.
    private func ahead(_ own: ArenaBody, view: BotView<Arena>) -> ArenaBody {
        var own = own
        let ticks = min(max(view.commandTick.distance(from: view.tick), 0), turns.count)
        var steps = Int(own.heading.rawValue)
        for age in 1..<max(ticks, 1) {
            let tick = Int(view.commandTick.rawValue) - age
            guard tick > 0, tick <= Int(lastCommand.rawValue) else { continue }
            steps += Int(turns[tick % turns.count]) * Self.turnPerTick
        }
        own.heading = Bearing(steps)
        own.position = own.position + own.velocity * Int64(ticks)
        return own
    }

    private mutating func remember(_ steer: Int32, for tick: Tick) {
        var turn: Int8 = 0
        if steer & Steer.left != 0 { turn = -1 }
        if steer & Steer.right != 0 { turn = 1 }
        // Ticks without a command of their own repeat the last one or get this one.
        let gap = min(max(tick.distance(from: lastCommand), 1), turns.count)
        for age in 0..<gap {
            let filled = Int(tick.rawValue) - age
            if filled >= 0 { turns[filled % turns.count] = turn }
        }
        lastCommand = tick
    }

    // MARK: What to do

    private mutating func fly(
        _ own: ArenaBody, _ scene: ArenaScene, view: BotView<Arena>,
        random: inout DeterministicRandom
    ) -> Decision {
        let ticks = Int64(min(max(view.commandTick.distance(from: view.tick), 0), 32))
        if view.commandTick >= nextChoice {
            choose(own, scene, now: view.commandTick, random: &random)
        }
        if let escape = escape(own, scene, ticks: ticks) {
            var decision = steer(own, towards: Bearing(of: escape), within: 600)
            if facing(own, escape, within: 14_000) { decision.steer |= Steer.thrust }
            decision.fires = rockAhead(own, scene, ticks: ticks)
            return decision
        }
        if target >= 0, let enemy = scene.ship(of: target) {
            return attack(own, enemy, ticks: ticks)
        }
        var decision = travel(own, way: ArenaScene.way(from: own.position, to: waypoint))
        decision.fires = rockAhead(own, scene, ticks: ticks)
        return decision
    }

    /// Picks the nearest living enemy that can be hurt, and a place to go where there is none.
    private mutating func choose(
        _ own: ArenaBody, _ scene: ArenaScene, now: Tick, random: inout DeterministicRandom
    ) {
        nextChoice = now.advanced(by: Int(random.number(in: skill.reactionTicks)))
        aimOffset = Int(random.number(in: -skill.aimError...skill.aimError))
        var best = Int64.max
        let former = target
        var nearest: Int32 = -1
        scene.forEachShip { ship in
            guard !ship.isProtected else { return }
            var distance = ArenaScene.way(from: own.position, to: ship.position).length
            // Staying with a target is worth a detour, a weak one too.
            if ship.owner == former { distance -= distance / 4 }
            distance -= distance * Int64(5 - min(max(ship.health, 0), 5)) / 16
            if distance < best {
                best = distance
                nearest = ship.owner
            }
        }
        target = nearest
        let way = ArenaScene.way(from: own.position, to: waypoint).length
        if target < 0, way < 200 * ArenaScene.unit || random.oneIn(8) {
            let most = Int32(ArenaScene.side - 1)
            waypoint = Vector(
                x: Int64(random.number(in: 0...most)), y: Int64(random.number(in: 0...most)))
        }
    }

    private func attack(_ own: ArenaBody, _ enemy: ArenaBody, ticks: Int64) -> Decision {
        let position = enemy.position + enemy.velocity * ticks
        let way = ArenaScene.way(from: own.position, to: position)
        let relative = enemy.velocity - own.velocity
        var aim = way
        var flight = way.length / Self.shotSpeed
        if skill.leadsTarget {
            for _ in 0..<2 {
                aim = way + relative * flight
                flight = aim.length / Self.shotSpeed
            }
        }
        guard flight <= Self.shotTicks else { return travel(own, way: way) }
        let bearing = Bearing(of: aim)
        let wanted = Bearing(Int(bearing.rawValue) + aimOffset)
        var decision = steer(own, towards: wanted, within: Self.turnPerTick / 2)
        // The half angle under which the enemy is seen: radius / distance, a turn being 2π.
        let reach = (enemy.radius + 3 * ArenaScene.unit) * 10_430 / max(aim.length, enemy.radius)
        let cone = max(Int(reach), Self.turnPerTick / 2) + abs(aimOffset) / 2
        let miss = bearing.turn(from: own.heading)
        decision.fires = !enemy.isProtected && abs(miss) <= cone
        decision.steer |= approach(own, way: way, relative: relative)
        return decision
    }

    /// Keeps a distance of 200 to 350 units to a target by thrusting or braking; the bow is taken.
    private func approach(_ own: ArenaBody, way: Vector, relative: Vector) -> Int32 {
        let distance = way.length
        // Positive while the distance shrinks, 1/256 unit a tick.
        let closing = -relative.dot(way) / max(distance, 1)
        if distance > 350 * ArenaScene.unit {
            return closing < skill.cruiseSpeed ? Steer.thrust : 0
        }
        if distance < 200 * ArenaScene.unit {
            return closing > 100 ? Steer.brake : 0
        }
        return closing < 0 ? Steer.thrust : 0
    }

    /// Flies a way: turns the bow to what the velocity lacks, and thrusts.
    private func travel(_ own: ArenaBody, way: Vector) -> Decision {
        let wanted = way.scaled(toLength: skill.cruiseSpeed)
        let missing = wanted - own.velocity
        guard missing.length > 96 else { return Decision() }
        var decision = steer(own, towards: Bearing(of: missing), within: 700)
        if facing(own, missing, within: 4_000) { decision.steer |= Steer.thrust }
        return decision
    }

    // MARK: Dangers

    /// The direction away from the soonest collision, or nil.
    private func escape(_ own: ArenaBody, _ scene: ArenaScene, ticks: Int64) -> Vector? {
        var soonest = Int64.max
        var away: Vector?
        func consider(_ body: ArenaBody, horizon: Int64, margin: Int64) {
            let way = ArenaScene.way(
                from: own.position, to: body.position + body.velocity * ticks)
            let relative = body.velocity - own.velocity
            let speed = relative.dot(relative)
            guard speed > 0 else { return }
            let time = -way.dot(relative) / speed
            guard time >= 0, time <= horizon, time < soonest else { return }
            let closest = way + relative * time
            let reach = body.radius + own.radius + margin
            guard closest.dot(closest) < reach * reach else { return }
            soonest = time
            away = Vector.zero - closest
            if closest.length < 2 * ArenaScene.unit {
                // Head on: either side will do, the right one as ships do.
                away = Vector(x: -relative.y, y: relative.x)
            }
        }
        let rockMargin = 12 * ArenaScene.unit
        scene.forEachRock(
            near: own, ticks: ticks, horizon: skill.rockHorizon, margin: rockMargin
        ) { consider($0, horizon: skill.rockHorizon, margin: rockMargin) }
        let shotMargin = 4 * ArenaScene.unit
        if skill.shotHorizon > 0 {
            scene.forEachShot(
                near: own, ticks: ticks, horizon: skill.shotHorizon, margin: shotMargin
            ) { consider($0, horizon: skill.shotHorizon, margin: shotMargin) }
        }
        return away
    }

    /// Whether a shot fired now would hit a rock.
    private func rockAhead(_ own: ArenaBody, _ scene: ArenaScene, ticks: Int64) -> Bool {
        let range = 400 * ArenaScene.unit
        var isAhead = false
        // No time at all: what is out of range where it is now is none.
        scene.forEachRock(near: own, ticks: ticks, horizon: 0, margin: range) { rock in
            guard !isAhead else { return }
            let way = ArenaScene.way(
                from: own.position, to: rock.position + rock.velocity * ticks)
            let distance = way.length
            guard distance < range else { return }
            let aim = way + (rock.velocity - own.velocity) * (distance / Self.shotSpeed)
            let reach = Int(rock.radius * 10_430 / max(aim.length, rock.radius))
            isAhead = abs(Bearing(of: aim).turn(from: own.heading)) <= reach
        }
        return isAhead
    }

    // MARK: The helm

    private func steer(_ own: ArenaBody, towards bearing: Bearing, within: Int) -> Decision {
        let turn = bearing.turn(from: own.heading)
        if turn > within { return Decision(steer: Steer.right) }
        if turn < -within { return Decision(steer: Steer.left) }
        return Decision()
    }

    private func facing(_ own: ArenaBody, _ direction: Vector, within: Int) -> Bool {
        abs(Bearing(of: direction).turn(from: own.heading)) <= within
    }
}
