import Arena
import Hyoshi
import Testing

@testable import HyoshiClient

/// The parts of the client that need no socket.
@Suite struct PartsTests {
    @Test(arguments: [
        ("ws://example.org", "example.org", 80, "example.org", "/rooms/lobby?game=arena"),
        ("ws://example.org/", "example.org", 80, "example.org", "/rooms/lobby?game=arena"),
        (
            "WS://10.0.0.7:8080/rooms/red", "10.0.0.7", 8080, "10.0.0.7:8080",
            "/rooms/red?game=arena"
        ),
        ("ws://[::1]:9000/rooms/a?game=b", "::1", 9000, "[::1]:9000", "/rooms/a?game=b"),
        ("ws://[::1]", "::1", 80, "[::1]", "/rooms/lobby?game=arena"),
        ("ws://h:1?game=x", "h", 1, "h:1", "/rooms/lobby?game=x"),
    ])
    func urlsAreTakenApart(
        url: String, host: String, port: UInt16, hostField: String, target: String
    ) throws {
        let address = try ServerAddress(url, game: "arena")
        #expect(address.host == host && address.port == port)
        #expect(address.hostField == hostField && address.target == target)
    }

    @Test(arguments: [
        "", "example.org", "http://example.org", "ws:/example.org", "ws://", "ws://:80",
        "ws://h:0", "ws://h:65536", "ws://h:+1", "ws://h:", "ws://::1", "ws://[::1", "ws://[::1]x",
        "ws://u@h", "ws://h/rooms/a#b",
    ])
    func whatIsNoURLIsRefused(url: String) {
        let error = #expect(throws: HyoshiClientError.self) {
            try ServerAddress(url, game: "arena")
        }
        #expect(error?.code == .invalidURL)
    }

    @Test func tlsIsRefusedWithWhatToDo() {
        for url in ["wss://play.example.org", "https://play.example.org"] {
            let error = #expect(throws: HyoshiClientError.self) {
                try HyoshiClient<Arena>(arena, url: url)
            }
            #expect(error?.code == .tlsNotSupported)
            #expect(error?.message.contains("docs/client.md") == true)
        }
    }

    @Test func theHostFieldCanBeAnothersName() throws {
        let address = try ServerAddress(
            "ws://127.0.0.1:8081/rooms/red", host: "play.example.org", game: "arena")
        #expect(address.host == "127.0.0.1" && address.hostField == "play.example.org")
        let error = #expect(throws: HyoshiClientError.self) {
            try HyoshiClient<Arena>(arena, url: "ws://h", host: "no name")
        }
        #expect(error?.code == .invalidURL)
    }

    @Test func aTargetThatIsNoneIsAnInvalidURL() {
        let error = #expect(throws: HyoshiClientError.self) {
            try HyoshiClient<Arena>(arena, url: "ws://h/rooms/a b")
        }
        #expect(error?.code == .invalidURL)
    }

    @Test func shortPressesCountOnceAndNumbersAreTheNewest() {
        var input = HeldInput(neutral: [0, 0], isFlags: [true, false])
        input.set([1, 5])
        input.set([2, 6])
        input.set([0, 7])
        #expect(input.command == [3, 7])
        input.commandMade()
        #expect(input.command == [0, 7])
        input.set([4, 8])
        input.commandMade()
        #expect(input.command == [4, 8])
        input.set([1])
        #expect(input.command == [4, 8])
    }

    private static func view(x: Double, heading: Double, flags: UInt8) -> GameView<Arena> {
        var rows = ShownRows()
        rows.ids = [7]
        rows.fieldCount = 11
        rows.values = [heading, 0, 0, x, 20.5, 0, 0, 3, 42, 0, 2]
        rows.flags = [flags]
        return GameView(
            seat: SeatIndex(2), predictedTick: 10.5, remoteTick: 4.25,
            names: arena.kinds.map(\.name), kinds: [rows, ShownRows(), ShownRows()],
            changeRecords: [], changeValues: [])
    }

    @Test func shownNumbersBecomeTheGamesTypes() throws {
        let view = Self.view(x: 1_000.4, heading: 12.6, flags: 3)
        let ship = try #require(view.own(Ship.self))
        #expect(ship.id == EntityID(7) && ship.isPredicted && !ship.isProvisional)
        #expect(ship.value.x == 1_000 && ship.value.heading == 13)
        #expect(ship.value.health == 3 && ship.value.score == 42)
        #expect(ship.value.owner == SeatIndex(2))
        #expect(ship.exact("x") == 1_000.4)
        #expect(view.all(Shot.self).isEmpty)
        #expect(view.changes(Ship.self).isEmpty)
    }

    @Test func whatWrapsAndWhatIsNoNumberStaysInItsRange() throws {
        let wrapped = Self.view(x: Double(Arena.worldSize) - 0.2, heading: 255.7, flags: 0)
        let ship = try #require(wrapped.all(Ship.self).first)
        #expect(ship.value.x == 0 && ship.value.heading == 0 && !ship.isOwn)
        let wild = Self.view(x: .infinity, heading: -1e300, flags: 0)
        let other = try #require(wild.all(Ship.self).first)
        #expect(other.value.x == 0 && other.value.heading == 0)
    }
}
