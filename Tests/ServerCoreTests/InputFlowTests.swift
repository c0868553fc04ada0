import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface
import WebSocketProtocol

@testable import ServerCore

/// Shows each tick's inputs in its table.
struct Mirror: Simulation {
    struct Input: Fields {
        var level: Int32 = 0
        var keys: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("level", &level, .number(-100...100))
            visitor.field("keys", &keys, .flags("a b c d", count: 4))
        }
    }

    struct Image: Entity {
        static let kindName: StaticString = "image"
        var owner = SeatIndex.first
        var level: Int32 = 0
        var keys: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("owner", &owner)
            visitor.field("level", &level, .number(-100...100))
            visitor.field("keys", &keys, .number(0...15))
        }
    }

    static let name: StaticString = "mirror"
    static let seatsMax = 4
    var images = Entities<Image>(capacity: 4)

    init(random: inout DeterministicRandom) {}

    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        images.insert(Image(owner: seat))
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        images.removeAll { $0.owner == seat }
    }

    mutating func step(_ context: inout StepContext<Input>) {
        for position in images.indices {
            let input = context.input(of: images[position].owner)
            (images[position].level, images[position].keys) = (input.level, input.keys)
        }
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&images)
    }
}

/// Inputs from their bytes to the tick at which they count.
@Suite struct InputFlowTests {
    let server: VirtualServer
    let peer: VirtualPeer

    init() throws {
        server = try VirtualServer(games: [Game(Mirror.self)])
        peer = server.join()
        for _ in 0..<3 { server.tick() }
    }

    /// Sends commands for `tick`, `tick` − 1, …, the newest first.
    private func send(_ commands: [[Int32]], tick: UInt32, sequence: UInt16? = nil) {
        if let sequence { peer.sequence = sequence &- 1 }
        server.input(peer, commands.flatMap { $0 }, tick: tick)
    }

    /// The level and keys of the next `count` ticks.
    private func ticks(_ count: Int) -> [[Int32]] {
        (0..<count).map { _ in
            server.tick()
            return Array(server.core.rooms[0].room.table.kinds[0].values[1...2])
        }
    }

    @Test func anAddressedCommandCountsAtItsTickAndHoldsOn() {
        send([[5, 1]], tick: 6)
        #expect(ticks(4) == [[0, 0], [0, 0], [5, 1], [5, 1]])
        #expect(peer.snapshots.last?.margin == -1)
        #expect(peer.snapshots.last?.sequence == 1)
        #expect(peer.snapshots.first { $0.tick.rawValue == 4 }?.margin == 2)
    }

    @Test func theTailFillsWhatWasLost() {
        send([[1, 0]], tick: 5)
        // The message for tick 6 is lost; the next one repeats it and the one before.
        send([[3, 0], [2, 0], [1, 0]], tick: 7)
        #expect(ticks(5) == [[0, 0], [1, 0], [2, 0], [3, 0], [3, 0]])
        let counters = server.core.rooms[0].room.inputCounters
        #expect(counters.repeated == 1)
        #expect(counters.applied == 3)
    }

    @Test func aPressAndReleaseBetweenTwoTicksIsNotLost() {
        send([[1, 4]], tick: 0)
        send([[2, 0]], tick: 0)
        #expect(ticks(2) == [[2, 4], [2, 0]])
    }

    @Test func aLateCommandCountsAtTheNextTick() {
        send([[7, 2]], tick: 2)
        send([[8, 0]], tick: 3)
        #expect(ticks(2) == [[8, 2], [8, 0]])
        #expect(server.core.rooms[0].room.inputCounters.late == 2)
        #expect(peer.snapshots.last?.margin == -2)
    }

    @Test func anEarlyCommandIsDropped() {
        send([[7, 2]], tick: 3 + 33)
        send([[9, 1]], tick: .max)
        #expect(ticks(40).allSatisfy { $0 == [0, 0] })
        #expect(server.core.rooms[0].room.inputCounters.early == 2)
        // Told all the same, so that a client that runs ahead learns of it.
        #expect(peer.snapshots.last?.margin == 127)
        send([[4, 0]], tick: 43 + 32)
        #expect(ticks(32).last == [4, 0])
    }

    @Test func repeatedAndOldSequencesAreDroppedAlsoAcrossTheWrap() {
        send([[1, 0]], tick: 0, sequence: 65_535)
        send([[2, 0]], tick: 0, sequence: 65_535)
        send([[3, 0]], tick: 0, sequence: 65_000)
        #expect(ticks(1) == [[1, 0]])
        send([[4, 0]], tick: 0, sequence: 0)
        send([[5, 0]], tick: 0, sequence: 65_535)
        #expect(ticks(1) == [[4, 0]])
        #expect(server.core.rooms[0].room.inputCounters.repeated == 3)
    }

    @Test func numbersBeyondTheirRangeAreClamped() {
        send([[.max, .max]], tick: 0)
        #expect(ticks(1) == [[100, 15]])
        send([[.min, -1]], tick: 0)
        #expect(ticks(1)[0][0] == -100)
        #expect((0...15).contains(server.core.rooms[0].room.table.kinds[0].values[2]))
    }

    @Test func oneCommandIsAppliedPerTickHoweverManyAreSent() {
        for number in 0..<120 { send([[Int32(number % 100), 0]], tick: 0) }
        #expect(ticks(2) == [[19, 0], [19, 0]])
    }

    @Test func aHeldSeatWantsNothing() throws {
        send([[50, 3]], tick: 0)
        #expect(ticks(1) == [[50, 3]])
        let token = try #require(peer.welcome?.token)
        server.disconnect(peer)
        #expect(ticks(3).allSatisfy { $0 == [0, 0] })
        let again = server.join(token: token)
        // Everything of the connection is new: the sequence may begin anywhere.
        again.sequence = 5
        server.input(again, [9, 0])
        #expect(ticks(1) == [[9, 0]])
        #expect(again.snapshots.last?.sequence == 6)
    }

    @Test(
        arguments: [
            // 95 02 seq tick ack values: half a command, none, nine, and several for no tick.
            [0x95, 2, 1, 0, 0, 0x91, 1], [0x95, 2, 1, 0, 0, 0x90],
            [0x95, 2, 1, 0, 0, 0xDC, 0, 18] + Array(repeating: 0, count: 18),
            [0x95, 2, 1, 0, 0, 0x94, 1, 0, 1, 0],
            // A float, a string, an array where a number stands; a negative sequence; too few.
            [0x95, 2, 1, 0, 0, 0x92, 0xCA, 0x7F, 0xC0, 0, 0, 0], [0x95, 2, 1, 0, 0, 0xA1, 0x61],
            [0x95, 2, 1, 0, 0, 0x92, 0x90, 0], [0x95, 2, 0xFF, 0, 0, 0x92, 0, 0], [0x92, 2, 1],
            // A sequence, a tick and an acknowledgement beyond their width.
            [0x95, 2, 0xCE, 0, 1, 0, 0, 0, 0, 0x92, 0, 0],
            [0x95, 2, 1, 0xCF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x92, 0, 0],
        ] as [[UInt8]])
    func aMalformedInputEndsTheConnectionOnly(payload: [UInt8]) {
        let other = server.join("other")
        server.sendMessage(payload, from: peer)
        server.flush()
        #expect(peer.closeCode == 1007)
        let before = other.snapshots.count
        for _ in 0..<10 { server.tick() }
        #expect(other.snapshots.count == before + 10)
    }
}
