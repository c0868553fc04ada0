/// A bug that is put in on purpose: runs that do not find it check nothing.
package enum Plant: String, CaseIterable, Sendable {
    /// A client has another number of the state than it was sent.
    case wrongNumber
    /// A server sends what it has just sent a second time.
    case sentTwice
    /// A seat is shown what is further away than the game says.
    case wideInterest
    /// A server does not hear of some connections' ends.
    case leakedSeat
    /// A queue of events that is longer than it may be.
    case longQueue
    /// Random numbers that do not come from the seed.
    case foreignRandom
    /// A server that sends no snapshots any more.
    case noSnapshots
    /// An octet of a recording that is not what was written.
    case damagedRecording
    /// An event that has not come counts as come after a restart.
    case lostEvent
    /// A client that predicts by other rules than the server's.
    case otherRules

    /// Who has to find it.
    package var checkers: Set<Checker> {
        switch self {
        case .wrongNumber: [.snapshots]
        case .sentTwice: [.order, .snapshots, .endings]
        case .wideInterest: [.interest]
        case .leakedSeat: [.seats, .queues, .accounts, .resumption, .liveness, .endings, .interest]
        case .longQueue: [.queues]
        case .foreignRandom: [.determinism]
        case .noSnapshots: [.liveness]
        case .damagedRecording: [.recording]
        case .lostEvent: [.events]
        case .otherRules: [.prediction]
        }
    }

    /// What a run needs for it to show.
    var needs: Set<FaultKind> {
        switch self {
        case .wrongNumber, .sentTwice, .foreignRandom, .noSnapshots, .damagedRecording: []
        case .wideInterest: [.interest]
        case .leakedSeat: [.reset, .comingAndGoing]
        case .longQueue: [.smallLimits, .events, .eventFlood]
        case .lostEvent: [.restartWithToken, .events]
        case .otherRules: [.prediction, .alone]
        }
    }

    /// What would hide it.
    var excludes: Set<FaultKind> {
        switch self {
        case .wideInterest: [.hostiles, .customInterest]
        case .otherRules: [.interest, .otherGame, .byteBudget]
        case .longQueue: [.spectators, .alone, .severalRooms]
        case .wrongNumber, .sentTwice, .leakedSeat, .foreignRandom, .noSnapshots,
            .damagedRecording, .lostEvent:
            []
        }
    }
}
