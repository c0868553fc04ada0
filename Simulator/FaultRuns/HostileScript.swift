import GameProtocol
import Hyoshi
import Replication
import TransportInterface
import WebSocketProtocol

/// One thing that a hostile connection does.
enum HostileStep {
    /// Writes bytes at once.
    case send([UInt8])
    /// Writes what is made of what has been learned.
    case compose((inout HostileScene) -> [UInt8])
    /// Writes bytes one by one.
    case dribble([UInt8], gapNanoseconds: UInt64)
    /// Writes something so many times.
    case flood(count: Int, gapNanoseconds: UInt64, (inout HostileScene) -> [UInt8])
    /// Does nothing for a while.
    case wait(nanoseconds: UInt64)
    /// Waits for the answer to the opening.
    case awaitUpgrade
    /// Waits for the welcome.
    case awaitWelcome
    /// Waits until so many snapshots have come.
    case awaitSnapshots(Int)
    /// Reads nothing any more, or again.
    case setReading(Bool)
    /// Answers pings and Closes no more.
    case answerNothing
    /// Ends the connection by itself.
    case leave(CloseMode)
}

/// What one connection does, and what has to become of it.
struct HostileScript {
    /// What it does, for people.
    var deed: String
    /// The steps; after the last one it waits for the server to end the connection.
    var steps: [HostileStep]
    /// How the server may end it.
    var ends: HostileEnds
    /// How long the connection may last; the server has to end it by then.
    var withinSeconds = 30
    /// Whether permessage-deflate was offered, and is read.
    var offersDeflate = false

    init(_ deed: String, _ ends: HostileEnds, withinSeconds: Int = 30, _ steps: [HostileStep]) {
        self.deed = deed
        self.ends = ends
        self.steps = steps
        self.withinSeconds = withinSeconds
    }
}

/// What a hostile connection knows.
struct HostileScene {
    /// The seed's part for this connection.
    var random: DeterministicRandom
    /// The number of the connection, from 0.
    let number: Int
    /// The room that it is after.
    let room: String
    /// Where it leads.
    let target: HostileTarget
    /// What connections of one peer tell each other.
    let gang: HostileGang
    /// The status of the answer to the opening.
    var status: Int?
    /// Whether the server has agreed to permessage-deflate.
    var hasDeflate = false
    /// The welcome.
    var welcome: Welcome?
    /// The newest snapshot's tick; 0 for none.
    var tick: UInt32 = 0
    /// Snapshots that have come.
    var snapshots = 0
    /// The input sequence.
    var sequence: UInt16 = 0
    /// How often the present step has been done.
    var round = 0
    /// The last event that was sent.
    var eventID: UInt32 = 0

    /// The opening of a WebSocket in the room.
    func opening(offersDeflate: Bool = false) -> [UInt8] {
        Array(
            Forge.opening(target.path(room), host: target.host, offersDeflate: offersDeflate).utf8)
    }

    /// An input of the game's width; the least that each field may be where nothing is known.
    mutating func input(tick: UInt32, acknowledged: UInt32, commands: Int = 1) -> [UInt8] {
        sequence &+= 1
        var values: [Int32] = []
        for _ in 0..<commands {
            for field in welcome?.schema.inputFields ?? [] {
                values.append(random.number(in: field.minimum...field.maximum))
            }
        }
        var payload: [UInt8] = []
        ClientMessageWriter.input(
            sequence: sequence, tick: Tick(tick), acknowledged: Tick(acknowledged),
            values: values.span, into: &payload)
        return Forge.message(payload)
    }

    /// Messages of the protocol, as frames.
    static func hello(
        name: String = "", role: ClientRole = .play, token: ResumptionToken? = nil
    ) -> [UInt8] {
        var payload: [UInt8] = []
        ClientMessageWriter.hello(name: name, role: role, token: token, into: &payload)
        return Forge.message(payload)
    }

    static func acknowledge(_ snapshot: UInt32, event: UInt32 = 0) -> [UInt8] {
        var payload: [UInt8] = []
        ClientMessageWriter.acknowledge(
            ClientAcknowledgement(snapshot: Tick(snapshot), eventID: event), into: &payload)
        return Forge.message(payload)
    }

    static func event(_ id: UInt32, to seat: SeatIndex? = nil, payload: [UInt8]) -> [UInt8] {
        var message: [UInt8] = []
        ClientMessageWriter.event(
            id: id, target: seat, payload: payload.span, isText: false, into: &message)
        return Forge.message(message)
    }

    static func ping(_ stamp: UInt64 = 1) -> [UInt8] {
        var payload: [UInt8] = []
        ClientMessageWriter.ping(stamp: stamp, into: &payload)
        return Forge.message(payload)
    }

    static var leave: [UInt8] {
        var payload: [UInt8] = []
        ClientMessageWriter.leave(into: &payload)
        return Forge.message(payload)
    }
}

/// What the connections of one hostile peer share.
final class HostileGang {
    /// The tokens of their seats, the newest last.
    var tokens: [ResumptionToken] = []
}

extension HostileScript {
    /// The steps to a seat, or to a place among the spectators.
    static func joining(
        _ scene: HostileScene, role: ClientRole = .play, offersDeflate: Bool = false
    ) -> [HostileStep] {
        [
            .send(scene.opening(offersDeflate: offersDeflate)), .awaitUpgrade,
            .send(HostileScene.hello(name: "mallory", role: role)), .awaitWelcome,
        ]
    }

    /// The steps to an open WebSocket, in a room or not yet, as the seed has it.
    static func upgrading(
        _ scene: inout HostileScene, offersDeflate: Bool = false
    ) -> [HostileStep] {
        if scene.random.oneIn(2) { return joining(scene, offersDeflate: offersDeflate) }
        return [.send(scene.opening(offersDeflate: offersDeflate)), .awaitUpgrade]
    }
}
