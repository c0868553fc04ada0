import NetworkTransport
import Testing
import TransportInterface

extension TransportTests {
    @Suite struct Ending {
        @Test(arguments: [WakePolicy.beat, .onArrival])
        func aRequestWithItsEndRightBehindIsAnswered(policy: WakePolicy) throws {
            try withGroup(.listening(policy), configure: echo) { group, journal in
                let peer = try TestPeer(port: group.port)
                try peer.send([1, 2, 3])
                peer.endSending()
                #expect(try peer.receive(exactly: 4) == [1, 2, 3])
                #expect(waits { journal.count(where: \.isClosed) == 1 })
                guard case .closed(_, .endOfStream) = journal.all.last else {
                    Issue.record("\(journal.all)")
                    return
                }
            }
        }

        @Test func aPeerThatHasEndedStillReadsWhatWaits() throws {
            var options = LoopGroupOptions.listening()
            options.limits.waitingByteCountMax = 2 << 20
            options.limits.lingerNanoseconds = 30_000_000_000
            let body = pattern(1 << 20, seed: 6)
            try withGroup(options) { driver, _ in
                driver.onAccepted = { driver, connection, _ in driver.send(connection, body) }
            } run: { group, journal in
                let peer = try TestPeer(port: group.port, receiveBufferByteCount: 4_096)
                #expect(waits { journal.count(where: \.isBlocked) == 1 })
                peer.endSending()
                #expect(waits { journal.count(where: \.isClosed) == 1 })
                #expect(group.counters().connectionsOpen == 1)
                #expect(try peer.receive(exactly: body.count + 1) == body)
                #expect(waits { group.counters().connectionsOpen == 0 })
                #expect(journal.count(where: \.isClosed) == 1)
            }
        }

        @Test(arguments: [WakePolicy.beat, .onArrival])
        func aResetInTheMiddleOfWritingHarmsNobodyElse(policy: WakePolicy) throws {
            try withGroup(.listening(policy)) { driver, loopIndex in
                SlowReader.stream(driver, loopIndex)
                driver.onReceived = { driver, connection, bytes in
                    driver.send(connection, bytes)
                }
            } run: { group, journal in
                let peer = try TestPeer(port: group.port, receiveBufferByteCount: 4_096)
                #expect(waits { journal.count(where: \.isBlocked) == 1 })
                peer.reset()
                #expect(waits { journal.count(where: \.isClosed) == 1 })
                guard case .closed(_, .reset) = journal.all.last else {
                    Issue.record("\(journal.all)")
                    return
                }
                #expect(group.counters().resets == 1)
                #expect(group.counters().connectionsOpen == 0)
            }
        }

        @Test func thousandsOfRudePeersLeaveNoDescriptorBehind() throws {
            try withGroup(configure: echo) { group, journal in
                #expect(group.counters().wakeUps > 0)
                let before = openDescriptorCount()
                for index in 0..<2_000 {
                    let peer = try TestPeer(port: group.port)
                    if index.isMultiple(of: 2) { try peer.send([0x16, 3, 1, 0]) }
                    if index.isMultiple(of: 3) { peer.reset() }
                }
                // A peer that is gone before it is accepted may or may not be seen.
                let isQuiet = waits {
                    let counters = group.counters()
                    let closedCount = journal.count(where: \.isClosed)
                    return counters.connectionsOpen == 0
                        && counters.accepts == UInt64(closedCount)
                        && openDescriptorCount() <= before
                }
                #expect(isQuiet)
                let peer = try TestPeer(port: group.port)
                try peer.send([9])
                #expect(try peer.receive(exactly: 1) == [9])
            }
        }

        @Test(arguments: [CloseMode.afterFlush, .immediately])
        func theDriverClosesAfterItsAnswer(mode: CloseMode) throws {
            try withGroup { driver, _ in
                driver.onReceived = { driver, connection, bytes in
                    driver.send(connection, bytes)
                    driver.close(connection, mode)
                }
            } run: { group, journal in
                let peer = try TestPeer(port: group.port)
                try peer.send([5, 6])
                #expect(try peer.receive(exactly: 3) == [5, 6])
                if mode == .afterFlush {
                    // What comes after the close is thrown away, and reset by nobody.
                    #expect(journal.count(where: \.isClosed) == 0)
                    try peer.send([7, 8])
                    peer.endSending()
                }
                #expect(waits { journal.count(where: \.isClosed) == 1 })
                guard case .closed(_, .closedByDriver) = journal.all.last else {
                    Issue.record("\(journal.all)")
                    return
                }
                #expect(journal.count(where: \.isReceived) == 1)
            }
        }

        @Test func anEffectForAnOldConnectionDoesNotReachTheNextOne() throws {
            try withGroup { driver, _ in
                var old: ConnectionID?
                driver.onClosed = { _, connection in old = connection }
                driver.onReceived = { driver, connection, _ in
                    guard let old else { return }
                    driver.send(old, [0xBA, 0xD0])
                    driver.close(old, .immediately)
                    driver.effects.effects.append(
                        .handOver(old, loop: 0, received: .empty))
                    driver.send(connection, [0x60])
                }
            } run: { group, journal in
                let first = try TestPeer(port: group.port)
                #expect(waits { journal.count(where: \.isAccepted) == 1 })
                first.reset()
                #expect(waits { journal.count(where: \.isClosed) == 1 })
                let second = try TestPeer(port: group.port)
                try second.send([1])
                #expect(try second.receive() == [0x60])
                #expect(group.counters().staleEffects == 3)
                let connections = journal.all.compactMap { event -> ConnectionID? in
                    guard case .accepted(let connection, _, _) = event else { return nil }
                    return connection
                }
                #expect(connections.count == 2)
                #expect(connections[0].slot == connections[1].slot)
                #expect(connections[0].generation != connections[1].generation)
            }
        }
    }
}
