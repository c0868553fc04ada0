import Arena
import CAllocationCounter
import Hyoshi
import RoomCore
import ServerCore
import TransportInterface

/// Something whose allocations are counted over a number of ticks.
enum Scenario: String, CaseIterable {
    case room
    case serverAcknowledging = "server-acknowledging"
    case serverNeverAcknowledging = "server-never-acknowledging"
    case serverCompressing = "server-compressing"
    case serverTalking = "server-talking"
    case serverInterest = "server-interest"
    case serverCrowded = "server-crowded"
    case controlArray = "control-array"
    case controlJoin = "control-join"

    /// Ticks after which the histories have grown to the arena's fullest moments.
    private static let warmUpTicks = 900

    /// Runs it, and counts from the end of the warm-up on.
    func allocations(ticks: Int) throws -> UInt64 {
        switch self {
        case .room: Scenario.room(ticks: ticks)
        case .serverAcknowledging: try Scenario.server(.acknowledging, ticks: ticks)
        case .serverNeverAcknowledging: try Scenario.server(.neverAcknowledging, ticks: ticks)
        case .serverCompressing: try Scenario.server(.compressing, ticks: ticks)
        case .serverTalking: try Scenario.server(.talking, ticks: ticks)
        case .serverInterest: try Scenario.server(.interest, ticks: ticks)
        case .serverCrowded: try Scenario.server(.crowded, ticks: ticks)
        case .controlArray: Scenario.array(ticks: ticks)
        case .controlJoin: try Scenario.join()
        }
    }

    private static func server(_ conduct: Conduct, ticks: Int) throws -> UInt64 {
        let rooms = try VirtualRooms(conduct)
        // Each seat's view has fullest moments of its own, which come later than the world's.
        let warmUp = conduct.showsParts ? 4 * warmUpTicks : warmUpTicks
        rooms.prepare(ticks: warmUp + ticks)
        rooms.run(ticks: warmUp)
        let before = rooms.core.counters
        callocation_start()
        rooms.run(ticks: ticks)
        let count = callocation_stop()
        // A scenario that does not do what it says would count nothing, too.
        let after = rooms.core.counters
        let snapshots = UInt64(ticks * VirtualRooms.roomCount * VirtualRooms.peersPerRoom)
        let full = after.fullSnapshotsSent - before.fullSnapshotsSent
        guard after.snapshotsSent - before.snapshotsSent == snapshots,
            full == (conduct == .neverAcknowledging ? snapshots : 0),
            after.messagesReceived - before.messagesReceived >= snapshots / 2,
            after.violations == 0, after.messagesDropped == 0
        else { throw ProbeError.notAsDescribed("\(conduct): \(after)") }
        return count
    }

    private static func room(ticks: Int) -> UInt64 {
        let now = MonotonicInstant(nanoseconds: 1_000_000_000)
        let room = Room(
            name: "r", game: arena, settings: RoomSettings(), seed: 7, now: now)
        for _ in 0..<VirtualRooms.peersPerRoom { _ = room.join() }
        var random = DeterministicRandom(seed: 5)
        func run(_ ticks: Int) {
            for _ in 0..<ticks {
                let next = room.tick.rawValue + 1
                for seat in room.seats {
                    let values: [2 of Int32] = [
                        Int32(random.next() & 15), Int32(random.next() & 1),
                    ]
                    room.receiveInput(
                        from: seat, sequence: UInt16(truncatingIfNeeded: next), newest: Tick(next),
                        commandCount: 1, values: values.span)
                }
                _ = room.step()
            }
        }
        run(warmUpTicks)
        callocation_start()
        run(ticks)
        return callocation_stop()
    }

    private static func array(ticks: Int) -> UInt64 {
        var numbers: [Int] = []
        callocation_start()
        for tick in 0..<ticks { numbers.append(tick) }
        let count = callocation_stop()
        return numbers.count == ticks ? count : 0
    }

    private static func join() throws -> UInt64 {
        let rooms = try VirtualRooms(.acknowledging)
        rooms.prepare(ticks: warmUpTicks)
        rooms.run(ticks: warmUpTicks)
        callocation_start()
        rooms.join(room: "r0")
        return callocation_stop()
    }
}

enum ProbeError: Error {
    case notAsDescribed(String)
    case unknownScenario(String)
}
