import Arena
import ClientCore
import Hyoshi
import NetworkModel
import RoomCore
import ServerCore
import SimulatorKit
import TransportInterface

/// How playing feels over a way: one player at a display, alone or among bots.
struct FeelCase {
    var profile: NetworkProfile
    /// Players beside the one at the display.
    var bots = 15
    /// Virtual seconds that are measured, after `warmUpSeconds` that are not.
    var seconds = 120.0
    var warmUpSeconds = 5.0
    var seed: UInt64 = 21
    /// Whether the player's own ship is predicted.
    var isPredicted = true

    /// What has been found; distances in units of the world.
    struct Result {
        /// What was left of corrections where the own ship was shown, for each refresh.
        var offsets: [Double] = []
        /// From where the own ship was shown to where it really was at that tick, for each refresh.
        var errors: [Double] = []
        /// Refreshes from a key's press to the first one that shows its effect; 0 is the same.
        var answers: [Double] = []
        /// What the server says of the display's commands.
        var commands = InputCounters()
        /// The same of the bots.
        var botCommands = InputCounters()
        var corrections: UInt64 = 0
        var desyncs: UInt64 = 0
        var seconds = 0.0
        /// Ticks from the instant that others are shown at to that of the own ship, by refresh.
        var spans: [Double] = []
        /// Ticks by which commands are ahead of the snapshots as they arrive.
        var leadTicks = 0.0

        /// Percents of the width of a screen of 16 : 9, which shows 1,440 units.
        static func ofScreen(_ distance: Double) -> Double { distance / 1_440 * 100 }

        /// Percents of commands that came late, of all players.
        var lateShare: Double {
            var all = commands
            all.add(botCommands)
            return Double(all.late) / Double(max(all.applied + all.late, 1)) * 100
        }

        /// Adds another run.
        mutating func add(_ other: Result) {
            offsets += other.offsets
            errors += other.errors
            answers += other.answers
            commands.add(other.commands)
            botCommands.add(other.botCommands)
            corrections += other.corrections
            desyncs += other.desyncs
            seconds += other.seconds
            spans += other.spans
            leadTicks = max(leadTicks, other.leadTicks)
        }
    }

    /// Runs `count` matches of successive seeds and adds them up.
    func run(seeds count: Int) throws -> Result {
        var sum = Result()
        for number in 0..<UInt64(count) {
            var test = self
            test.seed = seed &+ 100 &* number
            sum.add(try test.run())
        }
        return sum
    }

    /// Runs the match.
    func run() throws -> Result {
        let played = try DisplayMatch(
            bots: bots, profile: profile, seed: seed, game: isPredicted ? arena : nil)
        let (match, display) = (played.match, played.display)
        let truth = Truth()
        match.environment.onTick = { truth.take($0.room.table) }
        match.run(seconds: warmUpSeconds)
        guard let seat = display.seat, let room = match.room else { return Result() }
        let before = room.inputCounters(of: seat)
        let allBefore = room.inputCounters
        let start = display.statistics(at: match.now)
        display.isRecording = true
        match.run(seconds: seconds)
        display.isRecording = false
        var result = Result()
        result.commands = room.inputCounters(of: seat).subtracting(before)
        result.botCommands = room.inputCounters.subtracting(allBefore)
            .subtracting(result.commands)
        let end = display.statistics(at: match.now)
        result.seconds = seconds
        result.corrections = end.corrections - start.corrections
        result.desyncs = end.desyncs
        result.leadTicks = end.leadTicks
        // The truth of the last refreshes is still to come.
        match.run(seconds: 2)
        measure(display.frames, truth, seat: seat, into: &result)
        return result
    }

    private func measure(
        _ frames: [DisplayClient.Frame], _ truth: Truth, seat: SeatIndex, into result: inout Result
    ) {
        let unit = Double(Arena.unit)
        for frame in frames {
            result.spans.append(frame.predictedTick - frame.remoteTick)
            guard let ship = frame.ship,
                let real = truth.place(of: seat, at: frame.predictedTick)
            else { continue }
            result.errors.append(Self.distance(ship.x - real.x, ship.y - real.y) / unit)
            result.offsets.append(frame.offset / unit)
        }
        result.answers = Self.answers(frames, truth, seat: seat)
    }

