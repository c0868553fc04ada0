import SimulatorKit
import Testing
import TransportInterface

@Suite struct TextInputTests {
    @Test func urlsOfServers() throws {
        let url = try ServerURL("ws://127.0.0.1:9000", scheme: "ws", defaultPort: 8080)
        #expect(url.address == .loopback(port: 9000))
        let named = try ServerURL("ws://localhost/", scheme: "ws", defaultPort: 8080)
        #expect(named.address == .loopback(port: 8080))
        #expect(named.host == "localhost")
        let other = try ServerURL("http://10.1.2.3:80", scheme: "http", defaultPort: 9090)
        #expect(other.address == SocketAddress(ipv4: 0x0A01_0203, port: 80))
    }

    @Test(arguments: [
        "127.0.0.1:8080", "wss://127.0.0.1", "ws://", "ws://:8080", "ws://127.0.0.1:0",
        "ws://127.0.0.1:65536", "ws://127.0.0.1:80:80", "ws://127.0.0.1/rooms/a", "ws://1.2.3",
        "ws://1.2.3.256", "ws://1.2.3.+4", "ws://example.com", "ws://[::1]:8080",
    ])
    func whatIsNoUrlOfAServer(text: String) {
        #expect(throws: URLError.self) {
            try ServerURL(text, scheme: "ws", defaultPort: 8080)
        }
    }

    @Test(
        arguments: [
            ("80ms", 80_000_000), ("1.5s", 1_500_000_000), ("250us", 250_000), ("250µs", 250_000),
            ("7ns", 7), ("0", 0), ("0ms", 0),
        ] as [(String, UInt64)])
    func durations(text: String, nanoseconds: UInt64) {
        #expect(DurationText.nanoseconds(text) == nanoseconds)
    }

    @Test(arguments: ["", "80", "ms", "-1ms", "1h", "nans", "infs", "1e99s", "4000s"])
    func whatIsNoDuration(text: String) {
        #expect(DurationText.nanoseconds(text) == nil)
    }
}
