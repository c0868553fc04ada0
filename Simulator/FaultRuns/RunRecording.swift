import GameProtocol
import Hyoshi
import Recording
import RoomCore
import ServerCore

/// The recording of one room of a run, in blocks as long as a server's.
final class RunRecording {
    /// The room's number in the run.
    let key: Int
    private let game: Game
    private let recorder: RoomRecorder
    /// What the ticks were made of.
    let witness: RoomWitness
    private var writer: RecordingWriter
    private var bytes: [UInt8] = []
    private var chunk = RecordedChunk()
    private var ticksWaiting = 0
    private var hasEnded = false
    private let room: Room
    private let newestTick: () -> Tick

    /// A server writes each 80 ms.
    private static let blockTicks = 5

    init(_ hosted: HostedRoom) {
        key = hosted.observerKey
        let room = hosted.room
        self.room = room
        game = room.game
        newestTick = { room.tick }
        var header = RecordingHeader(
            game: room.game, protocolVersion: ProtocolVersion.subprotocol)
        header.room = room.name
        header.build = "virtual"
        header.seed = room.seed
        header.tickRate = room.scheduler.tickRate
        header.seatsMax = room.seatsMax
        header.rewindTicksMax = room.rewindTicksMax
        header.seatHoldSeconds = room.settings.seatHoldSeconds
        header.checkIntervalTicks = 60
        header.stateIntervalTicks = 10 * room.scheduler.tickRate
        recorder = RoomRecorder(header: header, game: room.game)
        writer = RecordingWriter(header: header, game: room.game, into: &bytes)
        witness = RoomWitness(recorder)
        room.observer = witness
    }

    func ticked() {
        ticksWaiting += 1
        if ticksWaiting >= Self.blockTicks { write() }
    }

    func end() {
        write()
        hasEnded = true
        writer.finish(.closed, into: &bytes)
    }

    private func write() {
        ticksWaiting = 0
        guard !hasEnded, var deflater = BlockDeflater() else { return }
        recorder.exchange(&chunk)
        writer.append(chunk, deflater: &deflater, into: &bytes)
    }

    /// A planted bug: one octet is another.
    func damage() { bytes[bytes.count / 2] ^= 0x10 }

    /// What is wrong with it; nil where it is made again exactly, and a torn one up to the tear.
    func fault(_ draw: inout Draw) -> String? {
        if let fault = fault(of: bytes, isWhole: hasEnded) { return fault }
        guard bytes.count > 200 else { return nil }
        return fault(of: Array(bytes.prefix(draw.number(200...bytes.count))), isWhole: false)
    }

    private func fault(of bytes: [UInt8], isWhole: Bool) -> String? {
        do {
            let recorded = try RecordedRoom(bytes)
            if isWhole {
                guard recorded.ending == .complete(.closed) else {
                    return "room \(room.name): the recording ends as \(recorded.ending)"
                }
                guard recorded.lastTick == room.tick else {
                    return "room \(room.name): the recording ends at tick "
                        + "\(recorded.lastTick.rawValue), the room at \(room.tick.rawValue)"
                }
            } else if case .damaged(let offset) = recorded.ending {
                return "room \(room.name): a tear counts as damage at \(offset)"
            }
            let verifier = ReplayVerifier(
                try ReplayPlayer(
                    room: recorded, game: game, protocolVersion: ProtocolVersion.subprotocol))
            while verifier.run(ticksMax: 1_000) {}
            return verifier.difference.map { "room \(room.name): the replay differs: \($0)" }
        } catch {
            return "room \(room.name): the recording cannot be read: \(error)"
        }
    }
}

extension FaultRun {
    /// Every recording is made again, whole and torn.
    func checkRecordings() {
        var draw = Draw(seed: plan.seed, name: "tears")
        for recording in recordings {
            if plant == .damagedRecording { recording.damage() }
            if let fault = recording.fault(&draw) { watch.report(.recording, fault) }
            watch.sites.add(Site.server("recording verified"))
        }
    }
}
