import GameProtocol
import Glibc
import Hyoshi
import Logging
import NetworkTransport
import Recording
import RoomCore
import ServerCore
import Synchronization
import TransportInterface

/// All recordings of a server: a directory, and a thread that writes what the rooms' loops note.
///
/// Each 80 ms what has been noted becomes a block of its file and is handed to the kernel, so that
/// the end of the process, however sudden, loses less than 100 ms. Compression and the disk are this
/// thread's concern only. What cannot be written is logged and counted, and its room plays on.
final class Recordings: Sendable {
    /// What has become of recordings so far.
    struct Counts: Equatable, Sendable {
        var open = 0
        var started: UInt64 = 0
        /// Ended before their rooms.
        var failed: UInt64 = 0
        /// Not begun, for want of room.
        var refused: UInt64 = 0
        /// Deleted for want of room.
        var deleted: UInt64 = 0
        var bytes: UInt64 = 0
        /// Octets of all recordings in the directory.
        var storedByteCount = 0
    }

    private struct Entry: Sendable {
        var lane: RecordingLane
        var header: RecordingHeader
        var game: Game
    }

    private struct State: Sendable {
        var arriving: [Entry] = []
        var counts = Counts()
    }

    private let state = Mutex(State())
    private let isStopping = Atomic(false)
    private let directory: String
    private let byteCountMax: Int
    private let totalByteCountMax: Int
    private let policy: ServerConfiguration.RecordingsFull
    private let checkIntervalTicks: Int
    private let build: String
    private let faults: FaultSites
    private let logger: Logger
    private let thread = Mutex<WorkerThread?>(nil)

    private static let intervalNanoseconds: UInt64 = 80_000_000
    /// How long the blocks of a room without players may be, in intervals: about a second.
    private static let quietIntervals = 12

    /// Checks the directory, making it where it is missing, and starts the thread.
    init(_ configuration: ServerConfiguration, directory: String) throws(ServerError) {
        self.directory = directory
        byteCountMax = configuration.recordingByteCountMax
        totalByteCountMax = configuration.recordingTotalByteCountMax
        policy = configuration.whenRecordingsAreFull
        checkIntervalTicks = configuration.recordingCheckTicks
        build = Recordings.buildIdentity()
        faults = configuration.faults
        logger = configuration.logger
        if mkdir(directory, 0o750) != 0, errno != EEXIST {
            throw Recordings.failure("cannot make the directory \"\(directory)\"")
        }
        guard access(directory, W_OK | X_OK) == 0 else {
            throw Recordings.failure("cannot write to the directory \"\(directory)\"")
        }
        do {
            let worker = try WorkerThread(named: "hyoshi-record") { [self] in run() }
            thread.withLock { $0 = worker }
        } catch {
            throw ServerError(
                code: .transport, setting: "record", message: "cannot start a thread: \(error)")
        }
    }

    private static func failure(_ message: String) -> ServerError {
        let reason = String(cString: strerror(errno))
        return ServerError(code: .setting, setting: "record", message: "\(message): \(reason)")
    }

    /// What has become of recordings so far.
    var counts: Counts { state.withLock { $0.counts } }

    /// Starts to record a room that has not ticked yet; on its loop.
    func open(_ room: Room) -> (RoomRecorder, RecordingLane) {
        var header = RecordingHeader(
            game: room.game, protocolVersion: ProtocolVersion.subprotocol)
        header.build = build
        header.room = room.name
        header.seed = room.seed
        header.startedAtMilliseconds = Recordings.wallClockMilliseconds()
        header.tickRate = room.scheduler.tickRate
        header.seatsMax = room.seatsMax
        header.rewindTicksMax = room.rewindTicksMax
        header.seatHoldSeconds = room.settings.seatHoldSeconds
        header.checkIntervalTicks = checkIntervalTicks
        // Half a minute, whatever the rate.
        header.stateIntervalTicks = 30 * room.scheduler.tickRate
        let entry = Entry(lane: RecordingLane(), header: header, game: room.game)
        state.withLock { $0.arriving.append(entry) }
        return (RoomRecorder(header: header, game: room.game), entry.lane)
    }

