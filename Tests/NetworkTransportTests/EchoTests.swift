import NetworkTransport
import Testing
import TransportInterface

extension TransportTests {
    @Suite struct Echo {
        @Test(arguments: [WakePolicy.beat, .onArrival])
        func everySegmentComesBack(policy: WakePolicy) throws {
            try withGroup(.listening(policy), configure: echo) { group, _ in
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

        @Test(arguments: [WakePolicy.beat, .onArrival])
        func thousandsOfConnectionsEchoAtOnce(policy: WakePolicy) throws {
            try ProcessSettings.raiseDescriptorLimit()
            let connectionCount = 1_500
            try withGroup(.listening(policy), configure: echo) { server, serverJournal in
                var options = LoopGroupOptions()
                options.spreadsLocalAddresses = true
                options.limits.shutDownNanoseconds = 0
                let port = server.port
                try withGroup(options) { driver, _ in
                    for tag in 0..<UInt64(connectionCount) {
                        driver.effects.effects.append(
                            .connect(address: .loopback(port: port), tag: tag))
                    }
                    driver.onConnected = { driver, connection, tag in
                        driver.send(
                            connection, [UInt8(truncatingIfNeeded: tag), UInt8(tag >> 8)])
                    }
                } run: { _, journal in
                    let isComplete = waits {
                        journal.count(where: \.isReceived) == connectionCount
                    }
                    #expect(isComplete)
                    var tags: [ConnectionID: UInt64] = [:]
                    var answered: Set<UInt64> = []
                    for event in journal.all {
                        switch event {
                        case .connected(let connection, let tag):
                            tags[connection] = tag
                        case .received(let connection, let bytes):
                            let tag = UInt64(bytes[0]) | UInt64(bytes[1]) << 8
                            #expect(tags[connection] == tag)
                            answered.insert(tag)
                        default:
                            Issue.record("\(event)")
                        }
                    }
                    #expect(answered.count == connectionCount)
                }
                // Every connection came from an address of its own.
                let peers = serverJournal.all.compactMap { event -> PeerAddress? in
                    guard case .accepted(_, let peer, _) = event else { return nil }
                    return peer
                }
                #expect(peers.count == connectionCount)
                #expect(Set(peers).count == connectionCount)
                #expect(waits { server.counters().connectionsOpen == 0 })
            }
        }

        @Test func megabytesComeBackInOrder() throws {
            var options = LoopGroupOptions.listening()
            options.limits.waitingByteCountMax = 8 << 20
            try withGroup(options, configure: echoQuietly) { group, _ in
                let peer = try TestPeer(port: group.port)
                let message = pattern(1 << 20, seed: 11)
                try peer.send(message)
                #expect(try peer.receive(exactly: message.count) == message)
            }
        }
    }
}

extension Event {
    var isReceived: Bool {
        if case .received = self { true } else { false }
    }
    var isBlocked: Bool {
        if case .blocked = self { true } else { false }
    }
    var isWritable: Bool {
        if case .writable = self { true } else { false }
    }
    var isClosed: Bool {
        if case .closed = self { true } else { false }
    }
    var isAccepted: Bool {
        if case .accepted = self { true } else { false }
    }
}
