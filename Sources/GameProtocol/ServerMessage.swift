package import Hyoshi
package import Replication

/// The type of a message from a server: its first element.
package enum ServerMessageType: UInt32, Sendable {
    case snapshot = 1
    case welcome = 2
    case roster = 3
    case event = 4
    case acknowledge = 5
    case pong = 6
    case desync = 7
    case counters = 8
}

/// A message from a server, as a client decodes it.
package enum ServerMessage: Sendable, Equatable {
    /// A tick's state; the decoder holds its table.
    case snapshot(ServerSnapshot)
    /// The answer to the hello.
    case welcome(Welcome)
    /// Who is in the room: the whole list.
    case roster([RosterEntry])
    /// A reliable message.
    case event(ServerEvent)
    /// The newest event of this client that the server has taken, and with it all before.
    case acknowledge(eventID: UInt32)
    /// The answer to a ping.
    case pong(Pong)
    /// The answer to a report that a hash did not match; a full snapshot follows.
    case desync(DesyncAnswer)
    /// What became of this client's commands.
    case counters(CommandCounters)
    /// A type that this version does not know; to be ignored.
    case unknown(type: UInt32)
}

/// What a snapshot says beside its entities.
package struct ServerSnapshot: Sendable, Equatable {
    /// The newest input sequence that the server has received from this seat; nil before any.
    package var sequence: UInt16?
    /// The tick of the newest addressed command minus the snapshot's, −32 to 127; nil before any.
    package var margin: Int8?
    /// The snapshot's tick.
    package var tick: Tick
    /// Ticks back to its baseline; 0 where it is full.
    package var baselineDistance: Int
    /// What `TableHash.hash(_:)` of the decoded table must be; nil where it is not told.
    package var hash: UInt32?

    package init(
        sequence: UInt16?, margin: Int8?, tick: Tick, baselineDistance: Int, hash: UInt32? = nil
    ) {
        self.sequence = sequence
        self.margin = margin
        self.tick = tick
        self.baselineDistance = baselineDistance
        self.hash = hash
    }
}

/// What a client must know of its room before the first snapshot.
package struct Welcome: Sendable, Equatable {
    /// The room's name.
    package var room: String
    /// The game's name.
    package var game: String
    /// The client's seat, or nil for a spectator.
    package var seat: SeatIndex?
    /// The number of seats in the room, 1 to 64.
    package var seatsMax: Int
    /// Ticks a second, 1 to 240.
    package var tickRate: Int
    /// The last tick that was made.
    package var tick: Tick
    /// What resumes the seat once; nil for a spectator.
    package var token: ResumptionToken?
    /// The kinds of entities and the fields of an input command.
    package var schema: Schema
    /// How many ticks back the server looks to judge what this player saw; 0: not at all.
    package var rewindTicksMax: Int
    /// The newest event of this seat that the server has taken; 0 for none.
    package var takenEventID: UInt32

    package init(
        room: String, game: String, seat: SeatIndex?, seatsMax: Int, tickRate: Int, tick: Tick,
        token: ResumptionToken?, schema: Schema, rewindTicksMax: Int = 0,
        takenEventID: UInt32 = 0
    ) {
        self.room = room
        self.game = game
        self.seat = seat
        self.seatsMax = seatsMax
        self.tickRate = tickRate
        self.tick = tick
        self.token = token
        self.schema = schema
        self.rewindTicksMax = rewindTicksMax
        self.takenEventID = takenEventID
    }
}

/// A seat in the roster.
package struct RosterEntry: Sendable, Equatable {
    /// How the seat is taken.
    package enum State: UInt8, Sendable {
        /// Its player is connected.
        case present = 0
        /// Its player's connection was lost; the seat is held for a while.
        case held = 1
    }

    /// The seat.
    package var seat: SeatIndex
    /// The player's name; may be empty.
    package var name: String
    /// How it is taken.
    package var state: State

    package init(seat: SeatIndex, name: String, state: State) {
        self.seat = seat
        self.name = name
        self.state = state
    }
}

