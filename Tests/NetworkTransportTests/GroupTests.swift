import CLinux
import Glibc
import NetworkTransport
import Testing
import TransportInterface

extension TransportTests {
    @Suite struct Group {
        @Test(arguments: [WakePolicy.beat, .onArrival])
        func aConnectionMovesWithEveryByteInOrder(policy: WakePolicy) throws {
            try withGroup(.listening(policy, loopCount: 2)) { driver, loopIndex in
                var moved: Set<ConnectionID> = []
                driver.onAccepted = { _, connection, handedOver in
                    if handedOver { moved.insert(connection) }
                }
                driver.onReceived = { driver, connection, bytes in
                    guard !moved.contains(connection) else { return }
                    let start = driver.effects.bytes.count
                    driver.effects.bytes += bytes
                    driver.effects.effects.append(
                        .handOver(
                            connection, loop: 1 - loopIndex,
                            received: ByteRange(start: start, count: bytes.count)))
                }
            } run: { group, journal in
                let message = pattern(1 << 20, seed: 8)
                for _ in 0..<8 {
                    let before = journal.all.count
                    let peer = try TestPeer(port: group.port)
                    try peer.send(message)
                    var received: [UInt8] = []
                    let isComplete = waits {
                        received = receivedAfterMove(journal.all[before...])
                        return received.count >= message.count
                    }
                    #expect(isComplete)
                    #expect(received == message)
                }
                let counters = [group.counters(ofLoop: 0), group.counters(ofLoop: 1)]
                #expect(counters[0].handOvers + counters[1].handOvers == 8)
                #expect(counters[0].adoptions + counters[1].adoptions == 8)
                #expect(waits { journal.count(where: \.isClosed) == 8 })
            }
        }

        /// What the new loop of a connection has received.
        private func receivedAfterMove(_ events: ArraySlice<Event>) -> [UInt8] {
            guard
                let move = events.firstIndex(where: {
                    if case .accepted(_, _, handedOver: true) = $0 { true } else { false }
                })
            else { return [] }
            return events[move...].flatMap { event -> [UInt8] in
                guard case .received(_, let bytes) = event else { return [] }
                return bytes
            }
        }

        @Test func whatWaitsMovesToo() throws {
            var options = LoopGroupOptions.listening()
            options.limits.waitingByteCountMax = 2 << 20
            let body = pattern(1 << 20, seed: 9)
            try withGroup(options) { driver, _ in
                driver.onAccepted = { driver, connection, handedOver in
                    guard !handedOver else { return }
                    driver.send(connection, body)
                    driver.effects.effects.append(
                        .handOver(connection, loop: 0, received: .empty))
                }
            } run: { group, journal in
                let peer = try TestPeer(port: group.port, receiveBufferByteCount: 4_096)
                #expect(waits { journal.count(where: \.isBlocked) == 2 })
                #expect(try peer.receive(exactly: body.count) == body)
                #expect(waits { journal.count(where: \.isWritable) == 1 })
            }
        }

        @Test func bothLoopsOfAPortAreReached() throws {
            try withGroup(.listening(loopCount: 2), configure: echo) { group, _ in
                var accepts: [UInt64] = [0, 0]
                for _ in 0..<1_000 where accepts.contains(0) {
                    let peer = try TestPeer(port: group.port)
                    try peer.send([1])
                    _ = try peer.receive(exactly: 1)
                    accepts = [0, 1].map { group.counters(ofLoop: $0).accepts }
                }
                #expect(accepts[0] > 0 && accepts[1] > 0)
            }
        }

        @Test func peersBeyondTheLimitAreTurnedAway() throws {
            var options = LoopGroupOptions.listening()
            options.limits.connectionsMax = 2
            try withGroup(options, configure: echo) { group, journal in
                do {
                    let first = try TestPeer(port: group.port)
                    let second = try TestPeer(port: group.port)
                    #expect(waits { journal.count(where: \.isAccepted) == 2 })
                    let third = try TestPeer(port: group.port)
                    #expect(try third.receive().isEmpty)
                    #expect(group.counters().refusedByLimit == 1)
                    _ = first
                    _ = second
                }
                #expect(waits { group.counters().connectionsOpen == 0 })
                let fourth = try TestPeer(port: group.port)
                try fourth.send([4])
                #expect(try fourth.receive() == [4])
            }
        }

        @Test(arguments: [WakePolicy.beat, .onArrival])
        func shuttingDownSaysGoodbyeAndReturns(policy: WakePolicy) throws {
            let before = openDescriptorCount()
            var options = LoopGroupOptions.listening(policy, loopCount: 2)
            options.limits.shutDownNanoseconds = 30_000_000_000
            let journal = Journal()
            let group = try LoopGroup.start(options) { _ in
                let driver = ProbeDriver(journal: journal)
                var connections: [ConnectionID] = []
                driver.onAccepted = { _, connection, _ in connections.append(connection) }
                driver.onShutDown = { driver in
                    for connection in connections {
                        driver.send(connection, [0x88, 2, 3, 0xE9])
                        driver.close(connection, .afterFlush)
                    }
                }
                return driver
            }
            var peerCount = 0
            do {
                let first = try TestPeer(port: group.port)
                let second = try TestPeer(port: group.port)
                #expect(waits { journal.count(where: \.isAccepted) == 2 })
                group.shutDown()
                #expect(try first.receive(exactly: 5) == [0x88, 2, 3, 0xE9])
                #expect(try second.receive(exactly: 5) == [0x88, 2, 3, 0xE9])
                peerCount = 2
            }
            group.waitUntilStopped()
            #expect(journal.count(where: \.isClosed) == peerCount)
            #expect(journal.count { $0 == .shutDown } == 2)
            // Fewer where a thread of a test before has closed its last one meanwhile.
            #expect(waits { openDescriptorCount() <= before })
            #expect(!group.submit(toLoop: 0) { _ in })
            #expect(throws: PeerError.self) { _ = try TestPeer(port: group.port) }
        }

