import CLinux
import Glibc
import NetworkTransport
import Testing
import TransportInterface

extension TransportTests {
    @Suite struct System {
        @Test func noDescriptorLeftIsSurvived() async {
            await #expect(processExitsWith: .success) {
                try withGroup(configure: echo) { group, journal in
                    let first = try TestPeer(port: group.port)
                    try first.send([1])
                    _ = try first.receive(exactly: 1)
                    // The peers' sockets exist before the descriptors run out.
                    let sockets = (0..<10).map { _ in socket(AF_INET, 1, 0) }
                    var hogs: [Int32] = []
                    _ = linux_set_descriptor_limit(256)
                    while true {
                        let hog = open("/dev/null", O_RDONLY)
                        guard hog >= 0 else { break }
                        hogs.append(hog)
                    }
                    var address = linux_address()
                    _ = linux_parse_address("127.0.0.1", &address)
                    address.port = group.port
                    for descriptor in sockets { _ = linux_connect(descriptor, &address) }
                    let isShed = waits { group.counters().refusedByExhaustion == 10 }
                    guard isShed else { exit(2) }
                    // Whoever is in plays on, and the loop sleeps rather than spins.
                    try first.send([2])
                    guard try first.receive(exactly: 1) == [2] else { exit(3) }
                    let wakeUps = group.counters().wakeUps
                    usleep(200_000)
                    guard group.counters().wakeUps - wakeUps < 100 else { exit(4) }
                    for hog in hogs { close(hog) }
                    for descriptor in sockets { close(descriptor) }
                    let second = try TestPeer(port: group.port)
                    try second.send([3])
                    guard try second.receive(exactly: 1) == [3] else { exit(5) }
                }
                exit(0)
            }
        }

        @Test func stopSignalsAreWaitedFor() async {
            await #expect(processExitsWith: .success) {
                StopSignals.claim()
                guard StopSignals.wait(nanoseconds: 1_000_000) == nil else { exit(2) }
                // To this thread: those that the test library started take signals still.
                raise(SIGTERM)
                guard StopSignals.wait() == SIGTERM else { exit(3) }
                raise(SIGINT)
                guard StopSignals.wait(nanoseconds: 30_000_000_000) == SIGINT else { exit(4) }
                exit(0)
            }
        }

        /// No child that another thread starts at that moment may hold an end open.
        @Test func pipesAreNotInherited() {
            var ends: [Int32] = [-1, -1]
            #expect(linux_pipe(&ends) == 0)
            for end in ends {
                #expect(fcntl(end, F_GETFD) & FD_CLOEXEC != 0)
                #expect(fcntl(end, F_GETFL) & O_NONBLOCK == 0)
            }
            var byte: UInt8 = 7
            #expect(write(ends[1], &byte, 1) == 1 && close(ends[1]) == 0)
            byte = 0
            #expect(read(ends[0], &byte, 1) == 1 && byte == 7)
            #expect(read(ends[0], &byte, 1) == 0 && close(ends[0]) == 0)
        }

        @Test(arguments: SleepStrategy.allCases)
        func sleepersNeverWakeEarly(strategy: SleepStrategy) throws {
            // Under SCHED_FIFO the thread would stay there, and not every user may have it.
            guard strategy != .sleepFIFO else { return }
            let sleeper = try Sleeper(strategy)
            for _ in 0..<20 {
                let instant = MonotonicClock.now().advanced(byNanoseconds: 1_000_000)
                sleeper.sleep(until: instant)
                #expect(MonotonicClock.now() >= instant)
            }
        }

        @Test func peersOfBothFamiliesReachADualStackPort() throws {
            var options = LoopGroupOptions.listening()
            options.listen = ListenAddress(host: "::", port: 0)
            guard linux_socket(6) >= 0 else { return }
            try withGroup(options, configure: echo) { group, journal in
                let peer = try TestPeer(port: group.port)
                try peer.send([1])
                #expect(try peer.receive(exactly: 1) == [1])
                guard case .accepted(_, let address, _) = journal.all.first else {
                    Issue.record("\(journal.all)")
                    return
                }
                #expect(address == PeerAddress(family: .ipv4, network: 0x7F00_0001))
            }
        }
    }
}
