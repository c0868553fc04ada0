import GameProtocol
import Hyoshi
import RoomCore
import Testing
import TransportInterface
import WebSocketProtocol

@testable import ServerCore

@Suite struct JoiningTests {
    @Test func transcriptOfAJoin() throws {
        let server = try VirtualServer()
        let peer = server.connect()
        server.upgrade(peer)
        #expect(peer.httpText.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(peer.messages.isEmpty)
        server.hello(peer, "ann")
        let welcome = try #require(peer.welcome)
        #expect(welcome.room == "r")
        #expect(welcome.game == "arena")
        #expect(welcome.seat == SeatIndex(0))
        #expect(welcome.tickRate == 60)
        #expect(welcome.token != nil)
        server.tick()
        #expect(peer.snapshots.count == 1)
        #expect(peer.snapshots.first?.baselineDistance == 0)
        #expect(peer.rosters.last?.map(\.name) == ["ann"])
        #expect(server.environment.openedRooms == 1)
    }

    @Test func theWelcomeComesFirstThenTheRosterThenSnapshots() throws {
        let server = try VirtualServer()
        let peer = server.join()
        server.run(milliseconds: 100)
        var kinds: [String] = []
        for message in peer.messages {
            switch message {
            case .welcome: kinds.append("welcome")
            case .roster: kinds.append("roster")
            case .snapshot: kinds.append("snapshot")
            default: kinds.append("other")
            }
        }
        #expect(kinds.prefix(3) == ["welcome", "roster", "snapshot"])
        #expect(kinds.dropFirst(2).allSatisfy { $0 == "snapshot" })
        #expect(peer.snapshots.count == 6)
    }

    @Test func theRoomIsCappedAndFreesItsSeats() throws {
        let server = try VirtualServer { settings, _ in settings.room.seatsMax = 2 }
        let first = server.join("a")
        let second = server.join("b")
        let third = server.join("c")
        #expect(third.closeCode == 1013)
        #expect(third.welcome == nil)
        var payload: [UInt8] = []
        ClientMessageWriter.leave(into: &payload)
        server.sendMessage(payload, from: first)
        server.flush()
        #expect(first.closeCode == 1000)
        let fourth = server.join("d")
        #expect(fourth.welcome?.seat == SeatIndex(0))
        server.tick()
        #expect(second.rosters.last?.map(\.name) == ["d", "b"])
    }

    @Test func aSpectatorHasNoSeatAndSeesTheRoom() throws {
        let server = try VirtualServer()
        let player = server.join("a")
        let spectator = server.join("s", role: .spectate)
        #expect(spectator.welcome?.seat == nil)
        #expect(spectator.welcome?.token == nil)
        server.tick()
        #expect(spectator.snapshots.last?.sequence == nil)
        #expect(spectator.snapshots.count == 1)
        #expect(player.rosters.last?.map(\.name) == ["a"])
        server.input(spectator, [1, 1])
        server.tick()
        #expect(spectator.snapshots.count == 2)
    }

    @Test func aLostConnectionResumesItsSeatOnce() throws {
        let server = try VirtualServer()
        let other = server.join("other")
        let peer = server.join("ann")
        let seat = peer.welcome?.seat
        let token = try #require(peer.welcome?.token)
        server.tick()
        server.disconnect(peer)
        server.tick()
        #expect(other.rosters.last?.last?.state == .held)
        let again = server.join("ann", token: token)
        #expect(again.welcome?.seat == seat)
        let next = try #require(again.welcome?.token)
        #expect(next != token)
        server.tick()
        #expect(other.rosters.last?.last?.state == .present)
        #expect(server.core.counters.resumes == 1)
        // The token was for one use: the holder of the old one gets nothing, the player stays.
        server.acknowledge(again, snapshot: 0)
        let thief = server.join("thief", token: token)
        #expect(thief.closeCode == 4401)
        server.tick()
        #expect(again.closeCode == nil)
        #expect(server.core.rooms.first?.playerCount == 2)
    }

    /// The welcome with the next token may be lost with its connection: until the player is known to
    /// have got it, the former token is good.
    @Test func aWelcomeThatWasLostCostsNoSeat() throws {
        let server = try VirtualServer()
        let peer = server.join("ann")
        let seat = peer.welcome?.seat
        let token = try #require(peer.welcome?.token)
        server.disconnect(peer)
        for _ in 0..<3 {
            // The server has welcomed it, and nothing of that arrives.
            let lost = server.join("ann", token: token)
            #expect(lost.welcome?.seat == seat)
            server.disconnect(lost)
        }
        let again = server.join("ann", token: token)
        #expect(again.welcome?.seat == seat)
        let next = try #require(again.welcome?.token)
        server.acknowledge(again, snapshot: 0)
        server.disconnect(again)
        #expect(server.join("thief", token: token).closeCode == 4401)
        #expect(server.join("ann", token: next).welcome?.seat == seat)
        #expect(server.core.rooms.first?.playerCount == 1)
    }

