import Arena
import Hyoshi
import ServerCore
import Testing
import TransportInterface

@testable import HyoshiServer

/// Settings that cannot be, each by its name; and the counts that the loops share.
@Suite struct ConfigurationTests {
    typealias Change = @Sendable (inout ServerConfiguration) -> Void

    /// What a setting must not be.
    static let wrong: [(String, Change)] = [
        ("tick-rate", { $0.tickRate = 0 }), ("tick-rate", { $0.tickRate = 241 }),
        ("seats", { $0.seatsMax = 0 }), ("seats", { $0.seatsMax = 65 }),
        ("loops", { $0.loops = 0 }), ("loops", { $0.loops = 65 }),
        ("loops", { $0.loops = .min }), ("max-connections", { $0.connectionsMax = 0 }),
        ("max-connections", { $0.connectionsMax = .max }),
        ("max-connections-per-address", { $0.connectionsPerAddressMax = -1 }),
        ("max-rooms", { $0.roomsMax = 0 }),
        ("empty-room-seconds", { $0.emptyRoomSeconds = -1 }),
        ("seat-hold-seconds", { $0.seatHoldSeconds = 3601 }),
        ("rewind-milliseconds", { $0.rewindMilliseconds = -1 }),
        ("rewind-milliseconds", { $0.rewindMilliseconds = 501 }),
        ("seat-bytes-per-second", { $0.seatBytesPerSecondMax = 1_999 }),
        ("seat-bytes-per-second", { $0.seatBytesPerSecondMax = -1 }),
        ("fifo", { $0.realTimePriority = 0 }), ("fifo", { $0.realTimePriority = 100 }),
        ("pin", { $0.processors = [-1] }), ("pin", { $0.processors = [1023] }),
        ("allow-origin", { $0.allowedOrigins = ["play.example"] }),
        ("game", { $0.games = [] }), ("game", { $0.games = [arena, arena] }),
        ("rooms", { $0.permanentRooms = ["no spaces"] }),
        ("rooms", { $0.permanentRooms = [""] }),
        ("host", { $0.host = "localhost" }), ("host", { $0.host = "" }),
        ("admin-host", { $0.adminHost = "everywhere" }),
    ]

