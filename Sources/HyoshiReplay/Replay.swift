import Foundation
import GameProtocol
public import Hyoshi
import Recording

/// A recording of a room, read and checked as a whole: what it says, and its ticks made again.
///
/// A recording holds the seed, who came and went, and each tick's inputs; so the same rules make the
/// same ticks, bit for bit. In a test: `#expect(try Replay(contentsOf: file).verify(game).isSame)`.
/// Memory: its events and full states without compression, 512 MiB at most: a few bytes for each
/// change of an input, and some kilobytes for each full state. While it is read, the file as well,
/// and for moments, as the events grow, up to three times their size.
public struct Replay: Sendable {
    let room: RecordedRoom

    /// The most octets of a file that is read.
    private static let fileByteCountMax: UInt64 = 1 << 31

    /// Octets that are read at once.
    private static let pieceByteCount = 1 << 20

    /// Reads a file, of 2 GiB at most, which is in memory once meanwhile.
    ///
    /// - Throws: ``ReplayError`` where it cannot be read or is no recording of this format. One that
    ///   is cut off or damaged further on is read up to there, see ``info``.
    public init(contentsOf path: String) throws(ReplayError) {
        let unreadable = ReplayError(code: .unreadable, message: "cannot read \"\(path)\"")
        guard let file = FileHandle(forReadingAtPath: path) else { throw unreadable }
        defer { try? file.close() }
        guard let size = try? file.seekToEnd(), (try? file.seek(toOffset: 0)) != nil else {
            throw unreadable
        }
        guard size <= Replay.fileByteCountMax else {
            throw ReplayError(code: .refused, message: "\"\(path)\" has more than 2 GiB")
        }
        // Piece by piece: the whole as `Data` would be in memory beside its octets.
        var content: [UInt8] = []
        content.reserveCapacity(Int(size))
        while content.count < Int(size) {
            let wanted = min(Replay.pieceByteCount, Int(size) - content.count)
            guard let piece = try? file.read(upToCount: wanted) ?? Data() else {
                throw unreadable
            }
            // Shorter than it was: what is left is read as a recording that is cut off.
            guard !piece.isEmpty else { break }
            content.append(contentsOf: piece)
        }
        do {
            try self.init(content)
        } catch {
            throw ReplayError(code: error.code, message: "\(path): \(error.message)")
        }
    }

    /// Reads the octets of a file.
    public init(_ bytes: [UInt8]) throws(ReplayError) {
        do {
            room = try RecordedRoom(bytes)
        } catch {
            throw ReplayError(error)
        }
    }

    /// What it is, without playing it.
    public var info: ReplayInfo { ReplayInfo(room) }

    /// The header and every event and input, a JSON object a line (docs/testing.md).
    ///
    /// `sink` is called with whole lines, some 64 KiB at a time.
    public func writeJSON(from first: Tick = .zero, to sink: (String) -> Void) {
        RecordingLines(room).write(from: first, to: sink)
    }

    /// Makes every tick again with today's rules and compares each with what was recorded.
    ///
    /// - Parameters:
    ///   - first: The ticks after this one are compared. The world comes there from the full state
    ///     before it, by today's rules.
    ///   - progress: Called now and then with the ticks that have been compared.
    /// - Throws: ``ReplayError`` where the recording is of another game, another version of its
    ///   declarations, or another protocol.
    public func verify(
        _ game: Game, from first: Tick = .zero, progress: (Int) -> Void = { _ in }
    ) throws(ReplayError) -> ReplayVerdict {
        let player = try player(game)
        player.seek(to: first)
        let start = player.tick
        let verifier = ReplayVerifier(player)
        while verifier.run(ticksMax: 4_096) { progress(verifier.ticksCompared) }
        return ReplayVerdict(verifier, first: start)
    }

    /// Stands before the first tick, to go through them one by one.
    ///
    /// - Parameters:
    ///   - rules: The type of the game's rules: what the entities are seen through.
    ///   - game: The game where it is not simply `Game(Rules.self)`, such as under another name.
    /// - Throws: ``ReplayError`` where the recording is of another game, another version of its
    ///   declarations, or another protocol.
    public func play<Rules: Simulation>(
        _ rules: Rules.Type, as game: Game? = nil
    ) throws(ReplayError) -> ReplayWorld<Rules> {
        try ReplayWorld(player(game ?? Game(rules)))
    }

    private func player(_ game: Game) throws(ReplayError) -> ReplayPlayer {
        do {
            return try ReplayPlayer(
                room: room, game: game, protocolVersion: ProtocolVersion.subprotocol)
        } catch {
            throw ReplayError(error)
        }
    }
}

/// Why a recording cannot be read, or not played with a game.
public struct ReplayError: Error, CustomStringConvertible, Sendable {
    /// What kind of reason it is; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Kind: Hashable, Sendable {
            case unreadable, refused
        }
        private let kind: Kind
        /// The file is not there, or may not be read.
        public static let unreadable = Code(kind: .unreadable)
        /// It is no recording, or one of another format, protocol, game, or version of the game.
        public static let refused = Code(kind: .refused)
    }

    /// What kind of reason it is.
    public let code: Code
    /// What is wrong.
    public let message: String

    init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: RecordingError) {
        self.init(code: .refused, message: error.description)
    }

    /// One line for people.
    public var description: String { message }
}
