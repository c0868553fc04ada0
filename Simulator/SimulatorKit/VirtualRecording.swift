import GameProtocol
import Hyoshi
import Recording
import RoomCore
import ServerCore
import TransportInterface

/// A recording of the first room that a virtual server opens, in blocks as long as a server's.
package final class VirtualRecording {
    /// The octets so far.
    package private(set) var bytes: [UInt8] = []
    private var recorder: RoomRecorder?
    private var writer: RecordingWriter?
    private var chunk = RecordedChunk()
    private var ticksWaiting = 0
    /// How often a block could not be written: then the recording ends, and the room goes on.
    package private(set) var failures = 0
    private let faults: FaultSites
    private let checkIntervalTicks: Int

    /// A server writes each 80 ms.
    private static let blockTicks = 5

    /// Begins with the next room; to be made before there is any.
    package init(of match: VirtualMatch, checkIntervalTicks: Int = 60) {
        self.checkIntervalTicks = checkIntervalTicks
        faults = match.server.settings.faults
        let former = match.environment.onTick
        match.environment.onRoomOpened = { [weak self] in self?.begin($0.room) }
        match.environment.onTick = { [weak self] hosted in
            former?(hosted)
            self?.ticked()
        }
    }

    /// Ends it: the room may go on.
    package func end() {
        write()
        writer?.finish(.closed, into: &bytes)
        writer = nil
    }

    private func begin(_ room: Room) {
        guard recorder == nil else { return }
        var header = RecordingHeader(
            game: room.game, protocolVersion: ProtocolVersion.subprotocol)
        header.room = room.name
        header.build = "virtual"
        header.seed = room.seed
        header.tickRate = room.scheduler.tickRate
        header.seatsMax = room.seatsMax
        header.rewindTicksMax = room.rewindTicksMax
        header.seatHoldSeconds = room.settings.seatHoldSeconds
        header.checkIntervalTicks = checkIntervalTicks
        header.stateIntervalTicks = 30 * room.scheduler.tickRate
        let recorder = RoomRecorder(header: header, game: room.game)
        room.observer = recorder
        self.recorder = recorder
        writer = RecordingWriter(header: header, game: room.game, into: &bytes)
    }

    private func ticked() {
        ticksWaiting += 1
        if ticksWaiting >= VirtualRecording.blockTicks { write() }
    }

    private func write() {
        ticksWaiting = 0
        guard writer != nil, var deflater = BlockDeflater() else { return }
        recorder?.exchange(&chunk)
        guard !faults.strikes(.recordingFull) else {
            // What stands there is whole up to the block before.
            failures += 1
            writer = nil
            return
        }
        writer?.append(chunk, deflater: &deflater, into: &bytes)
    }
}
