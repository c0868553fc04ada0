import Hyoshi
import TransportInterface

/// Peers that come, stay and go as they should not.
extension HostileKind {
    func connectionScript(_ scene: inout HostileScene) -> HostileScript? {
        switch self {
        case .roomFlood:
            HostileScript(
                "opens room after room",
                HostileEnds.stays.or(.closes(1013)).or(.refuses(503)), withinSeconds: 20,
                HostileScript.joining(scene) + [
                    .wait(nanoseconds: scene.random.nanoseconds(upToMilliseconds: 3000)),
                    .leave(scene.random.oneIn(2) ? .afterFlush : .immediately),
                ])
        case .joinAndLeave:
            HostileScript(
                "joins and leaves", HostileEnds.closes(1000, 1013), withinSeconds: 12,
                HostileScript.joining(scene) + [
                    .wait(nanoseconds: scene.random.nanoseconds(upToMilliseconds: 200)),
                    .send(HostileScene.leave),
                ])
        case .deadReader: Self.deadReader(&scene)
        case .slowReader: Self.slowReader(&scene)
        case .silentPlayer:
            HostileScript(
                "answers nothing", .closes(4408), withinSeconds: 20,
                HostileScript.joining(scene) + [.answerNothing])
        case .halfCloseAnywhere: Self.endAnywhere(&scene, mode: .afterFlush)
        case .resetAnywhere: Self.endAnywhere(&scene, mode: .immediately)
        default: nil
        }
    }

    private static func deadReader(_ scene: inout HostileScene) -> HostileScript {
        // It reads again in the end, to hear what has become of it.
        HostileScript(
            "never reads", HostileEnds.closes(1013, 4408).or(.drops), withinSeconds: 40,
            HostileScript.joining(scene) + [
                .setReading(false), .wait(nanoseconds: 25_000_000_000), .setReading(true),
                .wait(nanoseconds: 1_000_000_000),
            ])
    }

    private static func slowReader(_ scene: inout HostileScene) -> HostileScript {
        let held = 200_000_000 + scene.random.nanoseconds(upToMilliseconds: 2500)
        var steps = HostileScript.joining(scene)
        for _ in 0..<4 {
            steps += [.setReading(false), .wait(nanoseconds: held), .setReading(true)]
            steps += [.wait(nanoseconds: scene.random.nanoseconds(upToMilliseconds: 800))]
        }
        return HostileScript(
            "reads now and then", HostileEnds.stays.or(.closes(1013)).or(.drops),
            withinSeconds: 40, steps + [.leave(.afterFlush)])
    }

    /// A good session that ends in the middle of anything.
    private static func endAnywhere(
        _ scene: inout HostileScene, mode: CloseMode
    ) -> HostileScript {
        let opening = scene.opening()
        let hello = HostileScene.hello(name: "gone")
        var steps: [HostileStep] = []
        let point = scene.random.below(7)
        switch point {
        case 0: break
        case 1: steps = [.send(Array(opening[..<scene.random.below(opening.count)]))]
        case 2: steps = [.send(opening)]
        case 3: steps = [.send(opening + hello)]
        case 4: steps = [.send(opening), .awaitUpgrade, .send(Array(hello.dropLast(2)))]
        case 5: steps = HostileScript.joining(scene)
        default:
            steps =
                HostileScript.joining(scene) + [
                    .flood(count: 1 + scene.random.below(60), gapNanoseconds: 16_000_000) { scene in
                        scene.input(tick: scene.tick &+ 3, acknowledged: scene.tick)
                    }, .send(Forge.frame(2, [1, 2, 3], isFinal: false)),
                ]
        }
        if scene.random.oneIn(2) {
            steps.append(.wait(nanoseconds: scene.random.nanoseconds(upToMilliseconds: 60)))
        }
        return HostileScript(
            "is gone at point \(point)", .stays, withinSeconds: 20, steps + [.leave(mode)])
    }
}