        @Test func shuttingDownDoesNotWaitForStubbornPeers() throws {
            let journal = Journal()
            var options = LoopGroupOptions.listening()
            options.limits.shutDownNanoseconds = 50_000_000
            let group = try LoopGroup.start(options) { _ in ProbeDriver(journal: journal) }
            let peer = try TestPeer(port: group.port)
            #expect(waits { journal.count(where: \.isAccepted) == 1 })
            group.shutDown()
            group.waitUntilStopped()
            guard case .closed(_, .shutdown) = journal.all.last else {
                Issue.record("\(journal.all)")
                return
            }
            #expect(try peer.receive().isEmpty)
        }

        @Test(arguments: [WakePolicy.beat, .onArrival])
        func refusedConnectionsAreToldByTheirTags(policy: WakePolicy) throws {
            try withGroup(.listening(policy)) { _, _ in
            } run: { group, journal in
                for index in 0..<100 {
                    group.submit(toLoop: 0) { driver in
                        driver.effects.effects.append(
                            .connect(address: .loopback(port: 1), tag: UInt64(index)))
                    }
                }
                #expect(waits { journal.all.count == 100 })
                let tags = journal.all.compactMap { event -> UInt64? in
                    guard case .connectFailed(let tag) = event else { return nil }
                    return tag
                }
                #expect(tags.sorted() == Array(0..<100))
                #expect(group.counters().connectFailures == 100)
                #expect(group.counters().connectionsOpen == 0)
            }
        }

        @Test func connectionsBeyondTheLimitCannotBeOpened() throws {
            try withGroup(configure: echo) { server, _ in
                var options = LoopGroupOptions()
                options.limits.connectionsMax = 3
                options.limits.shutDownNanoseconds = 0
                let port = server.port
                try withGroup(options) { driver, _ in
                    for tag in 0..<5 {
                        driver.effects.effects.append(
                            .connect(address: .loopback(port: port), tag: UInt64(tag)))
                    }
                } run: { client, journal in
                    #expect(waits { journal.all.count == 5 })
                    #expect(journal.count { $0 == .connectFailed(tag: 3) } == 1)
                    #expect(journal.count { $0 == .connectFailed(tag: 4) } == 1)
                    #expect(client.counters().connects == 3)
                }
            }
        }

        @Test func addressesThatCannotBeListenedOnAreNamed() throws {
            var options = LoopGroupOptions.listening()
            options.listen = ListenAddress(host: "localhost", port: 0)
            #expect(throws: TransportError.notAnAddress("localhost")) {
                _ = try LoopGroup.start(options) { _ in ProbeDriver(journal: Journal()) }
            }
            for loopCount in [1, 2] {
                try withGroup(.listening(loopCount: loopCount), configure: echo) { group, _ in
                    for secondLoopCount in [1, 2] {
                        var second = LoopGroupOptions.listening(loopCount: secondLoopCount)
                        second.listen = .loopback(port: group.port)
                        #expect(
                            throws: TransportError.system(call: "bind", errorNumber: EADDRINUSE)
                        ) {
                            _ = try LoopGroup.start(second) { _ in
                                ProbeDriver(journal: Journal())
                            }
                        }
                    }
                }
            }
        }

        @Test func aLoopIsPinnedOrTheGroupDoesNotStart() throws {
            let before = openDescriptorCount()
            var options = LoopGroupOptions.listening(loopCount: 2)
            options.processors = [0]
            try withGroup(options, configure: echo) { group, _ in
                let processors = Answer<Int32>()
                group.submit(toLoop: 1) { _ in processors.give(linux_current_processor()) }
                #expect(processors.wait() == 0)
            }
            options.processors = [0, 1_000_000]
            #expect(
                throws: TransportError.system(
                    call: "pthread_setaffinity_np", errorNumber: EINVAL)
            ) {
                _ = try LoopGroup.start(options) { _ in ProbeDriver(journal: Journal()) }
            }
            // Fewer where a thread of a test before has closed its last one meanwhile.
            #expect(waits { openDescriptorCount() <= before })
        }

        @Test(arguments: [WakePolicy.beat, .onArrival])
        func deadlinesAreServedWithoutSpinning(policy: WakePolicy) throws {
            let pollCount = Answer<Int>()
            try withGroup(.listening(policy)) { driver, _ in
                var polls = 0
                var ticks = 0
                driver.nextDeadline = MonotonicClock.now()
                driver.onPoll = { driver, now in
                    polls += 1
                    guard now >= driver.nextDeadline else { return }
                    ticks += 1
                    driver.nextDeadline = now.advanced(byNanoseconds: 4_166_667)
                    if ticks == 50 { pollCount.give(polls) }
                }
            } run: { _, _ in
                // Each wake-up is for a deadline: the beat of 1/60 s never comes first.
                let polls = try #require(pollCount.wait())
                #expect(polls <= 60)
            }
        }
    }
}
