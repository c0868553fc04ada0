import Hyoshi
import NetworkTransport
import RoomCore
import ServerCore

/// What one loop says about itself when asked: copies, to be worked on elsewhere.
struct LoopReport: Sendable {
    /// One open room.
    struct Room: Sendable {
        var name: String
        var game: String
        var tickRate: Int
        var tick: UInt32
        var seats: Int
        var players: Int
        var spectators: Int
        var isPermanent: Bool
        var inputs: InputCounters
        var beat: RoomBeat
    }

    var loop: Int
    var connections: Int
    var counters: ServerCounters
    var transport = LoopCounters()
    var rooms: [Room]
    /// The sums over the rooms that have been closed.
    var pastBeat: RoomBeat
    var pastInputs: InputCounters

    /// Reads a loop's core; on its thread.
    init(loop: Int, core: ServerCore, environment: LoopEnvironment) {
        self.loop = loop
        connections = core.connectionCount
        counters = core.counters
        pastBeat = environment.pastBeat
        pastInputs = environment.pastInputs
        rooms = core.rooms.compactMap { hosted in
            guard let beat = environment.beats[hosted.observerKey] else { return nil }
            let room = hosted.room
            return Room(
                name: room.name, game: room.game.name, tickRate: room.scheduler.tickRate,
                tick: room.tick.rawValue, seats: room.seatsMax, players: hosted.playerCount,
                spectators: hosted.spectatorCount, isPermanent: hosted.isPermanent,
                inputs: room.inputCounters, beat: beat)
        }
    }
}
