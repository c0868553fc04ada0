/// What may be wrong, or unusual, in a run: each kind is absent from about half of the runs.
///
/// Each is drawn from a random sequence of its own, made of the seed and its name: what is added
/// here changes nothing in the runs that were found before.
package enum FaultKind: String, CaseIterable, Sendable {
    // MARK: The way between them

    /// A delay of the way, for some players always and for others for a while.
    case latency
    /// A delay that varies from one write to the next.
    case jitter
    /// Few bytes a second.
    case bandwidth
    /// Writes that are lost and come again later, and hold up what is behind them.
    case stalls
    /// Bytes that come in pieces of other sizes than they were written in, also one by one.
    case segmentation
    /// Small buffers on the way, so that a sender has to wait soon.
    case smallBuffers
    /// One side ends its direction and goes on to read.
    case halfClose
    /// A reset, at once or at some write.
    case reset
    /// A way that swallows everything, of which neither side hears.
    case silentCut
    /// A client that reads now and then only.
    case slowReader
    /// A client that has stopped reading.
    case deadReader
    /// A server that does not get what a client writes for a while.
    case heldUplink
    /// An address that does not answer for a while.
    case notListening
    /// A request that takes long to arrive.
    case slowHandshake

    // MARK: The machines

    /// A server that stands still: ticks are late, and some are dropped.
    case serverStall
    /// A server that is shut down and started anew.
    case serverRestart
    /// A client that stands still, as a page in the background.
    case clientStall
    /// Clocks that run faster or slower than the server's.
    case clockDrift
    /// Clocks that jump forward, as after a sleep.
    case clockJump
    /// A client that is started anew and knows its seat, as a page that is loaded again.
    case restartWithToken
    /// A client that is started anew and knows nothing.
    case restartWithoutToken

    // MARK: The players

    /// Players that leave and come back.
    case comingAndGoing
    /// Some only watch.
    case spectators
    /// More players than seats.
    case crowding
    /// Players who are thrown out.
    case kicks
    /// Reliable messages to the room and to single seats.
    case events
    /// So many of them that queues fill.
    case eventFlood

    /// Peers that mean harm.
    case hostiles
    /// Faults at sites of the production code.
    case siteFaults

    // MARK: The settings

    /// Compressed snapshots.
    case compression
    /// Baselines are what was written last, not what was acknowledged.
    case lastWritten
    /// A game that shows a seat what is near it only.
    case interest
    /// That game selects for itself, instead of by a grid.
    case customInterest
    /// A limit on the bytes of a seat's snapshots.
    case byteBudget
    /// The other game, tag.
    case otherGame
    /// Another tick rate than 60.
    case tickRate
    /// Seats that are held for a short time only.
    case shortHold
    /// Small limits everywhere: events, joins, upgrades, spectators, connections.
    case smallLimits
    /// Several rooms.
    case severalRooms
    /// Clients that keep few snapshots as baselines.
    case smallHistory
    /// Clients that predict and show what they see, as a page does.
    case prediction
    /// A single player in each room.
    case alone
}
