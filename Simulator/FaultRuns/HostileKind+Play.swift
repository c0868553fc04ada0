import GameProtocol
import Hyoshi
import TransportInterface

/// Peers whose messages are well-formed, and mean harm.
extension HostileKind {
    func playScript(_ scene: inout HostileScene) -> HostileScript? {
        switch self {
        case .messagesBeforeHello: Self.messagesBeforeHello(&scene)
        case .secondHello:
            HostileScript(
                "a second hello", .closes(4400), withinSeconds: 12,
                HostileScript.joining(scene, role: scene.random.oneIn(2) ? .play : .spectate)
                    + [.send(HostileScene.hello(name: "again"))])
        case .wrongAcknowledgements: Self.wrongAcknowledgements(scene)
        case .farInputs: Self.farInputs(scene)
        case .inputFlood: Self.inputFlood(scene)
        case .wrongEvents: Self.wrongEvents(scene)
        case .eventFlood: Self.eventFlood(scene)
        case .unacknowledgedEvents: Self.unacknowledgedEvents(scene)
        case .spectatorMischief: Self.spectatorMischief(&scene)
        case .desyncReports: Self.desyncReports(scene)
        case .guessedTokens: Self.guessedTokens(&scene)
        case .stolenSeat: Self.stolenSeat(scene)
        default: nil
        }
    }

    /// What is too much for a room, and is told so.
    private static let crowded = HostileEnds.closes(1013)

    private static func messagesBeforeHello(_ scene: inout HostileScene) -> HostileScript {
        let message = scene.random.one(of: [
            HostileScene.acknowledge(0), HostileScene.ping(), HostileScene.leave,
            HostileScene.event(1, payload: [1]),
            Forge.message([0x93, 0x07, 0x01, 0x90]),
        ])
        return HostileScript(
            "a message before the hello", .closes(4400), withinSeconds: 9,
            [.send(scene.opening()), .awaitUpgrade, .send(message)])
    }

    private static func wrongAcknowledgements(_ scene: HostileScene) -> HostileScript {
        HostileScript(
            "acknowledgements of what was never sent", .stays, withinSeconds: 30,
            HostileScript.joining(scene) + [
                .flood(count: 600, gapNanoseconds: 16_000_000) { scene in
                    let newest = scene.tick
                    let tick: UInt32 =
                        switch scene.random.below(8) {
                        case 0: 0
                        case 1: newest &+ UInt32(scene.random.below(200))
                        case 2: newest &- UInt32(scene.random.below(200))
                        case 3: .max
                        case 4: UInt32(truncatingIfNeeded: scene.random.next())
                        default: newest
                        }
                    let event = UInt32(truncatingIfNeeded: scene.random.next())
                    return scene.random.oneIn(2)
                        ? scene.input(tick: 0, acknowledged: tick)
                        : HostileScene.acknowledge(tick, event: event)
                }, .leave(.afterFlush),
            ])
    }

    private static func farInputs(_ scene: HostileScene) -> HostileScript {
        HostileScript(
            "inputs for far ticks", .stays, withinSeconds: 30,
            HostileScript.joining(scene) + [
                .flood(count: 500, gapNanoseconds: 16_000_000) { scene in
                    let tick: UInt32 =
                        switch scene.random.below(6) {
                        case 0: .max
                        case 1: scene.tick &+ 1000
                        case 2: scene.tick &- 1000
                        case 3: 1
                        case 4: scene.tick &+ UInt32(scene.random.below(64))
                        default: UInt32(truncatingIfNeeded: scene.random.next())
                        }
                    if scene.random.oneIn(4) {
                        scene.sequence = UInt16(truncatingIfNeeded: scene.random.next())
                    }
                    return scene.input(
                        tick: max(tick, 1), acknowledged: scene.tick,
                        commands: 1 + scene.random.below(8))
                }, .leave(.afterFlush),
            ])
    }

    private static func inputFlood(_ scene: HostileScene) -> HostileScript {
        HostileScript(
            "a flood of inputs", .closes(1008), withinSeconds: 12,
            HostileScript.joining(scene) + [
                .flood(count: 20_000, gapNanoseconds: 500_000) { scene in
                    scene.input(tick: scene.tick &+ 3, acknowledged: scene.tick, commands: 4)
                }
            ])
    }

