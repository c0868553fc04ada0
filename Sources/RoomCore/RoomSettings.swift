package import Hyoshi
import TransportInterface

/// How a room is run; everything finite.
package struct RoomSettings: Sendable {
    /// Ticks a second, 1 to 240.
    package var tickRate = 60
    /// Seats that may be taken, 1 to the game's own limit.
    package var seatsMax = SeatIndex.limit
    /// How long a seat is held for a player whose connection was lost, in seconds.
    package var seatHoldSeconds = 20
    /// How long a room without players and spectators is kept, in seconds.
    package var emptyRoomSeconds = 30
    /// The most ticks that are made at once after a stall.
    package var catchUpTicksMax = 4

    package init() {}
}

/// What a place in a room is used for at the moment.
package enum SeatState: Equatable, Sendable {
    /// Nobody has it.
    case open
    /// A player is connected.
    case present
    /// The player's connection was lost; the seat waits until this tick.
    case held(until: Tick)
}