    /// A page that is loaded again while its hello is on its way: the second one's may be faster.
    @Test func aHelloThatWasOvertakenTakesNoSeatAway() throws {
        let server = try VirtualServer()
        let peer = server.join("ann")
        let seat = peer.welcome?.seat
        let token = try #require(peer.welcome?.token)
        server.disconnect(peer)
        let overtaken = server.connect()
        server.upgrade(overtaken)
        let again = server.join("ann", token: token)
        #expect(again.welcome?.seat == seat)
        server.hello(overtaken, "ann", token: token)
        #expect(overtaken.closeCode == 4401)
        #expect(again.closeCode == nil)
        // Nor while nobody is connected on the seat; it is still the newer one's.
        let late = server.connect()
        server.upgrade(late)
        let next = try #require(again.welcome?.token)
        server.disconnect(again)
        let last = server.join("ann", token: next)
        #expect(last.welcome?.seat == seat)
        server.disconnect(last)
        server.hello(late, "ann", token: next)
        #expect(late.closeCode == 4401)
        let newest = try #require(last.welcome?.token)
        #expect(server.join("ann", token: newest).welcome?.seat == seat)
        #expect(server.core.rooms.first?.playerCount == 1)
    }

    @Test func aWrongTokenChangesNothing() throws {
        let server = try VirtualServer()
        let peer = server.join("ann")
        for number in 0..<50 {
            let thief = server.join(token: ResumptionToken(high: UInt64(number), low: 1))
            #expect(thief.closeCode == 4401)
        }
        server.tick()
        #expect(peer.closeCode == nil)
        #expect(server.core.rooms.first?.playerCount == 1)
        #expect(server.core.rooms.first?.members.count == 1)
    }

    @Test func aTokenTakesTheSeatOverFromALivingConnection() throws {
        let server = try VirtualServer()
        let former = server.join("ann")
        let token = try #require(former.welcome?.token)
        let newer = server.join("ann", token: token)
        #expect(former.closeCode == 4409)
        #expect(newer.welcome?.seat == former.welcome?.seat)
        // The former connection's end must not hold or free the seat that is not its own any more.
        server.disconnect(former)
        server.run(milliseconds: 25_000)
        #expect(newer.closeCode == nil)
        #expect(server.core.rooms.first?.playerCount == 1)
    }

    @Test func aHeldSeatIsFreedAfterItsTime() throws {
        let server = try VirtualServer { settings, _ in settings.room.seatHoldSeconds = 1 }
        let other = server.join("other")
        let peer = server.join("ann")
        let token = try #require(peer.welcome?.token)
        server.disconnect(peer)
        server.run(milliseconds: 1200)
        #expect(server.core.rooms.first?.playerCount == 1)
        #expect(other.rosters.last?.count == 1)
        let late = server.join("ann", token: token)
        #expect(late.closeCode == 4401)
    }

    @Test func kickingClosesWith4403AndFreesTheSeat() throws {
        let server = try VirtualServer()
        let peer = server.join("ann")
        let seat = try #require(peer.welcome?.seat)
        #expect(server.core.kick(room: "r", seat: seat, now: server.environment.instant))
        server.flush()
        #expect(peer.closeCode == 4403)
        #expect(server.core.rooms.first?.playerCount == 0)
        #expect(!server.core.kick(room: "r", seat: seat, now: server.environment.instant))
        #expect(!server.core.kick(room: "nowhere", seat: seat, now: server.environment.instant))
    }

    @Test func anEmptyRoomIsClosedAfterItsGraceTime() throws {
        let server = try VirtualServer { settings, _ in settings.room.emptyRoomSeconds = 2 }
        let spectator = server.join(role: .spectate)
        server.run(milliseconds: 5000)
        #expect(server.core.rooms.count == 1)
        server.disconnect(spectator)
        server.run(milliseconds: 1900)
        #expect(server.core.rooms.count == 1)
        server.run(milliseconds: 300)
        #expect(server.core.rooms.isEmpty)
        #expect(server.environment.closedRooms == 1)
        #expect(server.environment.places.isEmpty)
        let again = server.join()
        #expect(again.welcome != nil)
    }