    private static func wrongEvents(_ scene: HostileScene) -> HostileScript {
        HostileScript(
            "events repeated and out of order", HostileEnds.stays.or(crowded), withinSeconds: 40,
            HostileScript.joining(scene) + [
                .flood(count: 300, gapNanoseconds: 50_000_000) { scene in
                    let id: UInt32 =
                        switch scene.random.below(6) {
                        case 0: .max
                        case 1: scene.eventID &+ 2
                        case 2: UInt32(truncatingIfNeeded: scene.random.next())
                        case 3: max(scene.eventID, 1)
                        default: scene.eventID &+ 1
                        }
                    if id == scene.eventID &+ 1 { scene.eventID = id }
                    let payload = scene.random.bytes(scene.random.below(100))
                    let seat = SeatIndex(scene.random.below(SeatIndex.limit))
                    return HostileScene.event(
                        max(id, 1), to: scene.random.oneIn(2) ? seat : nil, payload: payload)
                }, .leave(.afterFlush),
            ])
    }

    private static func eventFlood(_ scene: HostileScene) -> HostileScript {
        HostileScript(
            "a flood of events that nobody is spared", .closes(1008, 1013), withinSeconds: 20,
            HostileScript.joining(scene) + [
                .flood(count: 20_000, gapNanoseconds: 1_000_000) { scene in
                    // The same ones again and again, as if none had been taken.
                    let id = UInt32(scene.round / 200 + 1)
                    return HostileScene.event(id, payload: scene.random.bytes(500))
                }
            ])
    }

    private static func unacknowledgedEvents(_ scene: HostileScene) -> HostileScript {
        HostileScript(
            "acknowledges no event", .closes(1013), withinSeconds: 30,
            HostileScript.joining(scene) + [
                .flood(count: 200, gapNanoseconds: 210_000_000) { scene in
                    scene.eventID += 1
                    return HostileScene.event(scene.eventID, payload: scene.random.bytes(8))
                }
            ])
    }

    private static func spectatorMischief(_ scene: inout HostileScene) -> HostileScript {
        let start = HostileScript.joining(scene, role: .spectate)
        if scene.random.oneIn(2) {
            return HostileScript(
                "a spectator's event", .closes(4400), withinSeconds: 12,
                start + [.send(HostileScene.event(1, payload: [1]))])
        }
        return HostileScript(
            "a spectator's inputs", .stays, withinSeconds: 20,
            start + [
                .flood(count: 200, gapNanoseconds: 16_000_000) { scene in
                    scene.input(tick: scene.tick &+ 2, acknowledged: scene.tick)
                }, .leave(.afterFlush),
            ])
    }

    private static func desyncReports(_ scene: HostileScene) -> HostileScript {
        HostileScript(
            "reports of desyncs that were none", HostileEnds.stays.or(.closes(1008)),
            withinSeconds: 30,
            HostileScript.joining(scene) + [
                .flood(count: 400, gapNanoseconds: 10_000_000) { scene in
                    var columns: [UInt32] = []
                    let count = scene.random.one(of: [0, 1, 8, 28, 60, 199, 200])
                    for _ in 0..<count {
                        columns.append(UInt32(truncatingIfNeeded: scene.random.next()))
                    }
                    let tick = scene.random.one(of: [scene.tick, 0, .max, scene.tick &- 30])
                    var message: [UInt8] = []
                    ClientMessageWriter.desync(
                        tick: Tick(tick), columns: columns.span, into: &message)
                    return Forge.message(message)
                }, .leave(.afterFlush),
            ])
    }

    private static func guessedTokens(_ scene: inout HostileScene) -> HostileScript {
        let guess: ResumptionToken =
            scene.random.oneIn(3)
            ? ResumptionToken(high: 0, low: UInt64(scene.random.below(3)))
            : ResumptionToken(high: scene.random.next(), low: scene.random.next())
        return HostileScript(
            "a guessed token", .closes(4401), withinSeconds: 9,
            [
                .send(scene.opening()), .awaitUpgrade,
                .send(HostileScene.hello(name: "thief", token: guess)),
            ])
    }

    /// Connections that take each other's seat, and come with tokens that were used before.
    private static func stolenSeat(_ scene: HostileScene) -> HostileScript {
        guard scene.number > 0 else {
            return HostileScript(
                "holds a seat that another connection resumes", .closes(4409), withinSeconds: 20,
                HostileScript.joining(scene))
        }
        let usesOld = scene.number % 3 == 2
        return HostileScript(
            usesOld ? "a token that was used" : "resumes a seat that is held live",
            // A token works until whoever it has let in has spoken, which these do not.
            HostileEnds.stays.or(.closes(4409, 4401)), withinSeconds: 20,
            [
                .send(scene.opening()), .awaitUpgrade, .wait(nanoseconds: 1_500_000_000),
                .compose { scene in
                    let tokens = scene.gang.tokens
                    let token = usesOld ? tokens.first : tokens.last
                    return HostileScene.hello(token: token ?? ResumptionToken(high: 1, low: 2))
                }, .awaitSnapshots(60), .leave(.afterFlush),
            ])
    }
}
