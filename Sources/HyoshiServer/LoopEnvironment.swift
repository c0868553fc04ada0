import Hyoshi
import Logging
import NetworkTransport
import Recording
import RoomCore
import ServerCore
import Synchronization
import TransportInterface

/// The world around one loop's core: the clock, the system's randomness, and what loops share.
final class LoopEnvironment: ServerEnvironment {
    private let shared: SharedState
    private let page: WebPage
    private let seed: UInt64?
    private var random = SystemRandomNumberGenerator()
    /// The beats of the open rooms by observer key; nil where a key is free.
    private(set) var beats: [RoomBeat?] = []
    /// The sums over the rooms that have been closed.
    private(set) var pastBeat = RoomBeat()
    private(set) var pastInputs = InputCounters()
    /// What records the open rooms, by observer key.
    private var recorders: [(recorder: RoomRecorder, lane: RecordingLane)?] = []
    private let logger: Logger
    /// When a desync may be logged again: a line a second for each loop.
    private var desyncLoggableAt = MonotonicInstant(nanoseconds: 0)

    init(shared: SharedState, page: WebPage, seed: UInt64?, logger: Logger) {
        self.logger = logger
        self.shared = shared
        self.page = page
        self.seed = seed
    }

    func now() -> MonotonicInstant { MonotonicClock.now() }

    func unpredictableBits() -> UInt64 { random.next() }

    func roomSeed(name: String) -> UInt64 { seed ?? random.next() }

    func admit(_ peer: PeerAddress) -> Admission { shared.admit(peer, now: now()) }

    func release(_ peer: PeerAddress) { shared.release(peer, now: now()) }

    func mayOpenRoom(_ peer: PeerAddress) -> Bool { shared.mayOpenRoom(peer, now: now()) }

    func placeRoom(_ name: String, preferring loopIndex: Int?) -> Int? {
        shared.placeRoom(name, preferring: loopIndex)
    }

    func releaseRoom(_ name: String) { shared.releaseRoom(name) }

    func document(path: String) -> PublicDocument? {
        if path == "/beat.json" {
            shared.beatAskedAt.store(now().nanoseconds, ordering: .relaxed)
            let beat = shared.beat
            return PublicDocument(
                contentType: "application/json",
                bytes: beat.isEmpty ? Array(#"{"tickRate":60,"rooms":[]}"#.utf8) : beat,
                changes: true)
        }
        return page.document(path: path)
    }

    func roomOpened(_ room: HostedRoom) {
        let key = beats.firstIndex { $0 == nil } ?? beats.count
        if key == beats.count {
            beats.append(nil)
            recorders.append(nil)
        }
        beats[key] = RoomBeat()
        room.observerKey = key
        guard let recordings = shared.recordings else { return }
        let (recorder, lane) = recordings.open(room.room)
        room.room.observer = recorder
        recorders[key] = (recorder, lane)
    }

    func roomTicked(_ room: HostedRoom, report: TickReport) {
        beats[room.observerKey]?.record(report)
        guard let (recorder, lane) = recorders[room.observerKey] else { return }
        if !lane.handOver(recorder) {
            room.room.observer = nil
            recorders[room.observerKey] = nil
        }
    }

    func desynchronized(_ room: HostedRoom, report: DesyncReport) {
        let now = now()
        guard now >= desyncLoggableAt else { return }
        desyncLoggableAt = now.advanced(byNanoseconds: 1_000_000_000)
        logger.warning(
            "a client has decoded something else than was sent",
            metadata: [
                "room": "\(room.room.name)", "game": "\(room.room.game.name)",
                "seat": "\(report.seat.map { String($0.index) } ?? "spectator")",
                "tick": "\(report.tick.rawValue)", "kind": "\(report.kind ?? "unknown")",
                "field": "\(report.field ?? (report.kind == nil ? "unknown" : "ids"))",
            ])
    }

    func roomClosed(_ room: HostedRoom) {
        if let beat = beats[room.observerKey] { pastBeat.add(beat) }
        pastInputs.add(room.room.inputCounters)
        beats[room.observerKey] = nil
        if let (recorder, lane) = recorders[room.observerKey] { lane.close(recorder) }
        recorders[room.observerKey] = nil
        room.room.observer = nil
    }

    /// Hands over what is left of all recordings; once the loop has ended.
    func closeRecordings() {
        for case let (recorder, lane)? in recorders { lane.close(recorder) }
        recorders.removeAll()
    }
}
