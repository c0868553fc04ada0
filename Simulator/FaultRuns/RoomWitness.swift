import Hyoshi
import RoomCore

/// Notes what a room's ticks were made of, and lets its recorder hear the same.
final class RoomWitness: RoomObserver {
    /// What one tick was made of.
    struct Step {
        var tick: UInt32
        /// Who had a seat.
        var seats: SeatSet
        /// The rows that the rules were given, one for each seat of the game.
        var inputs: [Int32]
        /// Where the world's random sequence stood after it.
        var randomState: UInt64
    }

    private let recorder: any RoomObserver
    private var steps: [Step?] = Array(repeating: nil, count: RoomWitness.slots)

    /// Ticks that are kept.
    private static let slots = ServerLog.Tables.slots

    init(_ recorder: any RoomObserver) {
        self.recorder = recorder
    }

    /// What a tick was made of; nil where it is not kept any more.
    func step(_ tick: UInt32) -> Step? {
        guard let step = steps[Int(tick) % Self.slots], step.tick == tick else { return nil }
        return step
    }

    func seatJoined(_ seat: SeatIndex) { recorder.seatJoined(seat) }
    func seatLeft(_ seat: SeatIndex) { recorder.seatLeft(seat) }

    func stepped(seats: SeatSet, inputs: [Int32], table: EntityTable, instance: GameInstance) {
        steps[Int(table.tick.rawValue) % Self.slots] = Step(
            tick: table.tick.rawValue, seats: seats, inputs: inputs,
            randomState: instance.randomState)
        recorder.stepped(seats: seats, inputs: inputs, table: table, instance: instance)
    }
}