/// A reliable message from a server.
package struct ServerEvent: Sendable, Equatable {
    /// 1, 2, 3 … for each receiving seat; one that is not newer has come before.
    package var id: UInt32
    /// Who sent it, or nil for the server or the game.
    package var sender: SeatIndex?
    /// To whom it went.
    package var scope: EventScope
    /// Where in the decoded bytes it stands what it says.
    package var payload: EventPayload

    package init(id: UInt32, sender: SeatIndex?, scope: EventScope, payload: EventPayload) {
        self.id = id
        self.sender = sender
        self.scope = scope
        self.payload = payload
    }
}

/// The answer to a ping.
package struct Pong: Sendable, Equatable {
    /// The ping's own number.
    package var stamp: UInt64
    /// The last tick that was made.
    package var tick: Tick
    /// Time since that tick's deadline, in microseconds.
    package var phaseMicroseconds: UInt32

    package init(stamp: UInt64, tick: Tick, phaseMicroseconds: UInt32) {
        self.stamp = stamp
        self.tick = tick
        self.phaseMicroseconds = phaseMicroseconds
    }
}

/// The server's answer to a client whose table differs from what was sent.
package struct DesyncAnswer: Sendable, Equatable {
    /// The snapshot that was reported.
    package var tick: Tick
    /// The position of the first kind that differs; nil where the server does not know.
    package var kind: Int?
    /// The position of its first field that differs; nil where the ids differ, or nothing is known.
    package var field: Int?

    package init(tick: Tick, kind: Int?, field: Int?) {
        self.tick = tick
        self.kind = kind
        self.field = field
    }
}

/// What became of a seat's commands, modulo 2³².
package struct CommandCounters: Sendable, Equatable {
    /// Applied at the tick that they were for.
    package var applied: UInt32
    /// Came after their tick.
    package var late: UInt32
    /// Were for a tick too far ahead, and dropped.
    package var early: UInt32
    /// Had come before.
    package var repeated: UInt32
    /// Messages dropped for the rate limit.
    package var dropped: UInt32

    package init(applied: UInt32, late: UInt32, early: UInt32, repeated: UInt32, dropped: UInt32) {
        self.applied = applied
        self.late = late
        self.early = early
        self.repeated = repeated
        self.dropped = dropped
    }
}

extension Tick {
    /// The least tick after this one whose low 16 bits are `bits`; nil beyond the last tick.
    package func next(withLowBits bits: UInt16) -> Tick? {
        let distance = bits &- UInt16(truncatingIfNeeded: rawValue)
        let ticks = distance == 0 ? 65_536 : UInt32(distance)
        let (next, overflow) = rawValue.addingReportingOverflow(ticks)
        return overflow ? nil : Tick(next)
    }
}

/// The part of a snapshot message that is private to a seat: at most 7 bytes.
///
/// A snapshot message is these bytes and, right behind them, the shared ones of
/// `ServerMessagePacker.snapshotBody`.
package struct SnapshotHead: Sendable {
    /// The most bytes.
    package static let byteCountMax = 7

    /// The bytes; those from `count` on are no part of it.
    package private(set) var bytes: [8 of UInt8] = .init(repeating: 0)
    /// The number of bytes, 4 to 7.
    package private(set) var count = 0

    /// Makes the head of a snapshot; `margin` is clamped to −32 … 127, so that it takes one byte.
    ///
    /// - Parameter hasHash: Whether the shared part has a hash.
    package init(sequence: UInt16?, margin: Int?, hasHash: Bool = false) {
        append(hasHash ? 0x97 : 0x96)
        append(UInt8(truncatingIfNeeded: ServerMessageType.snapshot.rawValue))
        if let sequence {
            if sequence > 0xFF {
                append(0xCD)
                append(UInt8(truncatingIfNeeded: sequence &>> 8))
            } else if sequence > 0x7F {
                append(0xCC)
            }
            append(UInt8(truncatingIfNeeded: sequence))
        } else {
            append(0xC0)
        }
        if let margin {
            append(UInt8(truncatingIfNeeded: min(max(margin, -32), 127)))
        } else {
            append(0xC0)
        }
    }

    /// Appends the bytes to `output`.
    package func append(to output: inout [UInt8]) {
        for index in 0..<count { output.append(bytes[index]) }
    }

    private mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }
}
