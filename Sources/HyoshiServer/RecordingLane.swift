import Recording
import Synchronization

/// The way of what one room applies from its loop to the thread that writes it down.
///
/// The loop never waits: where the thread is just taking what is there, it comes again at the next
/// tick. What waits is bounded by ``RecorderLimits``; beyond it the recording ends, not the beat.
final class RecordingLane: Sendable {
    /// How the two sides see the recording.
    enum Phase: Int, AtomicRepresentable, Sendable {
        /// The room is recorded.
        case open
        /// The room is closed: what is there is the last.
        case closed
        /// More was noted than may wait.
        case overflowed
        /// It cannot be written; nobody looks at it any more.
        case failed
    }

    private let waiting = Mutex(RecordedChunk())
    private let phaseStore = Atomic(Phase.open)

    /// Where it stands.
    var phase: Phase { phaseStore.load(ordering: .acquiring) }

    /// Hands over what a tick has brought, at the end of the tick.
    ///
    /// - Returns: False where there is no use in recording any more.
    func handOver(_ recorder: RoomRecorder) -> Bool {
        guard phase == .open else { return false }
        // nil: the thread has the lock, for as long as it takes to exchange two arrays.
        let taken = waiting.withLockIfAvailable { recorder.move(to: &$0) }
        guard taken == false || recorder.hasOverflowed else { return true }
        phaseStore.store(.overflowed, ordering: .releasing)
        return false
    }

    /// Hands over what is left of a room that is closed.
    func close(_ recorder: RoomRecorder) {
        guard phase == .open else { return }
        let isTaken = waiting.withLock { recorder.move(to: &$0) }
        phaseStore.store(isTaken ? .closed : .overflowed, ordering: .releasing)
    }

    /// Gives up writing.
    func fail() {
        phaseStore.store(.failed, ordering: .releasing)
    }

    /// Takes what waits in exchange for an empty chunk.
    func take(into chunk: inout RecordedChunk) {
        waiting.withLock { swap(&$0, &chunk) }
    }
}
