public import Hyoshi
import Recording

/// What a recording is: its room, its length, its size, and how it ends.
public struct ReplayInfo: Sendable {
    /// How a recording ends; more ways may come.
    public struct Ending: Hashable, Sendable {
        private enum Kind: Hashable, Sendable {
            case complete, atLimit, fellBehind, torn, damaged
        }
        private let kind: Kind
        /// With the room, or with the server.
        public static let complete = Ending(kind: .complete)
        /// While the room went on: it had grown to a limit.
        public static let atLimit = Ending(kind: .atLimit)
        /// While the room went on: more was to be written than may wait, as on a disk that hangs.
        public static let fellBehind = Ending(kind: .fellBehind)
        /// In the middle, as after a crash; everything before that is whole.
        public static let torn = Ending(kind: .torn)
        /// With octets that nobody wrote so; everything before them is whole.
        public static let damaged = Ending(kind: .damaged)
    }

    /// The room's name.
    public let room: String
    /// The game's name.
    public let game: String
    /// The protocol's version.
    public let protocolVersion: String
    /// What program wrote it, for people.
    public let build: String
    /// Milliseconds from 1970-01-01 UTC to the room's opening.
    public let startedAtMilliseconds: UInt64
    /// The seed of the world.
    public let seed: UInt64
    /// Ticks a second.
    public let tickRate: Int
    /// The last tick.
    public let lastTick: Tick
    /// Seats of the room.
    public let seats: Int
    /// The most seats that were taken at a tick.
    public let seatsMost: Int
    /// How often a seat was taken.
    public let joins: Int
    /// How often a seat was freed.
    public let leaves: Int
    /// How often an input became another.
    public let inputChanges: Int
    /// The time that each player was there, in minutes, added up.
    public let playerMinutes: Double
    /// Octets of the file up to its end or its tear.
    public let byteCount: Int
    /// How it ends.
    public let ending: Ending

    init(_ recorded: RecordedRoom) {
        let header = recorded.header
        room = header.room
        game = header.game
        protocolVersion = header.protocolVersion
        build = header.build
        startedAtMilliseconds = header.startedAtMilliseconds
        seed = header.seed
        tickRate = header.tickRate
        lastTick = recorded.lastTick
        seats = header.seatsMax
        seatsMost = recorded.summary.seatsMost
        joins = recorded.summary.joins
        leaves = recorded.summary.leaves
        inputChanges = recorded.summary.inputChanges
        playerMinutes = Double(recorded.summary.seatTicks) / Double(header.tickRate) / 60
        byteCount = recorded.byteCount
        ending =
            switch recorded.ending {
            case .complete(.closed): .complete
            case .complete(.sizeLimit): .atLimit
            case .complete(.fellBehind): .fellBehind
            case .torn: .torn
            case .damaged: .damaged
            }
    }
}

extension Replay: CustomStringConvertible {
    /// A table of what it is, as `hyoshi replay FILE` prints it.
    public var description: String { RecordingReport(room).text }

    /// The same as one JSON object and a line feed, as `hyoshi replay FILE --json` prints it.
    package var json: String { RecordingReport(room).json }
}
