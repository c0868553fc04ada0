package import Hyoshi
package import TransportInterface

/// Whether a new connection may stay.
package enum Admission: Equatable, Sendable {
    case admitted
    /// The server has all the connections that it takes.
    case serverFull
    /// The peer's address has all the connections that it may have.
    case addressFull
}

/// A document that the public port serves to browsers.
package struct PublicDocument: Sendable {
    /// The value of the Content-Type field.
    package var contentType: String
    /// The body.
    package var bytes: [UInt8]
    /// Whether it differs from one request to the next: then nothing keeps it.
    package var changes: Bool
    /// What browsers that have it ask with, quotes included; nil where they cannot.
    package var entityTag: String?
    /// The same body in gzip, for those who take it; nil where there is none.
    package var compressed: CompressedForm?

    /// A second form of a body.
    package struct CompressedForm: Sendable {
        /// The gzip member.
        package var bytes: [UInt8]
        /// Another one than the plain form's (RFC 9110 §8.8.3.3).
        package var entityTag: String

        package init(bytes: [UInt8], entityTag: String) {
            self.bytes = bytes
            self.entityTag = entityTag
        }
    }

    package init(
        contentType: String, bytes: [UInt8], changes: Bool, entityTag: String? = nil,
        compressed: CompressedForm? = nil
    ) {
        self.contentType = contentType
        self.bytes = bytes
        self.changes = changes
        self.entityTag = entityTag
        self.compressed = compressed
    }
}

/// One room's part of a wake-up.
package struct TickReport: Equatable, Sendable {
    /// When the first tick made was started.
    package var startedAt: MonotonicInstant
    /// From the deadline to the start of the first tick made.
    package var latenessNanoseconds: UInt64
    /// From the start of the ticks to the end of their encoding.
    package var workNanoseconds: UInt64
    /// Ticks made.
    package var ticks: Int
    /// Deadlines without a tick.
    package var dropped: Int
}

/// A client whose decoded state differs from what it was sent.
package struct DesyncReport: Equatable, Sendable {
    /// The client's seat; nil for a spectator.
    package var seat: SeatIndex?
    /// The snapshot whose hash did not match.
    package var tick: Tick
    /// The first kind that differs; nil where that cannot be told.
    package var kind: String?
    /// Its first field that differs; nil where the ids differ, or nothing is known.
    package var field: String?

    package init(seat: SeatIndex?, tick: Tick, kind: String?, field: String?) {
        self.seat = seat
        self.tick = tick
        self.kind = kind
        self.field = field
    }
}

/// What a server core is given: a clock, randomness, and the doors to the other loops.
///
/// In virtual time all of it comes from the seed.
///
/// `admit`, `release`, `mayOpenRoom`, `placeRoom` and `releaseRoom` are called from several loops.
package protocol ServerEnvironment: AnyObject {
    /// The present instant; read around each room's ticks.
    func now() -> MonotonicInstant

    /// 64 bits that nobody can foresee, for tokens.
    func unpredictableBits() -> UInt64

    /// The seed of a room that is being opened.
    func roomSeed(name: String) -> UInt64

    /// Counts a new connection in, unless a limit is reached.
    func admit(_ peer: PeerAddress) -> Admission

    /// Counts an admitted connection out.
    func release(_ peer: PeerAddress)

    /// Whether a peer may open another room now; counts it where it may.
    func mayOpenRoom(_ peer: PeerAddress) -> Bool

    /// The loop on which a room lives or is to live, or nil where there are too many rooms.
    ///
    /// A room that has no place yet gets one: on the preferred loop, or where there is least to do.
    ///
    /// Each call takes a reference that ``releaseRoom(_:)`` gives back: while any is held the room
    /// stays on that loop.
    func placeRoom(_ name: String, preferring loopIndex: Int?) -> Int?

    /// Gives back a reference.
    func releaseRoom(_ name: String)

    /// A document of the public port, or nil.
    func document(path: String) -> PublicDocument?

    /// A room was opened under a key that is free; its reports carry it.
    func roomOpened(_ room: HostedRoom)

    /// Some ticks of a room were made.
    func roomTicked(_ room: HostedRoom, report: TickReport)

    /// A client has reported a desync; at most once a second for each client.
    func desynchronized(_ room: HostedRoom, report: DesyncReport)

    /// The room is closed.
    func roomClosed(_ room: HostedRoom)
}

extension ServerEnvironment {
    /// Does nothing: the core counts them itself.
    package func desynchronized(_ room: HostedRoom, report: DesyncReport) {}
}
