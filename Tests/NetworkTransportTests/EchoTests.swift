import NetworkTransport
import Testing
import TransportInterface

@Suite(.serialized) struct EchoTests {
    /// Sends everything back, one message per event.
    @Sendable private static func echo(_ driver: ProbeDriver, _ loopIndex: Int) {
        driver.onReceived = { driver, connection, bytes in driver.send(connection, bytes) }
    }

    @Test(arguments: [WakePolicy.beat, .onArrival])
    func everySegmentComesBack(policy: WakePolicy) throws {
        try withGroup(.listening(policy), configure: Self.echo) { group, journal in
            let peer = try TestPeer(port: group.port)
            let message = pattern(64, seed: 7)
            for segmentByteCount in [1, 3, 17, 64] {
                var rest = message[...]
                while !rest.isEmpty {
                    let segment = Array(rest.prefix(segmentByteCount))
                    try peer.send(segment)
                    #expect(try peer.receive(exactly: segment.count) == segment)
                    rest = rest.dropFirst(segmentByteCount)
                }
            }
            let counters = group.counters()
            #expect(counters.accepts == 1)
            #expect(counters.bytesIn == 256)
            #expect(counters.bytesOut == 256)
            #expect(counters.connectionsOpen == 1)
        }
    }
}
