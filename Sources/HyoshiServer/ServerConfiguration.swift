public import Hyoshi
public import Logging
package import TransportInterface

/// Everything that can be set about a server; each setting has a safe default.
public struct ServerConfiguration: Sendable {
    /// The games; a room that names none gets the first.
    public var games: [Game]
    /// The numeric address of the public port.
    public var host = "0.0.0.0"
    /// The public port, for players and the page; 0 lets the system choose.
    public var port: UInt16 = 8080
    /// The numeric address of the admin port; loopback, for it has no authentication.
    public var adminHost = "127.0.0.1"
    /// The admin port, for metrics and health; 0 lets the system choose, nil opens none.
    public var adminPort: UInt16? = 9090
    /// Event loops, each on a thread of its own; a room lives on exactly one.
    public var loops = 1
    /// Seats in a room, 1 to 64; the game's own number where it is smaller.
    public var seatsMax = SeatIndex.limit
    /// Ticks a second, 1 to 240.
    public var tickRate = 60
    /// Connections in all.
    public var connectionsMax = 4096
    /// Connections from one IPv4 address or IPv6 /64; loopback is not counted.
    public var connectionsPerAddressMax = 64
    /// Rooms in all.
    public var roomsMax = 4096
    /// Rooms that are open from the start and stay.
    public var permanentRooms: [String] = []
    /// Whether a join opens a room that is not there.
    public var opensRoomsOnJoin = true
    /// How long a room without members is kept, in seconds.
    public var emptyRoomSeconds = 30
    /// How long a seat is held for a lost player, in seconds.
    public var seatHoldSeconds = 20
    /// How far back a game may look to judge by what a player saw, 0 to 500 ms; 0: not at all.
    public var rewindMilliseconds = 200
    /// Against which snapshot deltas are cut.
    public var baseline = Baseline.acknowledged
    /// Bytes of snapshots that a seat is sent a second in the long run, from 2,000; 0: no limit.
    ///
    /// nil is 32,000 for games that show a seat a part of the world, and no limit for others. With a
    /// limit every seat has snapshots of its own, which costs processor time.
    /// A seat's own things always go; where they take all of it, others have a quarter beside it.
    public var seatBytesPerSecondMax: Int?
    /// Whether snapshots are compressed for those who offer it; costs processor time.
    public var compresses = false
    /// Pages of other hosts that may connect, as `https://play.example`; `*` allows all.
    public var allowedOrigins: [String] = []
    /// Processors to which the loops are pinned, in turn; empty for none.
    public var processors: [Int] = []
    /// Priority under SCHED_FIFO, 1 to 99, which needs a privilege; nil for the usual class.
    public var realTimePriority: Int32?
    /// The seed of every room, for repeatable runs; nil draws one per room.
    public var seed: UInt64?
    /// Whether the built-in page is served at `/`.
    public var servesPage = true
    /// A directory whose `*.wasm` are served under `/modules/`; nil for none.
    ///
    /// They are read once at the start: at most 32, of at most 8 MiB each and 32 MiB in all.
    public var modulesDirectory: String?

    /// A directory in which every room is recorded, a file each; nil records nothing.
    ///
    /// It is made where it is missing. A file grows by about 2 KB for each player and minute.
    public var recordingDirectory: String?
    /// Octets of a recording at which it ends, while the room goes on: 1 GiB.
    public var recordingByteCountMax = 1 << 30
    /// Octets of all recordings in the directory together, those of former runs included: 16 GiB.
    public var recordingTotalByteCountMax = 16 << 30
    /// What becomes of recordings that would be more than ``recordingTotalByteCountMax``.
    public var whenRecordingsAreFull = RecordingsFull.stop
    /// From one check of a recording to the next, in ticks, 1 to 65,535; 1 names the exact field
    /// that a verification finds to differ, and takes more room.
    public var recordingCheckTicks = 60

    /// A recording that pages can load, at ``offeredRecordingPath``; nil for none, as ever where
    /// rooms are served: a recording may be private.
    package private(set) var offeredRecording: [UInt8]?

    /// Where pages find the one recording that is offered.
    package static let offeredRecordingPath = "/recording.hyoshi"
    /// The most octets of a recording that the page reads.
    package static let offeredRecordingByteCountMax = 64 * 1024 * 1024

    /// Offers a recording and the page that plays it, and no room.
    package mutating func offersOnly(_ recording: [UInt8]) {
        offeredRecording = recording
        opensRoomsOnJoin = false
        permanentRooms = []
        adminPort = nil
        recordingDirectory = nil
        loops = 1
    }