    /// From each press of a turn, after half a second without, to the first refresh that shows it.
    private static func answers(
        _ frames: [DisplayClient.Frame], _ truth: Truth, seat: SeatIndex
    ) -> [Double] {
        var answers: [Double] = []
        for position in frames.indices.dropFirst(30).dropLast(60)
        where frames[position].steer & 6 != 0 {
            let isAlive = truth.place(of: seat, at: frames[position].predictedTick) != nil
            guard isAlive, let before = frames[position - 1].ship?.heading,
                frames[(position - 30)..<position].allSatisfy({
                    $0.steer & 6 == 0 && $0.ship?.heading == before
                })
            else { continue }
            let shown = frames[position..<position + 60].firstIndex {
                ($0.ship?.heading ?? before) != before
            }
            answers.append(Double((shown ?? position + 60) - position))
        }
        return answers
    }

    private static func distance(_ x: Double, _ y: Double) -> Double {
        let (width, height) = (Truth.shortest(x), Truth.shortest(y))
        return (width * width + height * height).squareRoot()
    }

    /// Keys that change at random moments: thrust half of the time, now and then a turn, the brake
    /// rarely, and three shots a second.
    static func randomKeys(seed: UInt64) -> (Int) -> (steer: Int32, fire: Int32) {
        var random = DeterministicRandom(seed: seed)
        var steer: Int32 = 0
        var steerUntil = 0
        return { frame in
            if frame >= steerUntil {
                let turns: [Int32] = [0, 0, 2, 4]
                steer = random.number(in: 0...1) | turns[Int(random.number(in: 0...3))]
                if random.oneIn(10) { steer |= 8 }
                steerUntil = frame + Int(random.number(in: 6...60))
            }
            return (steer, random.oneIn(20) ? 1 : 0)
        }
    }
}

/// Where each seat's ship really was at each tick.
final class Truth {
    private struct Place {
        var x: Double
        var y: Double
        var isAlive: Bool
    }

    private var ships: [UInt32: [Int: Place]] = [:]

    /// Ticks before and after a moment at which a ship must live: how it dies, and where it
    /// returns, is decided by others and by chance.
    private static let aliveTicks: UInt32 = 50

    func take(_ table: EntityTable) {
        var places: [Int: Place] = [:]
        let rows = table.kinds[0]
        for row in rows.ids.indices {
            let first = row * rows.fieldCount
            places[Int(rows.values[first + ShipField.owner])] = Place(
                x: Double(rows.values[first + ShipField.x]),
                y: Double(rows.values[first + ShipField.y]),
                isAlive: rows.values[first + ShipField.health] > 0)
        }
        ships[table.tick.rawValue] = places
    }

    /// The place of a ship that lives around then, between two ticks; nil otherwise.
    func place(of seat: SeatIndex, at tick: Double) -> (x: Double, y: Double)? {
        guard tick > Double(Self.aliveTicks) else { return nil }
        let lower = UInt32(tick)
        for near in (lower - Self.aliveTicks)...(lower + Self.aliveTicks)
        where ships[near]?[seat.index]?.isAlive != true { return nil }
        guard let before = ships[lower]?[seat.index], let after = ships[lower + 1]?[seat.index]
        else { return nil }
        let share = tick - Double(lower)
        return (
            before.x + Self.shortest(after.x - before.x) * share,
            before.y + Self.shortest(after.y - before.y) * share
        )
    }

    /// The shortest way around the torus that a difference stands for.
    static func shortest(_ length: Double) -> Double {
        let size = Double(Arena.worldSize)
        let rest = length.truncatingRemainder(dividingBy: size)
        if rest > size / 2 { return rest - size }
        return rest < -size / 2 ? rest + size : rest
    }
}

extension InputCounters {
    /// What has been counted since `earlier`.
    func subtracting(_ earlier: InputCounters) -> InputCounters {
        var result = self
        result.applied -= earlier.applied
        result.late -= earlier.late
        result.early -= earlier.early
        result.repeated -= earlier.repeated
        result.dropped -= earlier.dropped
        return result
    }
}
