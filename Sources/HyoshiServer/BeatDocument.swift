import Foundation
import Histogram
import RoomCore

/// The JSON documents of the admin port: the beat, and the rooms.
struct BeatDocument: Encodable {
    /// A distribution in nanoseconds.
    struct Distribution: Encodable {
        var p50: UInt64
        var p99: UInt64
        var p999: UInt64
        var max: UInt64
        var mean: Double
        var count: UInt64

        init(_ distribution: RoomBeat.Distribution) {
            let isEmpty = distribution.totalCount == 0
            p50 = isEmpty ? 0 : distribution.valueAtPercentile(50)
            p99 = isEmpty ? 0 : distribution.valueAtPercentile(99)
            p999 = isEmpty ? 0 : distribution.valueAtPercentile(99.9)
            max = isEmpty ? 0 : distribution.max
            mean = isEmpty ? 0 : distribution.mean
            count = distribution.totalCount
        }
    }

    struct Inputs: Encodable {
        var applied: UInt64
        var late: UInt64
        var early: UInt64
        var repeated: UInt64
        var dropped: UInt64

        init(_ counters: InputCounters) {
            applied = counters.applied
            late = counters.late
            early = counters.early
            repeated = counters.repeated
            dropped = counters.dropped
        }
    }

    struct Room: Encodable {
        var room: String
        var game: String
        var loop: Int
        var tickRate: Int
        var tick: UInt32
        var seats: Int
        var players: Int
        var spectators: Int
        var ticks: UInt64
        var droppedTicks: UInt64
        var rateHertz: Double
        var lateness: Distribution
        var work: Distribution
        var inputs: Inputs

        init(_ room: LoopReport.Room, loop: Int) {
            self.room = room.name
            game = room.game
            self.loop = loop
            tickRate = room.tickRate
            tick = room.tick
            seats = room.seats
            players = room.players
            spectators = room.spectators
            ticks = room.beat.ticks
            droppedTicks = room.beat.droppedTicks
            rateHertz = room.beat.rateHertz
            lateness = Distribution(room.beat.lateness)
            work = Distribution(room.beat.work)
            inputs = Inputs(room.inputs)
        }
    }

    var tickRate: Int
    var unit = "nanoseconds"
    var lateness: Distribution
    var work: Distribution
    var ticks: UInt64
    var droppedTicks: UInt64
    /// What became of all commands since the start, also those of rooms that are closed.
    var inputs: Inputs
    var rooms: [Room]

    init(_ reports: [LoopReport], tickRate: Int) {
        self.tickRate = tickRate
        var lateness = RoomBeat.makeDistribution()
        var work = RoomBeat.makeDistribution()
        ticks = 0
        droppedTicks = 0
        rooms = []
        var inputs = InputCounters()
        for report in reports {
            // Totals go on over the end of a room: a counter that falls reads as a restart.
            lateness.add(report.pastBeat.lateness)
            work.add(report.pastBeat.work)
            ticks += report.pastBeat.ticks
            droppedTicks += report.pastBeat.droppedTicks
            inputs.add(report.pastInputs)
            for room in report.rooms {
                lateness.add(room.beat.lateness)
                work.add(room.beat.work)
                ticks += room.beat.ticks
                droppedTicks += room.beat.droppedTicks
                inputs.add(room.inputs)
                rooms.append(Room(room, loop: report.loop))
            }
        }
        rooms.sort { $0.room < $1.room }
        self.inputs = Inputs(inputs)
        self.lateness = Distribution(lateness)
        self.work = Distribution(work)
    }

    /// The document's bytes.
    func bytes() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return Array("{}".utf8) }
        return Array(data)
    }
}
