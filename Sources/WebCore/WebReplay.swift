package import Hyoshi
package import Recording

/// A recording as a page plays it: read piece by piece, played to and fro, and compared with what
/// was recorded, each a few milliseconds at a time.
package final class WebReplay {
    /// What was recorded; nil until all of it has been read.
    package private(set) var player: ReplayPlayer?
    /// The marks of the time-line.
    package private(set) var marks = ReplayMarks()
    /// What is drawn.
    package private(set) var view: ReplayView
    /// The comparison, with a world of its own.
    package private(set) var verifier: ReplayVerifier?

    private let game: Game
    private let protocolVersion: String
    /// nil once all has been read: the file is not kept.
    private var reading: BorrowedReading?

    /// Octets of a file, and of what is decompressed from it, that a page can bear.
    ///
    /// 64 MiB of events and states: some hours of a full room.
    package static var limits: RecordingLimits {
        var limits = RecordingLimits()
        limits.blockByteCountMax = 16 * 1024 * 1024
        limits.eventsByteCountMax = 64 * 1024 * 1024
        limits.statesMax = 8_192
        return limits
    }

    /// Reads the header of a recording and checks whether one of these games can play it.
    ///
    /// - Parameter games: The games, at least one.
    package init(
        _ bytes: [UInt8], games: [Game], protocolVersion: String
    ) throws(RecordingError) {
        let reading = try BorrowedReading(bytes, limits: WebReplay.limits)
        let name = reading.header.game
        let found = games.first { $0.name.utf8.elementsEqual(name.utf8) }
        guard let game = found ?? games.first else { throw .game(found: name, expected: "") }
        try reading.header.check(game: game, protocolVersion: protocolVersion)
        self.game = game
        self.protocolVersion = protocolVersion
        self.reading = reading
        view = ReplayView(game: game)
    }

    // MARK: Reading

    /// The share of the file that has been read, 0 to 1.
    package var progress: Double {
        guard let reading else { return 1 }
        return Double(reading.position) / Double(max(reading.byteCount, 1))
    }

    /// The next deflate stream that is to be decompressed; nil once all has been read.
    package func nextStream() -> BorrowedReading.Stream? {
        if let stream = reading?.next() { return stream }
        if let room = reading?.room { start(room) }
        reading = nil
        return nil
    }

    /// Takes what a stream decompresses to; nil where it does not, or to too much.
    package func take(_ plain: [UInt8]?) { reading?.take(plain) }

    private func start(_ room: RecordedRoom) {
        guard
            let player = try? ReplayPlayer(
                room: room, game: game, protocolVersion: protocolVersion),
            let other = try? ReplayPlayer(room: room, game: game, protocolVersion: protocolVersion)
        else { return }
        marks = ReplayMarks(room, game: game)
        verifier = ReplayVerifier(other)
        self.player = player
        view.jump(to: player.table)
    }

    // MARK: Playing

    /// Goes towards a tick, at most so many ticks; true once it is there.
    ///
    /// To one that is far it starts at the nearest full state before it. What happens on the last
    /// ``ReplayView/ticksMax`` ticks before it is gathered in ``view``.
    package func approach(_ target: Tick, ticksMax: Int) -> Bool {
        guard let player else { return true }
        let target = min(target, player.lastTick)
        if player.tick > target || target.distance(from: player.tick) > ReplayView.ticksMax {
            player.approach(target)
        }
        var left = ticksMax
        while player.tick < target, left > 0 {
            left -= 1
            let isNear = target.distance(from: player.tick) <= ReplayView.ticksMax
            if isNear, view.tick != player.tick { view.jump(to: player.table) }
            guard player.step() else { break }
            if isNear { view.step(to: player.table) }
        }
        guard player.tick >= target else { return false }
        if view.tick != player.tick { view.jump(to: player.table) }
        return true
    }

    /// Prepares ``view`` for a share of a tick after the last but one.
    package func show(share: Double) { view.show(share: share) }

    /// Forgets what has happened.
    package func removeChanges() { view.removeChanges() }

    // MARK: Comparing

    /// Compares some more ticks; false when there is nothing more to find out.
    package func compare(ticksMax: Int) -> Bool {
        guard let verifier else { return false }
        var left = ticksMax
        while left > 0 {
            left -= 1
            guard verifier.run(ticksMax: 1) else { return false }
            marks.takeScores(verifier.player.table)
        }
        return true
    }
}
