import Glibc
import NetworkTransport
import Testing
import TransportInterface

extension TransportTests {
    @Suite struct SlowReader {
        static let chunkByteCount = 40_000
        static let chunkCount = 60

        /// Sends numbered chunks, one per wake-up, as long as nothing waits.
        @Sendable static func stream(_ driver: ProbeDriver, _ loopIndex: Int) {
            var chunkIndex = 0
            var isBlocked = false
            var target: ConnectionID?
            driver.onAccepted = { driver, connection, _ in
                target = connection
                driver.nextDeadline = MonotonicInstant(nanoseconds: 0)
            }
            driver.onBlocked = { driver, _ in
                isBlocked = true
                driver.nextDeadline = .distantFuture
            }
            driver.onWritable = { driver, _ in
                isBlocked = false
                driver.nextDeadline = MonotonicInstant(nanoseconds: 0)
            }
            driver.onPoll = { driver, _ in
                guard let target, !isBlocked, chunkIndex < chunkCount else { return }
                driver.send(target, head: [UInt8(chunkIndex)], chunk(chunkIndex))
                chunkIndex += 1
                if chunkIndex == chunkCount { driver.nextDeadline = .distantFuture }
            }
        }

        static func chunk(_ index: Int) -> [UInt8] {
            pattern(chunkByteCount, seed: UInt64(index))
        }

        @Test(arguments: [WakePolicy.beat, .onArrival])
        func isNoticedAndLosesNothing(policy: WakePolicy) throws {
            try withGroup(.listening(policy), configure: Self.stream) { group, journal in
                let peer = try TestPeer(port: group.port, receiveBufferByteCount: 4_096)
                #expect(waits { journal.count(where: \.isBlocked) > 0 })
                for index in 0..<Self.chunkCount {
                    let bytes = try peer.receive(exactly: 1 + Self.chunkByteCount)
                    #expect(bytes == [UInt8(index)] + Self.chunk(index))
                }
                let expected = Self.chunkCount * (1 + Self.chunkByteCount)
                #expect(waits { group.counters().bytesOut == UInt64(expected) })
                // Blocked and writable take turns, beginning with blocked.
                let turns = journal.all.filter { $0.isBlocked || $0.isWritable }
                for (index, event) in turns.enumerated() {
                    #expect(event.isBlocked == index.isMultiple(of: 2))
                }
                #expect(turns.count.isMultiple(of: 2))
                let counters = group.counters()
                #expect(counters.partialWrites + counters.refusedWrites > 0)
                #expect(counters.overflows == 0)
            }
        }

        /// The remainder begins in the head, or in the body, wherever the kernel stopped.
        @Test(arguments: [(1 << 20, 1 << 19), (100, 1 << 20), (1 << 20, 0)])
        func getsTheRestOfOneWrite(headByteCount: Int, bodyByteCount: Int) throws {
            var options = LoopGroupOptions.listening()
            options.limits.waitingByteCountMax = 2 << 20
            let head = pattern(headByteCount, seed: 1)
            let body = pattern(bodyByteCount, seed: 2)
            try withGroup(options) { driver, _ in
                driver.onAccepted = { driver, connection, _ in
                    driver.send(connection, head: head, body)
                }
            } run: { group, journal in
                let peer = try TestPeer(port: group.port, receiveBufferByteCount: 4_096)
                #expect(waits { journal.count(where: \.isBlocked) == 1 })
                let bytes = try peer.receive(exactly: headByteCount + bodyByteCount)
                #expect(bytes == head + body)
                #expect(waits { journal.count(where: \.isWritable) == 1 })
            }
        }

        @Test func getsTheLastWordsBehindWhatWaits() throws {
            var options = LoopGroupOptions.listening()
            options.limits.waitingByteCountMax = 2 << 20
            let body = pattern(1 << 20, seed: 3)
            try withGroup(options) { driver, _ in
                driver.onAccepted = { driver, connection, _ in driver.send(connection, body) }
                var hasSaidGoodbye = false
                driver.onBlocked = { driver, connection in
                    guard !hasSaidGoodbye else { return }
                    hasSaidGoodbye = true
                    driver.send(connection, [1, 0, 1, 3])
                    driver.close(connection, .afterFlush)
                }
            } run: { group, journal in
                let peer = try TestPeer(port: group.port, receiveBufferByteCount: 4_096)
                #expect(waits { journal.count(where: \.isBlocked) == 2 })
                let bytes = try peer.receive(exactly: body.count + 5)
                #expect(bytes == body + [1, 0, 1, 3])
                #expect(journal.count(where: \.isClosed) == 0)
                peer.endSending()
                #expect(waits { journal.count(where: \.isClosed) == 1 })
                guard case .closed(_, .closedByDriver) = journal.all.last else {
                    Issue.record("\(journal.all)")
                    return
                }
            }
        }

        @Test func thatExceedsItsBoundIsClosed() throws {
            var options = LoopGroupOptions.listening()
            options.limits.waitingByteCountMax = 100_000
            try withGroup(options) { driver, _ in
                driver.onAccepted = { driver, connection, _ in
                    driver.send(connection, pattern(2 << 20, seed: 4))
                }
            } run: { group, journal in
                let peer = try TestPeer(port: group.port, receiveBufferByteCount: 4_096)
                #expect(waits { journal.count(where: \.isClosed) == 1 })
                #expect(group.counters().overflows == 1)
                #expect(group.counters().connectionsOpen == 0)
                #expect(throws: PeerError.self) {
                    while try !peer.receive().isEmpty {}
                }
            }
        }

        @Test func thatReadsSlowlyGetsAllOfALastAnswer() throws {
            var options = LoopGroupOptions.listening()
            options.limits.lingerNanoseconds = 3_000_000_000
            let answer = pattern(192 << 10, seed: 6)
            try withGroup(options) { driver, _ in
                driver.onAccepted = { driver, connection, _ in
                    driver.send(connection, answer)
                    driver.close(connection, .afterFlush)
                }
            } run: { group, journal in
                let peer = try TestPeer(port: group.port, receiveBufferByteCount: 8_192)
                var bytes: [UInt8] = []
                // Far longer than one linger, and always some of it within one.
                while bytes.count < answer.count {
                    let part = try peer.receive(atMost: 8_192)
                    if part.isEmpty { break }
                    bytes += part
                    usleep(200_000)
                }
                #expect(bytes == answer)
            }
        }

        @Test func thatNeverReadsIsGivenUpAfterTheLinger() throws {
            var options = LoopGroupOptions.listening()
            options.limits.waitingByteCountMax = 2 << 20
            options.limits.lingerNanoseconds = 100_000_000
            try withGroup(options) { driver, _ in
                driver.onAccepted = { driver, connection, _ in
                    driver.send(connection, pattern(1 << 20, seed: 5))
                }
                driver.onBlocked = { driver, connection in driver.close(connection, .afterFlush) }
            } run: { group, journal in
                let peer = try TestPeer(port: group.port, receiveBufferByteCount: 4_096)
                #expect(waits { journal.count(where: \.isClosed) == 1 })
                #expect(group.counters().connectionsOpen == 0)
                _ = peer
            }
        }
    }
}
