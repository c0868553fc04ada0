import Hyoshi

/// What a hostile peer is up to.
package enum HostileKind: String, CaseIterable, Sendable {
    // Openings.
    case randomBytes, mutatedOpening, silentConnection, unfinishedOpening, slowOpening
    case dribbledOpening, hugeHead, smuggling, wrongOpening, pipelinedRequests, noHello, oddOffers
    // Frames.
    case garbageFrames, slowFrame, headerBombs, wrongFrames, tooLong, badText, closeCodes
    case fragmentFlood, openFragment, controlFlood, emptyMessages, messageFlood, unansweredClose
    case deflateBomb, deflateWithinLimits, wrongDeflate
    // Messages.
    case malformedMessages, malformedAsPlayer, extremeNumbers, mutatedMessages
    // Play.
    case messagesBeforeHello, secondHello, wrongAcknowledgements, farInputs, inputFlood
    case wrongEvents, eventFlood, unacknowledgedEvents, spectatorMischief, desyncReports,
        guessedTokens, stolenSeat
    case replayedSession, mutatedSession
    // Connections.
    case roomFlood, joinAndLeave, deadReader, slowReader, silentPlayer, halfCloseAnywhere
    case resetAnywhere

    /// A peer of this kind.
    ///
    /// - Parameters:
    ///   - target: The server.
    ///   - room: The room that it is after, or what the rooms' names begin with where it opens many.
    ///   - seed: Where all that it does comes from.
    ///   - connections: How many connections it makes at most; nil for as many as its kind does.
    package func makeDriver(
        target: HostileTarget, room: String, seed: UInt64, connections: Int? = nil
    ) -> any HostilePeer {
        let connections = min(connections ?? connectionsMax, connectionsMax)
        return makeDriver(target, room, seed, connections)
    }

    private func makeDriver(
        _ target: HostileTarget, _ room: String, _ seed: UInt64, _ connections: Int
    ) -> any HostilePeer {
        switch self {
        case .replayedSession, .mutatedSession:
            HostileMimic(
                kind: self, target: target, room: room, seed: seed, connections: connections)
        default:
            HostileDriver(
                kind: self, target: target, room: room, seed: seed, connections: connections)
        }
    }

    /// How many connections it makes.
    var connectionsMax: Int {
        switch self {
        case .roomFlood, .joinAndLeave: 40
        case .randomBytes, .mutatedOpening, .smuggling, .wrongOpening, .headerBombs, .wrongFrames,
            .badText, .closeCodes, .malformedMessages, .malformedAsPlayer, .garbageFrames,
            .wrongDeflate, .mutatedMessages, .halfCloseAnywhere, .resetAnywhere, .guessedTokens:
            8
        case .stolenSeat, .replayedSession, .mutatedSession: 6
        default: 3
        }
    }

    /// How many of them are open at once.
    var connectionsAtOnce: Int {
        switch self {
        case .roomFlood: 40
        case .joinAndLeave: 4
        case .stolenSeat: 2
        case .silentConnection, .deadReader, .silentPlayer, .noHello: 3
        default: 1
        }
    }

    /// Whether each connection goes to a room of its own.
    var opensRooms: Bool { self == .roomFlood }

    /// What a connection does.
    func script(_ scene: inout HostileScene) -> HostileScript {
        openingScript(&scene) ?? frameScript(&scene) ?? deflateScript(&scene)
            ?? messageScript(&scene) ?? playScript(&scene) ?? connectionScript(&scene)
            ?? HostileScript("nothing", .drops, [])
    }
}
