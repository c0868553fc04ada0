import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

@testable import ServerCore

/// Says in its only entity's fields how late the first seat saw the others.
private struct Witness: Simulation {
    struct Input: Fields {
        var fire: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("fire", &fire, .flags("fire", count: 1))
        }
    }

    struct Sight: Entity {
        static let kindName: StaticString = "sight"
        var delay: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("delay", &delay, .number(0...255))
        }
    }

    static let name: StaticString = "witness"
    static let seatsMax = 2
    var sights = Entities<Sight>(capacity: 1)

    init(random: inout DeterministicRandom) { sights.insert(Sight()) }

    mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {}

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}

    mutating func step(_ context: inout StepContext<Input>) {
        sights[0].delay = Int32(context.viewDelay(of: .first))
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&sights)
    }
}

/// The view delay on its way from an input message to the rules, and its limit in the welcome.
@Suite struct ViewDelayTests {
    private func delay(_ peer: VirtualPeer) -> Int32? { peer.decoder.table?.kinds[0].values.first }

    @Test(arguments: [(200, 12), (0, 0), (500, 30)])
    func aCommandsViewDelayReachesTheRulesUpToTheLimitOfTheWelcome(
        milliseconds: Int, limit: Int
    ) throws {
        let server = try VirtualServer(games: [Game(Witness.self)]) { settings, _ in
            settings.room.rewindMilliseconds = milliseconds
        }
        let peer = server.join()
        #expect(peer.welcome?.rewindTicksMax == limit)
        server.tick()
        for claimed in [0, 1, 5, 12, 13, 30, 31, 200, 255] as [UInt8] {
            let next = (peer.snapshots.last?.tick.rawValue ?? 0) + 1
            server.input(peer, [1], tick: next, viewDelayTicks: claimed)
            server.tick()
            #expect(delay(peer) == Int32(min(Int(claimed), limit)), "claimed \(claimed)")
            // Without a newer command it stays.
            server.tick()
            #expect(delay(peer) == Int32(min(Int(claimed), limit)))
        }
    }

    @Test func aNewConnectionHasClaimedNothing() throws {
        let server = try VirtualServer(games: [Game(Witness.self)])
        let peer = server.join("ann")
        let token = try #require(peer.welcome?.token)
        server.tick()
        server.input(peer, [1], tick: 2, viewDelayTicks: 9)
        server.tick()
        #expect(delay(peer) == 9)
        server.disconnect(peer)
        let again = server.join("ann", token: token)
        server.tick()
        #expect(delay(again) == 0)
    }
}
