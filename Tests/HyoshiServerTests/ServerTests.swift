import Arena
import Foundation
import Glibc
import Hyoshi
import HyoshiServer
import Tag
import Testing
import TransportInterface

/// Whole servers on ports that the system chose.
@Suite struct ServerTests {
    private func makeServer(
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> HyoshiServer {
        var configuration = ServerConfiguration(games: [arena])
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.adminPort = 0
        change(&configuration)
        return try HyoshiServer.start(configuration)
    }

    private func document(_ server: HyoshiServer, _ path: String) throws -> [String: Any] {
        let port = try #require(server.adminPort)
        let (status, body) = try SocketPeer.get(port, path)
        #expect(status == 200)
        let value = try JSONSerialization.jsonObject(with: Data(body))
        return try #require(value as? [String: Any])
    }

    private func rooms(_ server: HyoshiServer) throws -> [[String: Any]] {
        try #require(try document(server, "/rooms")["rooms"] as? [[String: Any]])
    }

    /// Asks until the answer is there; gives up after a minute.
    private func eventually(_ condition: () throws -> Bool) throws -> Bool {
        for _ in 0..<600 {
            if try condition() { return true }
            usleep(100_000)
        }
        return false
    }

    @Test func roomsSpreadOverTheLoopsAndPlayersMeetWhereverTheyCameIn() throws {
        let server = try makeServer { $0.loops = 2 }
        defer { server.stop() }
        // The kernel chooses the loop that accepts a peer, so some are handed over.
        var peers: [SocketPeer] = []
        for number in 0..<32 {
            let peer = try SocketPeer(port: server.port)
            let welcome = try peer.join("/rooms/r\(number % 4)")
            #expect(welcome.prefix(3) == [0x9D, 2, 1])
            #expect(try peer.frame { $0.messageType == 1 } != nil)
            peers.append(peer)
        }
        let rooms = try rooms(server)
        #expect(rooms.count == 4)
        #expect(rooms.allSatisfy { $0["players"] as? Int == 8 })
        #expect(rooms.count { $0["loop"] as? Int == 0 } == 2)
        #expect(rooms.count { $0["loop"] as? Int == 1 } == 2)
        let port = try #require(server.adminPort)
        let metrics = String(decoding: try SocketPeer.get(port, "/metrics").body, as: UTF8.self)
        #expect(metrics.contains("\nhyoshi_connections 32\n"))
        #expect(metrics.contains("\nhyoshi_players 32\n"))
        withExtendedLifetime(peers) {}
    }

    @Test func aFullDiskEndsARecordingAndNotItsRoom() throws {
        var template = Array("/tmp/hyoshi-full-disk-XXXXXX".utf8CString)
        let directory = String(cString: try #require(mkdtemp(&template)))
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let server = try makeServer {
            $0.recordingDirectory = directory
            $0.faults = FaultSites { $0 == .recordingFull ? 1 : 0 }
        }
        defer { server.stop() }
        let peer = try SocketPeer(port: server.port)
        _ = try peer.join("/rooms/full")
        let port = try #require(server.adminPort)
        let hasFailed = try eventually {
            let metrics = try SocketPeer.get(port, "/metrics").body
            return String(decoding: metrics, as: UTF8.self)
                .contains("\nhyoshi_recordings_failed_total 1\n")
        }
        #expect(hasFailed)
        let ticks = try document(server, "/beat")["ticks"] as? Int ?? 0
        let goesOn = try eventually {
            (try document(server, "/beat")["ticks"] as? Int ?? 0) > ticks + 5
        }
        #expect(goesOn)
        #expect(try rooms(server).first?["players"] as? Int == 1)
        withExtendedLifetime(peer) {}
    }

    @Test func totalsGoOnWhenARoomIsClosed() throws {
        let server = try makeServer { $0.emptyRoomSeconds = 0 }
        defer { server.stop() }
        let peer = try SocketPeer(port: server.port)
        _ = try peer.join("/rooms/short")
        #expect(try peer.frame { $0.messageType == 1 } != nil)
        let isTicking = try eventually {
            (try document(server, "/beat")["ticks"] as? Int ?? 0) > 5
        }
        #expect(isTicking)
        try peer.sendMessage([0x91, 0x06])
        #expect(try eventually { try rooms(server).isEmpty })
        let beat = try document(server, "/beat")
        #expect(beat["ticks"] as? Int ?? 0 > 5)
        let lateness = try #require(beat["lateness"] as? [String: Any])
        #expect(lateness["count"] as? Int ?? 0 > 5)
    }

    @Test func connectionsThatEndDuringTheHandOverAreCountedOut() throws {
        let server = try makeServer { $0.loops = 2 }
        defer { server.stop() }
        let port = try #require(server.adminPort)
        for number in 0..<60 {
            let peer = try SocketPeer(port: server.port)
            try peer.send(
                "GET /rooms/r\(number % 4) HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                    + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    + "Sec-WebSocket-Version: 13\r\n\r\n")
        }
        let isClean = try eventually {
            let (_, body) = try SocketPeer.get(port, "/metrics")
            return String(decoding: body, as: UTF8.self).contains("\nhyoshi_connections 0\n")
        }
        #expect(isClean)
    }

    @Test func theAdminPortOnLoopbackAnswersToItsNamesOnly() throws {
        let server = try makeServer()
        defer { server.stop() }
        let port = try #require(server.adminPort)
        for path in ["/metrics", "/rooms", "/beat", "/health/live", "/"] {
            #expect(try SocketPeer.get(port, path, host: "localhost:\(port)").status == 200)
            let refused = try SocketPeer.get(port, path, host: "rebound.example:\(port)")
            #expect(refused.status == 421)
        }
        let open = try makeServer { $0.adminHost = "0.0.0.0" }
        defer { open.stop() }
        let openPort = try #require(open.adminPort)
        #expect(try SocketPeer.get(openPort, "/metrics", host: "metrics.example").status == 200)
    }

    @Test func theAdminPortAnswers() throws {
        let server = try makeServer { $0.permanentRooms = ["lobby"] }
        defer { server.stop() }
        let port = try #require(server.adminPort)
        #expect(try SocketPeer.get(port, "/health/live").status == 200)
        #expect(try SocketPeer.get(port, "/health/ready").status == 200)
        #expect(try SocketPeer.get(port, "/nothing").status == 404)
        #expect(try SocketPeer.get(port, "/").status == 200)
        #expect(try SocketPeer.get(port, "/metrics", method: "POST").status == 405)
        #expect(try SocketPeer.get(port, "/beat", method: "HEAD").body.isEmpty)
        let isBeating = try eventually {
            let beat = try document(server, "/beat")
            return (beat["ticks"] as? Int ?? 0) > 10
        }
        #expect(isBeating)
        let beat = try document(server, "/beat")
        #expect(beat["tickRate"] as? Int == 60)
        for name in ["lateness", "work"] {
            let distribution = try #require(beat[name] as? [String: Any])
            for key in ["p50", "p99", "p999", "max", "mean", "count"] {
                #expect(distribution[key] is NSNumber)
            }
        }
        let room = try #require(try rooms(server).first)
        #expect(room["room"] as? String == "lobby")
        #expect(room["game"] as? String == "arena")
        let metrics = String(decoding: try SocketPeer.get(port, "/metrics").body, as: UTF8.self)
        for line in metrics.split(separator: "\n") where !line.hasPrefix("#") {
            // A name, labels or none, one space, a number.
            let parts = line.split(separator: " ")
            #expect(parts.count == 2 && Double(parts[1]) != nil, "\(line)")
            #expect(line.hasPrefix("hyoshi_"))
        }
        #expect(metrics.contains("\nhyoshi_rooms 1\n"))
        // A room's name is chosen by players: it is never a label.
        #expect(!metrics.contains("lobby"))
    }

    @Test func thePublicPortServesThePageAndNoAdminDocuments() throws {
        let server = try makeServer()
        defer { server.stop() }
        let (status, body) = try SocketPeer.get(server.port, "/")
        #expect(status == 200)
        #expect(
            String(decoding: body.prefix(200), as: UTF8.self).lowercased().contains("<!doctype"))
        for path in [
            "/metrics", "/beat", "/health/live", "/./metrics", "//metrics", "/%2e/metrics",
        ] {
            #expect([400, 404].contains(try SocketPeer.get(server.port, path).status), "\(path)")
        }
        #expect(try SocketPeer.get(server.port, "/rooms/lobby").status == 426)
    }

    @Test func aGameWithoutAPageOfItsOwnGetsTheDebugPage() throws {
        let server = try makeServer()
        defer { server.stop() }
        let debug = try SocketPeer.get(server.port, "/debug")
        #expect(debug.status == 200)
        #expect(try SocketPeer.get(server.port, "/").body != debug.body)
        let other = try makeServer { $0.games = [tag, arena] }
        defer { other.stop() }
        #expect(try SocketPeer.get(other.port, "/").body == debug.body)
        for file in ["/debug.js", "/debug.css", "/wire.js"] {
            #expect(try SocketPeer.get(other.port, file).status == 200)
        }
    }

    @Test func stoppingTellsEveryPeer1001() throws {
        let server = try makeServer { $0.loops = 2 }
        let peers = try (0..<6).map { number in
            let peer = try SocketPeer(port: server.port)
            _ = try peer.join("/rooms/r\(number % 2)")
            return peer
        }
        let silent = try SocketPeer(port: server.port)
        server.stop()
        for peer in peers {
            #expect(try peer.frame { $0.opcode == 8 }?.closeCode == 1001)
        }
        // One that had said nothing yet is told nothing: it sees an end or a reset.
        let rest = (try? silent.readToEnd()) ?? []
        #expect(rest.isEmpty)
        #expect(throws: SocketPeer.Failure.self) { try SocketPeer(port: server.port) }
        // A second time there is nothing left to do.
        server.stop()
    }

    @Test func kickingReachesTheLoopOfTheRoom() throws {
        let server = try makeServer { $0.loops = 2 }
        defer { server.stop() }
        let peer = try SocketPeer(port: server.port)
        _ = try peer.join("/rooms/r")
        server.kick(room: "r", seat: try #require(SeatIndex(0)))
        #expect(try peer.frame { $0.opcode == 8 }?.closeCode == 4403)
    }

    @Test func theLimitOfConnectionsHolds() throws {
        let server = try makeServer { $0.connectionsMax = 3 }
        defer { server.stop() }
        let peers = try (0..<3).map { _ in
            let peer = try SocketPeer(port: server.port)
            _ = try peer.join("/rooms/r")
            return peer
        }
        let fourth = try SocketPeer(port: server.port)
        // Closed at once: by its end or by a reset, and without a byte.
        let answer = (try? fourth.readToEnd()) ?? []
        #expect(answer.isEmpty)
        let port = try #require(server.adminPort)
        #expect(try SocketPeer.get(port, "/health/ready").status == 503)
        #expect(try SocketPeer.get(port, "/health/live").status == 200)
        try peers[0].sendMessage([0x91, 6])
        #expect(try peers[0].frame { $0.opcode == 8 }?.closeCode == 1000)
        try peers[0].sendMessage([3, 0xE8], opcode: 8)
        let isFree = try eventually { try SocketPeer.get(port, "/health/ready").status == 200 }
        #expect(isFree)
        withExtendedLifetime(peers) {}
    }

    @Test func theLimitOfRoomsIsAnsweredWith503() throws {
        let server = try makeServer { $0.roomsMax = 2 }
        defer { server.stop() }
        let peers = try ["a", "b"].map { name in
            let peer = try SocketPeer(port: server.port)
            _ = try peer.join("/rooms/\(name)")
            return peer
        }
        let third = try SocketPeer(port: server.port)
        #expect(try third.upgrade("/rooms/c") == 503)
        #expect(try SocketPeer(port: server.port).upgrade("/rooms/a") == 101)
        withExtendedLifetime(peers) {}
    }

    @Test(arguments: [1, 2])
    func aPortInUseIsNamed(loops: Int) throws {
        let first = try makeServer()
        defer { first.stop() }
        let error = #expect(throws: ServerError.self) {
            try makeServer {
                $0.loops = loops
                $0.port = first.port
            }
        }
        #expect(error?.setting == "port")
        #expect(error?.code == .transport)
        #expect(error?.message.contains("\(first.port)") == true)
        let adminError = #expect(throws: ServerError.self) {
            try makeServer { $0.adminPort = first.adminPort }
        }
        #expect(adminError?.setting == "admin-port")
    }
}
