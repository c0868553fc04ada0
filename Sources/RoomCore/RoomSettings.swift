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
    /// How far back the rules may look to judge by what a player saw, 0 to 500 ms; 0 keeps nothing.
    ///
    /// Each tick of it takes one table of the room.
    package var rewindMilliseconds = 200
    /// From one snapshot with a hash to the next, in ticks; 0 sends none.
    package var hashIntervalTicks = 60
    /// Against which snapshot deltas are cut.
    package var baselinePolicy = BaselinePolicy.acknowledged
    /// What a seat is sent of snapshots at most, in bytes a second in the long run; 0 for no limit.
    ///
    /// nil means 32,000 where the game shows a seat a part of its world, and no limit where every
    /// seat is shown everything: a limit makes each seat's snapshots its own. Below 2,000 counts as
    /// 2,000. Smoothest with the baseline policy `lastWritten`: what is sent once is then not sent
    /// again until it is acknowledged.
    ///
    /// The seat's own things always go; where they take all of it, others have a quarter beside it.
    package var seatBytesPerSecondMax: Int?

    package init() {}

    /// The whole ticks of the rewind: never more than its milliseconds.
    package var rewindTicksMax: Int {
        let milliseconds = min(max(rewindMilliseconds, 0), 500)
        return min(milliseconds * min(max(tickRate, 1), 240) / 1000, 255)
    }
}

/// Against which snapshot a delta is cut.
package enum BaselinePolicy: Sendable {
    /// The newest that the receiver has acknowledged: right on any transport.
    case acknowledged
    /// The last one that was written to the connection, once the receiver has acknowledged any:
    /// smaller deltas, right only where bytes arrive in order or the connection ends.
    case lastWritten
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
