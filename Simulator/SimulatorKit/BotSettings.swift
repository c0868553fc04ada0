/// What the bots of a run do, and where.
package struct BotSettings: Sendable {
    /// The server.
    package var server: ServerURL
    /// The game that rooms are opened with, or nil to leave it to the server.
    package var game: String?
    /// The number of rooms.
    package var rooms = 1
    /// The number of bots in each room.
    package var botsPerRoom = 8
    /// The room's name where there is one room, otherwise what the rooms' names begin with.
    package var roomName = "bots"
    /// Whether `roomName` is a whole name.
    package var roomNameIsWhole = false
    /// Input messages a second from each bot, 0 to 240; 0 only acknowledges.
    package var inputRate = 60
    /// Whether the bots send neutral inputs only.
    package var isIdle = false
    /// What the bots do instead of what they would like to.
    package var recordedInputs: RecordedInputs?
    /// What the bots play by, in turn.
    package var choices: [BotChoice] = [.presser]
    /// Round-trip time that is added, half on the way there and half on the way back.
    package var latencyNanoseconds: UInt64 = 0
    /// How far the added time varies around its mean, either way.
    package var jitterNanoseconds: UInt64 = 0
    /// The seed of all decisions.
    package var seed: UInt64 = 1
    /// The number of the match that is played, where it is one of a series.
    package var matchNumber: Int?
    /// New connections a second from each thread, so that a start is not a flood.
    package var connectsPerSecond: UInt64 = 500

    /// The defaults against one server.
    package init(server: ServerURL) {
        self.server = server
    }

    /// All bots.
    package var bots: Int { rooms * botsPerRoom }

    /// The room of a bot.
    package func room(ofBot index: Int) -> String {
        if roomNameIsWhole && rooms == 1 { return roomName }
        return "\(roomName)-\(index / max(botsPerRoom, 1) + 1)"
    }

    /// The path and query that opens the room of a bot.
    package func target(ofBot index: Int) -> String {
        let path = "/rooms/\(room(ofBot: index))"
        guard let game else { return path }
        return "\(path)?game=\(game)"
    }

    /// What a bot plays by.
    package func choice(ofBot index: Int) -> BotChoice {
        choices.isEmpty ? .presser : choices[index % choices.count]
    }

    /// Whether a text can be a room's name: 1 to 48 of `A-Z a-z 0-9 . _ -`.
    package static func isRoomName(_ name: String) -> Bool {
        (1...48).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default:
                    false
                }
            }
    }

    /// Whether time is added on the way.
    package var delays: Bool { latencyNanoseconds > 0 || jitterNanoseconds > 0 }
}

/// What a thread's bots have come to, for the line that is shown meanwhile.
package struct BotProgress: Sendable, Equatable {
    /// Bots with an open WebSocket.
    package var connected = 0
    /// Bots in their room.
    package var joined = 0
    /// Snapshots received since the measuring began.
    package var snapshotsMeasured = 0
    /// Bots that have tried to connect and failed at least once without ever having succeeded.
    package var neverConnected = 0
    /// Bots that have given up for good.
    package var ended = 0
    /// Why the last attempt failed or the last connection ended, for people.
    package var lastTrouble: String?
    /// Why a program no longer decides.
    package var programError: BotProgramError?
    /// Whether a server has answered, if only to refuse.
    package var hasReachedServer = false

    /// Nothing yet.
    package init() {}

    /// Adds another thread's numbers.
    package mutating func add(_ other: BotProgress) {
        connected += other.connected
        joined += other.joined
        snapshotsMeasured += other.snapshotsMeasured
        neverConnected += other.neverConnected
        ended += other.ended
        lastTrouble = lastTrouble ?? other.lastTrouble
        programError = programError ?? other.programError
        hasReachedServer = hasReachedServer || other.hasReachedServer
    }
}
