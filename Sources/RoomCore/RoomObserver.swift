package import Hyoshi

/// What is told of everything that a room applies, in the order in which it does: what is needed to
/// make the same ticks again.
///
/// Called on the room's loop, in its tick: it must neither wait nor take long.
package protocol RoomObserver: AnyObject {
    /// A seat was taken, before the next tick.
    func seatJoined(_ seat: SeatIndex)

    /// A seat was freed, before the next tick.
    func seatLeft(_ seat: SeatIndex)

    /// A tick was made.
    ///
    /// `inputs` are the rows that the rules were given, one for each seat of the game, of which those
    /// of `seats` count; `table` has the wire numbers after the tick, and its number; `instance` the
    /// view delays that held, the past and the whole state.
    func stepped(seats: SeatSet, inputs: [Int32], table: EntityTable, instance: GameInstance)
}
