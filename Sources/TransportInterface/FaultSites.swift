/// A place in production code where a test may let something go wrong.
///
/// What happens there is what happens anyway, if rarely: a refusal, a stall, a loss. Each has a
/// promise about what becomes of it (docs/testing.md).
package enum FaultSite: UInt8, CaseIterable, Sendable {
    // MARK: The server

    /// A member of a room is sent no snapshot of a tick.
    case snapshotSkipped
    /// The server forgets what a member has acknowledged: a full snapshot follows.
    case baselineForgotten
    /// What was shown to a seat is forgotten: a full snapshot with new ids follows.
    case replicatorForgotten
    /// A connection counts as blocked for some ticks, though its transport takes bytes.
    case sendBlocked
    /// An upgrade is answered with 503, as in a storm of them.
    case handshakeRefused
    /// A hello is answered with close 1013, as in a storm of them.
    case joinRefused
    /// A token that is right resumes no seat: close 4401.
    case resumeRefused
    /// An event is not taken, as over the rate: its sender sends it again.
    case eventNotTaken
    /// A snapshot goes out uncompressed, as where there is no memory for the compressor.
    case compressorMissing

    // MARK: What a server is given

    /// A connection is turned away without a word.
    case admissionRefused
    /// A peer may open no room now: close 1013.
    case roomRefused
    /// There is no place for a room: 503.
    case placeRefused
    /// The clock has moved on while a loop worked: ticks are late, and some are dropped.
    case clockJumped

    // MARK: The client

    /// A snapshot is lost before it is decoded.
    case snapshotLost
    /// A number of the state that was decoded is changed: its hash does not fit any more.
    case stateCorrupted
    /// An input acknowledges again what the one before it has.
    case acknowledgementDelayed
    /// The token of the seat is forgotten with the connection.
    case tokenForgotten
    /// A command is noted and not sent.
    case commandDropped
    /// An event is noted and not sent.
    case eventDropped

    // MARK: The recording

    /// A block cannot be written, as on a full disk.
    case recordingFull
}

/// Where things go wrong on purpose: nowhere, unless a test says otherwise.
///
/// A value beside a layer's settings. Production code asks at a site whether the fault strikes; with
/// the default, ``none``, that is one branch that is never taken.
package struct FaultSites: Sendable {
    /// Random bits where the fault strikes, or 0.
    private let draw: (@Sendable (FaultSite) -> UInt64)?

    /// Nowhere.
    package static var none: FaultSites { FaultSites(draw: nil) }

    /// Where `draw` says so.
    ///
    /// - Parameter draw: Called each time that a site is passed: 0 lets it pass, anything else
    ///   strikes, and decides how where there is a choice.
    package init(draw: (@Sendable (FaultSite) -> UInt64)?) {
        self.draw = draw
    }

    /// Whether anything may go wrong at all.
    @inline(__always)
    package var isArmed: Bool { draw != nil }

    /// Whether the fault strikes now.
    @inline(__always)
    package func strikes(_ site: FaultSite) -> Bool {
        guard let draw else { return false }
        return draw(site) != 0
    }

    /// Random bits where the fault strikes now, and 0 where it does not.
    @inline(__always)
    package func bits(_ site: FaultSite) -> UInt64 {
        guard let draw else { return 0 }
        return draw(site)
    }
}