    @Test func permanentRoomsStayAndOthersAreRefusedWhereConfigured() throws {
        let server = try VirtualServer { settings, _ in
            settings.permanentRooms = ["lobby"]
            settings.opensRoomsOnJoin = false
            settings.room.emptyRoomSeconds = 1
        }
        server.run(milliseconds: 3000)
        #expect(server.core.rooms.count == 1)
        #expect(server.join(path: "/rooms/lobby").welcome != nil)
        #expect(server.join(path: "/rooms/other").closeCode == 4404)
    }

    @Test func theLaterHelloAndTheEarlyMessageAreRefused() throws {
        let server = try VirtualServer()
        let twice = server.join()
        server.hello(twice)
        #expect(twice.closeCode == 4400)
        let early = server.connect()
        server.upgrade(early)
        server.input(early, [0, 0])
        server.flush()
        #expect(early.closeCode == 4400)
    }

    @Test func helloMustComeInTime() throws {
        let server = try VirtualServer()
        let peer = server.connect()
        server.upgrade(peer)
        server.run(milliseconds: 4900)
        #expect(peer.closeCode == nil)
        server.run(milliseconds: 1300)
        #expect(peer.closeCode == 4408)
        let silent = server.connect()
        server.run(milliseconds: 6200)
        #expect(silent.transportClose == .immediately)
        #expect(server.environment.admitted == 0)
    }

    @Test(
        arguments: [
            ([0x92, 0x01, 0x02], 4426), ([0x92, 0x01, 0xC0], 1007), ([0x01], 1007), ([], 1007),
            ([0x93, 0x01, 0x01, 0xA1, 0x07], 1008), ([0xC1], 1007),
            ([0xDD, 0xFF, 0xFF, 0xFF, 0xFF], 1007), ([0x91, 0x63], 1007),
        ] as [([UInt8], UInt16)])
    func aBadHelloHasItsCode(payload: [UInt8], code: UInt16) throws {
        let server = try VirtualServer()
        let peer = server.connect()
        server.upgrade(peer)
        server.sendMessage(payload, from: peer)
        server.flush()
        #expect(peer.closeCode == code)
        #expect(server.core.rooms.isEmpty)
    }

    @Test func textMessagesAreRefused() throws {
        let server = try VirtualServer()
        let peer = server.connect()
        server.upgrade(peer)
        server.sendMessage([0x61], from: peer, kind: .text)
        server.flush()
        #expect(peer.closeCode == 1003)
    }
}

@Suite struct WakeUpTests {
    @Test func aTickAndTheServiceShareOneWakeUp() throws {
        let server = try VirtualServer()
        _ = server.join()
        server.run(milliseconds: 500)
        let before = server.environment.reports.count
        var wakeUps = 0
        let end = server.environment.instant.advanced(byNanoseconds: 1_000_000_000)
        while server.core.nextDeadline <= end {
            // A quarter of a millisecond late, as a real loop is.
            server.environment.instant = server.core.nextDeadline.advanced(
                byNanoseconds: 250_000)
            server.flush()
            wakeUps += 1
        }
        #expect(server.environment.reports.count - before == wakeUps)
        #expect(abs(wakeUps - 60) <= 1)
    }
}

@Suite struct AdmissionTests {
    @Test func whoOpensTooManyRoomsIsAskedToWaitAndMayJoinOthers() throws {
        let server = try VirtualServer()
        let first = server.join(path: "/rooms/a")
        server.environment.roomsMayBeOpened = false
        let refused = server.join(path: "/rooms/b")
        #expect(refused.closeCode == 1013)
        #expect(server.core.rooms.count == 1)
        let second = server.join(path: "/rooms/a")
        #expect(second.welcome != nil)
        #expect(first.closeCode == nil)
    }

    @Test func aStormOfUpgradesIsAnsweredWith503() throws {
        let server = try VirtualServer { settings, _ in
            settings.limits.handshakesBurst = 3
            settings.limits.handshakesPerSecond = 1
        }
        let peers = (0..<5).map { _ in
            let peer = server.connect()
            server.upgrade(peer)
            return peer
        }
        #expect(peers.filter(\.isUpgraded).count == 3)
        #expect(peers[4].httpText.hasPrefix("HTTP/1.1 503 "))
        #expect(peers[4].httpText.contains("Retry-After: 2"))
        server.run(milliseconds: 1100)
        let later = server.connect()
        server.upgrade(later)
        #expect(later.isUpgraded)
    }
}