    @Test(arguments: wrong)
    func aWrongSettingIsNamed(setting: String, change: Change) throws {
        var configuration = ServerConfiguration(games: [arena])
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.adminPort = 0
        change(&configuration)
        let error = #expect(throws: ServerError.self) {
            try HyoshiServer.start(configuration).stop()
        }
        #expect(error?.setting == setting)
        #expect(error?.code == .setting)
        #expect(error?.message.isEmpty == false)
    }

    // MARK: The environment

    @Test func theEnvironmentSetsWhatItNamesAndLeavesTheRest() throws {
        var configuration = ServerConfiguration(games: [arena])
        configuration.port = 1234
        configuration.tickRate = 30
        try configuration.read(environment: [
            "HYOSHI_PORT": "9000", "HYOSHI_HOST": "127.0.0.1", "HYOSHI_LOOPS": "",
            "HYOSHI_ROOMS": "a, b ,c", "HYOSHI_COMPRESS": "yes", "HYOSHI_ONLY_LISTED_ROOMS": "1",
            "HYOSHI_NO_PAGE": "true", "HYOSHI_WEB": "modules", "HYOSHI_PIN": "0,2",
            "HYOSHI_SEED": "7", "PORT": "1", "HYOSHI_BASELINE": "last-written",
            "HYOSHI_REWIND_MILLISECONDS": "0",
        ])
        #expect(configuration.port == 9000)
        #expect(configuration.host == "127.0.0.1")
        #expect(configuration.loops == 1)
        #expect(configuration.tickRate == 30)
        #expect(configuration.permanentRooms == ["a", "b", "c"])
        #expect(configuration.compresses)
        #expect(!configuration.opensRoomsOnJoin)
        #expect(!configuration.servesPage)
        #expect(configuration.modulesDirectory == "modules")
        #expect(configuration.processors == [0, 2])
        #expect(configuration.seed == 7)
        #expect(configuration.baseline == .lastWritten)
        #expect(configuration.rewindMilliseconds == 0)
    }

    @Test(arguments: [
        ("port", "65536"), ("port", "-1"), ("loops", "two"), ("compress", "perhaps"),
        ("pin", "0,x"), ("baseline", "newest"), ("baseline", "lastWritten"), ("fifo", "1.5"),
        ("max-connections-per-address", " 3"),
    ])
    func aWrongVariableIsNamed(setting: String, value: String) {
        var configuration = ServerConfiguration(games: [arena])
        let variable = EnvironmentSettings.variable(setting)
        let error = #expect(throws: ServerError.self) {
            try configuration.read(environment: [variable: value])
        }
        #expect(error?.setting == setting)
        #expect(error?.code == .setting)
    }

    // MARK: Shared counts

    private func shared(_ change: (inout ServerConfiguration) -> Void) -> SharedState {
        var configuration = ServerConfiguration(games: [arena])
        change(&configuration)
        return SharedState(configuration)
    }

    private let start = MonotonicInstant(nanoseconds: 1_000_000_000)

    private func address(_ network: UInt64) -> PeerAddress {
        PeerAddress(family: .ipv4, network: network)
    }

    @Test func anAddressHasItsShareAndNoMore() {
        let shared = shared { $0.connectionsPerAddressMax = 2 }
        let one = address(0x0A00_0001)
        #expect(shared.admit(one, now: start) == .admitted)
        #expect(shared.admit(one, now: start) == .admitted)
        #expect(shared.admit(one, now: start) == .addressFull)
        #expect(shared.admit(address(0x0A00_0002), now: start) == .admitted)
        // The same number as an IPv6 network is another address.
        #expect(
            shared.admit(PeerAddress(family: .ipv6, network: 0x0A00_0001), now: start) == .admitted)
        shared.release(one, now: start)
        #expect(shared.admit(one, now: start) == .admitted)
        #expect(shared.admit(one, now: start) == .addressFull)
        #expect(shared.connectionCount == 4)
        for _ in 0..<2 { shared.release(one, now: start) }
        #expect(shared.connectionCount == 2)
    }

    @Test func anAddressOpensRoomsAtABoundedRateAlsoOverNewConnections() {
        let shared = shared { _ in }
        let one = address(0x0A00_0001)
        #expect(shared.admit(one, now: start) == .admitted)
        let opened = (0..<20).filter { _ in shared.mayOpenRoom(one, now: start) }
        #expect(opened.count == 16)
        // Coming again does not start the count anew; waiting does.
        shared.release(one, now: start)
        #expect(shared.admit(one, now: start) == .admitted)
        #expect(!shared.mayOpenRoom(one, now: start))
        let later = start.advanced(byNanoseconds: 2_000_000_000)
        #expect(shared.mayOpenRoom(one, now: later))
        #expect(shared.mayOpenRoom(address(0x7F00_0001), now: start))
    }

    @Test func loopbackCountsOnlyIntoTheWhole() {
        let shared = shared {
            $0.connectionsPerAddressMax = 1
            $0.connectionsMax = 5
        }
        for last in 1...5 as ClosedRange<UInt64> {
            #expect(shared.admit(address(0x7F00_0000 + last % 2), now: start) == .admitted)
        }
        #expect(!shared.hasRoomForConnections)
        #expect(shared.admit(address(0x7F00_0001), now: start) == .serverFull)
        #expect(shared.admit(address(0x0A00_0001), now: start) == .serverFull)
        shared.release(address(0x7F00_0001), now: start)
        #expect(shared.hasRoomForConnections)
    }

    @Test func roomsGoWhereThereIsLeastAndStayWhileAnyoneHoldsThem() {
        let shared = shared {
            $0.loops = 3
            $0.roomsMax = 4
        }
        let loops = ["a", "b", "c"].map { shared.placeRoom($0, preferring: nil) }
        #expect(Set(loops) == [0, 1, 2])
        #expect(shared.placeRoom("a", preferring: 2) == loops[0])
        #expect(shared.placeRoom("d", preferring: 1) == 1)
        #expect(shared.placeRoom("e", preferring: nil) == nil)
        #expect(shared.placeRoom("d", preferring: nil) == 1)
        shared.releaseRoom("a")
        #expect(shared.placeRoom("e", preferring: nil) == nil)
        shared.releaseRoom("a")
        #expect(shared.placeRoom("e", preferring: nil) == loops[0])
        shared.releaseRoom("never opened")
    }
}
