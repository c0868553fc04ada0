package import Hyoshi

/// The ids of reliable events received: each event counts once, however often it is sent.
package struct EventInbox: Sendable {
    /// The newest id received; 0 for none.
    package private(set) var newest: UInt32 = 0
    /// Whether an id has come that has not been acknowledged since.
    package private(set) var isAcknowledgementDue = false

    /// Nothing received, or up to an event by the program before this one.
    package init(newest: UInt32 = 0) {
        self.newest = newest
    }

    /// An event of this id has come; ids rise by one, and older ones come again after a resume.
    ///
    /// - Returns: Whether it is the first time.
    package mutating func received(_ id: UInt32) -> Bool {
        // Also for a repeated one: the server does not know yet that it came.
        isAcknowledgementDue = true
        guard id > newest else { return false }
        newest = id
        return true
    }

    /// An acknowledgement has been sent.
    package mutating func acknowledged() {
        isAcknowledgementDue = false
    }
}

/// An event that a client wants delivered.
package struct OutgoingEvent: Sendable, Equatable {
    /// The number of the event among this seat's, from 1.
    package var id: UInt32
    /// The seat it is for, or nil for the whole room.
    package var target: SeatIndex?
    /// What it says.
    package var payload: [UInt8]
    /// Whether that is UTF-8.
    package var isText: Bool
}

/// The reliable events that the server has not acknowledged yet, oldest first.
///
/// Bounded; when it is full a new event is refused, because the older ones were promised first.
package struct EventOutbox: Sendable {
    /// The most events that wait; each holds its payload of at most 512 bytes.
    package static let capacity = 32
    /// The most bytes of a payload.
    package static let payloadMax = 512

    /// The events that wait for their acknowledgement, ascending ids.
    package private(set) var waiting: [OutgoingEvent] = []
    private var newest: UInt32 = 0

    /// Nothing waits, and nothing was sent.
    package init() {}

    /// Takes an event in, or refuses it: the outbox is full or the payload too long.
    package mutating func add(
        payload: [UInt8], target: SeatIndex?, isText: Bool = true
    ) -> OutgoingEvent? {
        guard waiting.count < Self.capacity, payload.count <= Self.payloadMax, newest < .max else {
            return nil
        }
        newest += 1
        let event = OutgoingEvent(
            id: newest, target: target, payload: payload, isText: isText)
        waiting.append(event)
        return event
    }

    /// The server has taken all events up to this id.
    package mutating func acknowledged(upTo id: UInt32) {
        var taken = 0
        while taken < waiting.count, waiting[taken].id <= id { taken += 1 }
        if taken > 0 { waiting.removeFirst(taken) }
    }

    /// A welcome says that the server has taken all events of the seat up to this id.
    ///
    /// What waits after that has the ids that follow on it, and so has what is taken in from now on:
    /// for a program that has sent it before, those that it has. Events for which no number is left
    /// are forgotten.
    ///
    /// - Parameter isTakenOver: Whether a program before this one has sent the events up to `id`;
    ///   then nothing that waits is among them.
    package mutating func welcomed(taken id: UInt32, isTakenOver: Bool) {
        if !isTakenOver { acknowledged(upTo: id) }
        let excess = waiting.count - Int(clamping: UInt32.max - id)
        if excess > 0 { waiting.removeLast(excess) }
        newest = id
        for position in waiting.indices {
            newest += 1
            waiting[position].id = newest
        }
    }
}
