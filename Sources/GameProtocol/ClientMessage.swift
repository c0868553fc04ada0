package import Hyoshi

/// The type of a message from a client: its first element.
package enum ClientMessageType: UInt32, Sendable {
    case hello = 1
    case input = 2
    case acknowledge = 3
    case event = 4
    case ping = 5
    case leave = 6
    case desync = 7
}

/// A message from a client.
///
/// Strings and payloads are ranges of the decoded bytes.
package enum ClientMessage: Sendable, Equatable {
    /// The first message of a connection.
    case hello(ClientHello)
    /// One or more input commands; their values are in the buffer that was given to `decode`.
    case input(ClientInput)
    /// The newest snapshot that was decoded, and the newest event that has come.
    case acknowledge(ClientAcknowledgement)
    /// A reliable message to the room or to one seat.
    case event(ClientEvent)
    /// A question for the time; `stamp` is 0 to 2^53.
    case ping(stamp: UInt64)
    /// The seat is given up.
    case leave
    /// A snapshot's hash is not that of what was decoded; the column hashes are in the buffer that
    /// was given to `decode`, as numbers of the same bits.
    case desync(ClientDesync)
}

/// What a client wants to be in a room.
package enum ClientRole: UInt8, Sendable {
    /// A player with a seat.
    case play = 0
    /// A spectator without one.
    case spectate = 1
}

/// The first message of a connection.
package struct ClientHello: Sendable, Equatable {
    /// Where the player's name stands; it satisfies ``PlayerName``, and may be empty.
    package var nameRange: Range<Int>
    /// What the client wants to be.
    package var role: ClientRole
    /// The token of the seat that is to be resumed, or nil.
    package var token: ResumptionToken?

    package init(nameRange: Range<Int>, role: ClientRole, token: ResumptionToken?) {
        self.nameRange = nameRange
        self.role = role
        self.token = token
    }

    /// The name as a string; `bytes` are those that were decoded.
    package func name(in bytes: Span<UInt8>) -> String {
        var scalars: [UInt8] = []
        for index in nameRange { scalars.append(bytes[index]) }
        return String(decoding: scalars, as: UTF8.self)
    }
}

/// The head of an input message.
package struct ClientInput: Sendable, Equatable {
    /// One more than in the input message before it, modulo 65,536.
    package var sequence: UInt16
    /// The tick of the newest command; zero for "the next one".
    package var tick: Tick
    /// The newest snapshot that the client has decoded; zero for none.
    package var acknowledged: Tick
    /// The number of commands, 1 to 8; 1 where `tick` is zero.
    package var commandCount: Int
    /// How many ticks before `tick` the others were that the player saw; 0 where it is not said.
    package var viewDelayTicks: UInt8

    package init(
        sequence: UInt16, tick: Tick, acknowledged: Tick, commandCount: Int,
        viewDelayTicks: UInt8 = 0
    ) {
        self.sequence = sequence
        self.tick = tick
        self.acknowledged = acknowledged
        self.commandCount = commandCount
        self.viewDelayTicks = viewDelayTicks
    }

    /// The tick of a command, 0 being the newest; zero where it is unaddressed or would be below 1.
    package func tick(ofCommand index: Int) -> Tick {
        let number = UInt32(truncatingIfNeeded: index)
        return Tick(tick.rawValue > number ? tick.rawValue - number : 0)
    }
}

/// What a client has received.
package struct ClientAcknowledgement: Sendable, Equatable {
    /// The newest snapshot that it has decoded; zero for none, and then a full one is to follow.
    package var snapshot: Tick
    /// The newest event that it has received, and with it all before; 0 for none.
    package var eventID: UInt32

    package init(snapshot: Tick, eventID: UInt32) {
        self.snapshot = snapshot
        self.eventID = eventID
    }
}

/// A client's report that it has decoded something else than was sent.
package struct ClientDesync: Sendable, Equatable {
    /// The snapshot whose hash does not match.
    package var tick: Tick
    /// The number of column hashes; 0 where there would be too many.
    package var columnCount: Int

    package init(tick: Tick, columnCount: Int) {
        self.tick = tick
        self.columnCount = columnCount
    }
}

/// To whom an event goes.
package enum EventScope: UInt8, Sendable {
    /// To everyone in the room.
    case room = 0
    /// To one seat.
    case seat = 1
}

/// Where an event's payload stands, and how it was written.
package struct EventPayload: Sendable, Equatable {
    /// The bytes' places.
    package var range: Range<Int>
    /// Whether it is a string (UTF-8) or bytes.
    package var isText: Bool

    package init(range: Range<Int>, isText: Bool) {
        self.range = range
        self.isText = isText
    }
}

/// A reliable message from a client.
package struct ClientEvent: Sendable, Equatable {
    /// 1, 2, 3 … for each seat; one that is not newer has come before.
    package var id: UInt32
    /// To whom it goes.
    package var scope: EventScope
    /// The seat to which it goes; set where the scope is a seat.
    package var target: SeatIndex?
    /// What it says.
    package var payload: EventPayload

    package init(id: UInt32, scope: EventScope, target: SeatIndex?, payload: EventPayload) {
        self.id = id
        self.scope = scope
        self.target = target
        self.payload = payload
    }
}
