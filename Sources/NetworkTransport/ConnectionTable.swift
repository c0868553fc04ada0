#if os(Linux)
    import TransportInterface

    /// What a loop knows of one connection: plain memory, used again by the next one.
    struct ConnectionSlot {
        enum Phase: UInt8 {
            case free
            /// Opened by the driver, not yet answered.
            case connecting
            case open
            /// Closing: what waits is being written, what comes is thrown away.
            case flushing
            /// Closing: our direction has ended, what comes is thrown away until theirs ends too.
            case lingering
            /// The peer's direction has ended; what waits is being written.
            case farewell
        }

        // What every read and write looks at comes first: one line of the cache.
        var descriptor: Int32 = -1
        var generation: UInt32 = 0
        var phase = Phase.free
        /// Whether the driver knows of the connection and has not been told of its end.
        var isAnnounced = false
        /// The peer's end has been announced: behind the bytes that come there is nothing more.
        var isEndNear = false
        /// The wake-up of the last read, so that none reads twice.
        var lastReadWakeUp: UInt32 = 0
        /// How many bytes the kernel did not take yet.
        var waitingCount = 0
        /// Where those bytes begin in `waiting`.
        var waitingStart = 0
        var waiting: UnsafeMutablePointer<UInt8>?
        var waitingCapacity = 0
        /// When the phase ends in any case; 0 for phases without such an end.
        var deadlineNanoseconds: UInt64 = 0
        /// The driver's name for the connection that it asked for.
        var tag: UInt64 = 0
        var peer = PeerAddress(family: .ipv4, network: 0)
        /// The next slot of the free list, or -1.
        var nextFree: Int32 = -1
        /// How many bytes the peer had still to take when the deadline was set.
        var leftByteCount: UInt32 = 0

        /// Lets `bytes` wait behind what waits already; the memory at least doubles when it grows.
        mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
            guard let start = bytes.baseAddress, bytes.count > 0 else { return }
            if waitingStart + waitingCount + bytes.count > waitingCapacity {
                let isFirst = waitingCount == 0
                let capacity = isFirst ? bytes.count : 2 * (waitingCount + bytes.count)
                let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
                if let waiting {
                    larger.initialize(from: waiting + waitingStart, count: waitingCount)
                    waiting.deallocate()
                }
                waiting = larger
                waitingStart = 0
                waitingCapacity = capacity
            }
            guard let waiting else { return }
            (waiting + waitingStart + waitingCount).initialize(from: start, count: bytes.count)
            waitingCount += bytes.count
        }

        /// What waits.
        var waitingBytes: UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(
                start: waiting.map { UnsafePointer($0 + waitingStart) }, count: waitingCount)
        }

        /// Forgets what waits.
        mutating func forgetWaiting() {
            waiting?.deallocate()
            waiting = nil
            waitingStart = 0
            waitingCount = 0
            waitingCapacity = 0
        }
    }

    /// The connections of one loop by slot; memory is touched only where slots are used.
    struct ConnectionTable: ~Copyable {
        /// Slots that have ever been used: the others are uninitialised memory.
        private(set) var usedCount = 0
        /// Slots in use.
        private(set) var openCount = 0
        private let slots: UnsafeMutablePointer<ConnectionSlot>
        private let capacity: Int
        private var firstFree: Int32 = -1

        init(capacity: Int) {
            self.capacity = capacity
            slots = .allocate(capacity: max(capacity, 1))
        }

        deinit {
            for index in 0..<usedCount { slots[index].forgetWaiting() }
            slots.deallocate()
        }

        /// Takes a slot for `descriptor`; nil where none is left.
        mutating func take(
            descriptor: Int32, phase: ConnectionSlot.Phase
        ) -> ConnectionID? {
            let index: Int
            if firstFree >= 0 {
                index = Int(firstFree)
                firstFree = slots[index].nextFree
            } else {
                guard usedCount < capacity else { return nil }
                index = usedCount
                (slots + index).initialize(to: ConnectionSlot())
                usedCount += 1
            }
            openCount += 1
            let slot = slots + index
            slot.pointee.generation &+= 1
            if slot.pointee.generation == 0 { slot.pointee.generation = 1 }
            slot.pointee.descriptor = descriptor
            slot.pointee.phase = phase
            slot.pointee.isAnnounced = false
            slot.pointee.isEndNear = false
            slot.pointee.deadlineNanoseconds = 0
            slot.pointee.lastReadWakeUp = 0
            return ConnectionID(slot: Int32(index), generation: slot.pointee.generation)
        }

        /// Gives a slot back; its id is stale from here on.
        mutating func giveBack(_ id: ConnectionID) {
            let slot = slots + Int(id.slot)
            slot.pointee.forgetWaiting()
            slot.pointee.phase = .free
            slot.pointee.descriptor = -1
            slot.pointee.nextFree = firstFree
            firstFree = id.slot
            openCount -= 1
        }

        /// The slot of a connection; nil where the id is stale.
        func find(_ id: ConnectionID) -> UnsafeMutablePointer<ConnectionSlot>? {
            guard id.slot >= 0 && Int(id.slot) < usedCount else { return nil }
            let slot = slots + Int(id.slot)
            guard slot.pointee.generation == id.generation && slot.pointee.phase != .free else {
                return nil
            }
            return slot
        }

        /// The connection that holds the slot of this index now, if one does.
        func connection(atSlot index: Int) -> ConnectionID? {
            guard index < usedCount && slots[index].phase != .free else { return nil }
            return ConnectionID(slot: Int32(index), generation: slots[index].generation)
        }
    }
#endif