    /// Where the server says what an operator should know: clients that are out of step.
    public var logger = Logger(label: "hyoshi") { StreamLogHandler.standardError(label: $0) }

    /// Where things go wrong on purpose.
    package var faults = FaultSites.none

    /// What becomes of recordings that would be too many.
    public enum RecordingsFull: String, CaseIterable, Sendable {
        /// Those that are being written end, and none begin; rooms play on, and no file is deleted.
        case stop
        /// The oldest that have ended are deleted; where none is left, as with ``stop``.
        case deleteOldest = "delete-oldest"
    }

    /// Against which snapshot a delta is cut.
    public enum Baseline: String, CaseIterable, Sendable {
        /// The newest that the client has acknowledged.
        case acknowledged
        /// The last one that was written to the client, once it has acknowledged any: smaller deltas.
        case lastWritten = "last-written"
    }

    /// Configures a server for these games; there must be one.
    public init(games: [Game]) {
        self.games = games
    }
}

/// Why a server could not be started: which setting is at fault, and what would be right.
public struct ServerError: Error, CustomStringConvertible, Sendable {
    /// What kind of mistake it is; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Kind: Hashable, Sendable {
            case setting, transport
        }
        private let kind: Kind
        /// A setting has a value that it cannot have.
        public static let setting = Code(kind: .setting)
        /// A port could not be opened, or a thread not be started.
        public static let transport = Code(kind: .transport)
    }

    /// What kind of mistake it is.
    public let code: Code
    /// The setting at fault, as a flag of the command would be called.
    public let setting: String
    /// What is wrong and what would be right.
    public let message: String

    package init(code: Code, setting: String, message: String) {
        self.code = code
        self.setting = setting
        self.message = message
    }

    /// One line for people.
    public var description: String { "\(setting): \(message)" }
}

extension ServerConfiguration {
    /// Checks every setting.
    func validate() throws(ServerError) {
        try require(!games.isEmpty, "game", "there must be at least one game")
        try require((1...240).contains(tickRate), "tick-rate", "must be 1 to 240, is \(tickRate)")
        try require(
            (1...SeatIndex.limit).contains(seatsMax), "seats",
            "must be 1 to \(SeatIndex.limit), is \(seatsMax)")
        try require((1...64).contains(loops), "loops", "must be 1 to 64, is \(loops)")
        try require(
            (1...1_000_000).contains(connectionsMax), "max-connections",
            "must be 1 to 1000000, is \(connectionsMax)")
        try require(
            (1...1_000_000).contains(connectionsPerAddressMax), "max-connections-per-address",
            "must be 1 to 1000000, is \(connectionsPerAddressMax)")
        try require(
            (1...65_536).contains(roomsMax), "max-rooms", "must be 1 to 65536, is \(roomsMax)")
        try require(
            (0...86_400).contains(emptyRoomSeconds), "empty-room-seconds", "must be 0 to 86400")
        try require(
            (0...3600).contains(seatHoldSeconds), "seat-hold-seconds", "must be 0 to 3600")
        try require(
            (0...500).contains(rewindMilliseconds), "rewind-milliseconds",
            "must be 0 to 500, is \(rewindMilliseconds)")
        if let bytes = seatBytesPerSecondMax {
            try require(
                bytes == 0 || (2_000...10_000_000).contains(bytes), "seat-bytes-per-second",
                "must be 0 or 2000 to 10000000, is \(bytes)")
        }
        if let priority = realTimePriority {
            try require((1...99).contains(priority), "fifo", "must be 1 to 99, is \(priority)")
        }
        for processor in processors {
            try require((0...1023).contains(processor), "pin", "no processor \(processor)")
        }
        for origin in allowedOrigins where origin != "*" {
            try require(
                origin.hasPrefix("http://") || origin.hasPrefix("https://"), "allow-origin",
                "\"\(origin)\" is no origin; write it like https://play.example, or *")
        }
        try require(
            (1...65_535).contains(recordingCheckTicks), "record-check-ticks", "must be 1 to 65535")
        try require(
            (4096...(1 << 40)).contains(recordingByteCountMax), "record-bytes-max",
            "must be 4096 to 1099511627776, is \(recordingByteCountMax)")
        try require(
            (65_536...(1 << 50)).contains(recordingTotalByteCountMax), "record-total-bytes-max",
            "must be 65536 to 1125899906842624, is \(recordingTotalByteCountMax)")
        let names = Set(games.map(\.name))
        try require(names.count == games.count, "game", "two games have the same name")
    }

    private func require(
        _ condition: Bool, _ setting: String, _ message: String
    ) throws(ServerError) {
        guard condition else {
            throw ServerError(code: .setting, setting: setting, message: message)
        }
    }
}