    /// Writes what is left and ends the thread; no room may be recorded any more.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        let worker = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        worker?.waitUntilEnded()
    }

    // MARK: The thread

    private func run() {
        guard var deflater = BlockDeflater(), let sleeper = try? Sleeper(.sleep) else {
            logger.error("nothing is recorded: no memory")
            return
        }
        var directory = RecordingDirectory(
            path: directory, byteCountMax: totalByteCountMax, policy: policy)
        var recordings: [OpenRecording] = []
        var next = MonotonicClock.now()
        while true {
            // Read first: what was handed over before the stop is written after it.
            let isLast = isStopping.load(ordering: .acquiring)
            for entry in takeArriving() { start(entry, in: &recordings, &directory) }
            for position in recordings.indices {
                advance(&recordings[position], &directory, isLast: isLast, deflater: &deflater)
            }
            recordings.removeAll { $0.isEnded }
            let (openCount, isQuiet) = (recordings.count, recordings.isEmpty)
            let byteCount = directory.byteCount
            state.withLock { state in
                state.counts.open = openCount
                state.counts.storedByteCount = byteCount
            }
            if isLast, isQuiet { return }
            guard !isLast else { continue }
            next = max(next, MonotonicClock.now())
                .advanced(byNanoseconds: Recordings.intervalNanoseconds)
            while MonotonicClock.now() < next { sleeper.sleep(until: next) }
        }
    }

    private func takeArriving() -> [Entry] {
        state.withLock { state in
            defer { state.arriving = [] }
            return state.arriving
        }
    }

    private func start(
        _ entry: Entry, in recordings: inout [OpenRecording], _ directory: inout RecordingDirectory
    ) {
        var first: [UInt8] = []
        let writer = RecordingWriter(header: entry.header, game: entry.game, into: &first)
        guard makeRoom(for: first.count, in: &directory) else {
            entry.lane.fail()
            state.withLock { $0.counts.refused += 1 }
            logger.warning(
                "a room is not recorded: the recordings are as many bytes as they may be",
                metadata: [
                    "room": "\(entry.header.room)", "path": "\(directory.path)",
                    "bytes": "\(directory.byteCount)", "most": "\(totalByteCountMax)",
                ])
            return
        }
        do throws(RecordingFile.Failure) {
            let file = try RecordingFile(
                directory: directory.path, header: entry.header, faults: faults)
            directory.grew(file.path, to: 0)
            recordings.append(
                OpenRecording(
                    room: entry.header.room, lane: entry.lane, file: file, writer: writer,
                    output: first))
            state.withLock { $0.counts.started += 1 }
        } catch {
            entry.lane.fail()
            report(error.description, room: entry.header.room, path: directory.path)
        }
    }

    /// Writes what has come; ends the recording where that was the last.
    private func advance(
        _ recording: inout OpenRecording, _ directory: inout RecordingDirectory, isLast: Bool,
        deflater: inout BlockDeflater
    ) {
        // The phase first: what came before it was set is then there to be taken.
        let phase = recording.lane.phase
        recording.take()
        let ends = phase != .open || isLast
        recording.intervals += 1
        guard
            recording.chunk.hasPlayers || recording.intervals >= Recordings.quietIntervals || ends
                || recording.file.byteCount == 0
        else { return }
        recording.intervals = 0
        let before = recording.writer
        recording.encode(deflater: &deflater)
        let isFull =
            recording.file.byteCount + recording.output.count > byteCountMax
            || recording.writer.isFull
        switch phase {
        case .open where isFull, .closed where recording.writer.isFull:
            recording.writer.finish(.sizeLimit, into: &recording.output)
        case .open where isLast, .closed:
            recording.writer.finish(.closed, into: &recording.output)
        case .overflowed:
            // What was handed over before is whole; the ticks after it are nowhere.
            recording.writer.finish(
                recording.writer.isFull ? .sizeLimit : .fellBehind, into: &recording.output)
        case .open, .failed:
            break
        }
        let path = recording.file.path
        do throws(RecordingFile.Failure) {
            guard try append(&recording, &directory) else {
                endEarly(&recording, before, &directory)
                report("all recordings have grown to their limit", room: recording.room, path: path)
                return
            }
            if phase == .overflowed {
                report("more was to be written than may wait", room: recording.room, path: path)
            } else if phase == .open, isFull {
                report("it has grown to its limit", room: recording.room, path: path)
            }
            guard ends || isFull else { return }
            end(&recording, &directory)
        } catch {
            endEarly(&recording, before, &directory)
            report(error.description, room: recording.room, path: path)
        }
    }

    /// Appends what is to be written; false, and nothing done, where it would be more than all
    /// recordings may be.
    private func append(
        _ recording: inout OpenRecording, _ directory: inout RecordingDirectory
    ) throws(RecordingFile.Failure) -> Bool {
        let count = recording.output.count
        guard makeRoom(for: count + Recordings.endByteCountMax, in: &directory) else {
            return false
        }
        while true {
            do throws(RecordingFile.Failure) {
                try recording.file.append(recording.output)
                break
            } catch {
                guard error.isOfSpace, let name = directory.deleteOldest() else { throw error }
                report(deleted: [name], in: directory)
            }
        }
        recording.output.removeAll(keepingCapacity: true)
        directory.grew(recording.file.path, to: recording.file.byteCount)
        state.withLock { $0.counts.bytes += UInt64(count) }
        return true
    }

    /// The most octets of an end's block.
    private static let endByteCountMax = 32

    /// Ends a recording whose last block could not be written: with an end behind the one before it,
    /// if so many octets can still be written; then it is no torn one.
    private func endEarly(
        _ recording: inout OpenRecording, _ writer: RecordingWriter,
        _ directory: inout RecordingDirectory
    ) {
        guard recording.file.byteCount > 0 else {
            recording.file.discard()
            directory.ended(recording.file.path)
            recording.isEnded = true
            recording.lane.fail()
            return
        }
        recording.writer = writer
        recording.output.removeAll()
        recording.writer.finish(.sizeLimit, into: &recording.output)
        try? recording.file.append(recording.output)
        directory.grew(recording.file.path, to: recording.file.byteCount)
        end(&recording, &directory)
    }

    private func end(_ recording: inout OpenRecording, _ directory: inout RecordingDirectory) {
        recording.isEnded = true
        recording.lane.fail()
        do throws(RecordingFile.Failure) {
            try recording.file.close()
        } catch {
            report(error.description, room: recording.room, path: recording.file.path)
        }
        directory.ended(recording.file.path)
    }

    private func makeRoom(for count: Int, in directory: inout RecordingDirectory) -> Bool {
        let room = directory.makeRoom(for: count, nowNanoseconds: MonotonicClock.now().nanoseconds)
        report(deleted: room.deleted, in: directory)
        return room.isThere
    }

    private func report(deleted names: [String], in directory: RecordingDirectory) {
        guard !names.isEmpty else { return }
        state.withLock { $0.counts.deleted += UInt64(names.count) }
        for name in names {
            logger.info(
                "the oldest recording is deleted, for want of room",
                metadata: ["path": "\(directory.path)/\(name)"])
        }
    }

    private func report(_ reason: String, room: String, path: String) {
        state.withLock { $0.counts.failed += 1 }
        logger.error(
            "a recording has ended before its room",
            metadata: ["room": "\(room)", "path": "\(path)", "reason": "\(reason)"])
    }

    // MARK: Of the system

    private static func wallClockMilliseconds() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(clamping: now.tv_sec) * 1000 + UInt64(clamping: now.tv_nsec) / 1_000_000
    }

    /// The program by its size and age: enough to tell whether two recordings are of one build.
    private static func buildIdentity() -> String {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return "unknown" }
        let age = UInt64(clamping: status.st_mtim.tv_sec) * 1000
        #if DEBUG
            let kind = "debug"
        #else
            let kind = "release"
        #endif
        return "\(kind), \(status.st_size) bytes, \(RecordingFile.stamp(age))"
    }
}

/// One recording as the thread has it.
private struct OpenRecording {
    let room: String
    let lane: RecordingLane
    var file: RecordingFile
    var writer: RecordingWriter
    /// What is to be written next.
    var output: [UInt8]
    var chunk = RecordedChunk()
    private var spare = RecordedChunk()
    /// Intervals since something was written.
    var intervals = 0
    var isEnded = false

    init(
        room: String, lane: RecordingLane, file: RecordingFile, writer: RecordingWriter,
        output: [UInt8]
    ) {
        self.room = room
        self.lane = lane
        self.file = file
        self.writer = writer
        self.output = output
    }

    /// Takes what waits to what has been taken.
    mutating func take() {
        spare.removeAll()
        lane.take(into: &spare)
        if chunk.isEmpty { swap(&chunk, &spare) } else { chunk.append(spare) }
    }

    /// Makes blocks of what has been taken.
    mutating func encode(deflater: inout BlockDeflater) {
        writer.append(chunk, deflater: &deflater, into: &output)
        chunk.removeAll()
    }
}
