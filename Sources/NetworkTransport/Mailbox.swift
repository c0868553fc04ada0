#if os(Linux)
    import CLinux
    import Synchronization
    import TransportInterface

    /// A connection on its way from one loop to another.
    struct MovingConnection: Sendable {
        var descriptor: Int32
        var peer: PeerAddress
        /// Every byte that came from the peer so far.
        var received: [UInt8]
        /// Bytes that are still to be written to the peer.
        var waiting: [UInt8]
    }

    /// What other threads ask of a loop.
    enum Letter: Sendable {
        case adopt(MovingConnection)
        case run(@Sendable (any LoopDriver) -> Void)
        case report(@Sendable (LoopCounters) -> Void)
        case shutDown
    }

    /// The only thing that a loop shares with other threads.
    ///
    /// A loop that finds nothing pays one atomic load; the lock is taken only for letters.
    final class Mailbox: Sendable {
        private struct Contents {
            var letters: [Letter] = []
            var isClosed = false
        }

        private let isFilled = Atomic<Bool>(false)
        private let contents = Mutex(Contents())
        /// Wakes a loop that waits in epoll; negative where the loop wakes by the beat anyway.
        private let event: Int32

        init(event: Int32) {
            self.event = event
        }

        /// False where the loop has ended: then nothing will read the letter.
        func post(_ letter: Letter) -> Bool {
            contents.withLock { contents in
                guard !contents.isClosed else { return false }
                contents.letters.append(letter)
                isFilled.store(true, ordering: .releasing)
                // Under the lock: once the mailbox is closed the descriptor is closed too.
                if event >= 0 { _ = linux_event_signal(event) }
                return true
            }
        }

        /// Everything posted since the last time, oldest first.
        func takeLetters() -> [Letter] {
            guard isFilled.load(ordering: .acquiring) else { return [] }
            return contents.withLock { contents in
                isFilled.store(false, ordering: .relaxed)
                if event >= 0 { _ = linux_event_clear(event) }
                let letters = contents.letters
                contents.letters = []
                return letters
            }
        }

        /// Refuses letters from now on; returns those that nobody has read.
        func close() -> [Letter] {
            contents.withLock { contents in
                contents.isClosed = true
                let letters = contents.letters
                contents.letters = []
                return letters
            }
        }
    }

    /// Counts the connections of all loops of a group against their common limit.
    final class ConnectionBudget: Sendable {
        private let free: Atomic<Int>

        init(connectionsMax: Int) {
            free = Atomic(connectionsMax)
        }

        /// Takes one connection's place; false where none is left.
        func take() -> Bool {
            if free.subtract(1, ordering: .relaxed).newValue >= 0 { return true }
            free.add(1, ordering: .relaxed)
            return false
        }

        /// Gives a place back.
        func giveBack() {
            free.add(1, ordering: .relaxed)
        }
    }
#endif
