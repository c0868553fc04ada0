public import Hyoshi
import Recording

/// A recorded room's world, tick by tick, with the game's own types.
///
///     let world = try Replay(contentsOf: file).play(MyGame.self)
///     while world.step() { print(world.tick, world.rules.players.count) }
///
/// A tick costs what it cost the room. Not thread-safe.
public final class ReplayWorld<Rules: Simulation> {
    private let player: ReplayPlayer
    private let inputWidth: Int

    init(_ player: ReplayPlayer) throws(ReplayError) {
        guard player.instance is SimulationInstance<Rules> else {
            throw ReplayError(
                code: .refused,
                message: "the game \"\(player.game.name)\" has other rules than those asked for")
        }
        self.player = player
        inputWidth = player.game.inputFields.count
    }

    /// The last tick that was made; zero before the first.
    public var tick: Tick { player.tick }

    /// The last tick of the recording.
    public var lastTick: Tick { player.lastTick }

    /// The rules' own state after ``tick``: the entities as the game declares them.
    public var rules: Rules {
        guard let instance = player.instance as? SimulationInstance<Rules> else {
            preconditionFailure("it was of this type at the start, and stays so")
        }
        return instance.rules
    }

    /// The seats that are taken.
    public var seats: SeatSet { player.seats }

    /// What a seat wanted at ``tick``; an input that wants nothing for one that is free.
    public func input(of seat: SeatIndex) -> Rules.Input {
        var input = Rules.Input()
        let start = seat.index * inputWidth
        guard start + inputWidth <= player.inputs.count else { return input }
        var restorer = InputRestorer(values: player.inputs[start..<(start + inputWidth)])
        input.fields(&restorer)
        return input
    }

    /// How many ticks before ``tick`` the others were that the player on a seat saw.
    public func viewDelay(of seat: SeatIndex) -> Int { Int(player.viewDelays[seat.index]) }

    /// Whether the state after ``tick`` is the recorded one, as far as its octet of hash tells; nil
    /// where none was recorded: before the first tick, and right after a seek.
    public var isAsRecorded: Bool? {
        player.record.hashOctet.map { $0 == UInt8(truncatingIfNeeded: player.instance.stateHash) }
    }

    /// Makes the next tick; false, and nothing done, at the end of the recording.
    public func step() -> Bool { player.step() }

    /// Goes to a tick, forwards or back, from the full state before it; to the last one where it is
    /// beyond.
    public func seek(to tick: Tick) { player.seek(to: tick) }
}

/// Sets an input's fields from its numbers.
private struct InputRestorer: FieldVisitor {
    let values: ArraySlice<Int32>
    var position = 0

    init(values: ArraySlice<Int32>) { self.values = values }

    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        guard position < values.count else { return }
        value = specification.restored(values[values.startIndex + position])
        position += 1
    }
}
