#if os(Linux)
    import CLinux
    import Glibc
    import TransportInterface

    /// What a loop is made with; its descriptors become the loop's own.
    struct LoopSettings: Sendable {
        var index: Int
        var wakePolicy: WakePolicy
        var limits: TransportLimits
        var spreadsLocalAddresses: Bool
        var mailboxes: [Mailbox]
        var budget: ConnectionBudget
        var epoll: Int32
        /// Negative where the loop does not listen.
        var listener: Int32
        /// Negative where the beat wakes the loop anyway.
        var event: Int32
    }

    /// One event loop: one thread, one driver, and the sockets of its connections.
    ///
    /// A wake-up sleeps until the beat, reads every socket that is ready once, lets the driver run
    /// what is due, and writes all its effects as one batch. The steady wake-up allocates nothing
    /// and takes no lock. It is a struct in a local variable of its thread, so that the compiler
    /// proves exclusive access where a class would check it at run time.
    struct EventLoop: ~Copyable {
        let settings: LoopSettings
        let limits: TransportLimits
        let mailbox: Mailbox
        let driver: any LoopDriver
        let sleeper: Sleeper
        let events: UnsafeMutablePointer<epoll_event>
        let readBuffer: UnsafeMutablePointer<UInt8>
        let writeBuffer: UnsafeMutablePointer<UInt8>
        var table: ConnectionTable
        var counters = LoopCounters()
        var listener: Int32
        /// A descriptor to give up when there is no other; -1 while it is given up.
        var spare: Int32
        /// When to listen again after running out of descriptors; nil while listening.
        var acceptResume: MonotonicInstant?
        /// Connections with a deadline of their own, and when to look at them next.
        var timedCount = 0
        var nextExpiry = MonotonicInstant.distantFuture
        /// The wake-up's number, as slots remember it; never 0.
        var wakeUpNumber: UInt32 = 1
        var serviceBeat = MonotonicInstant(nanoseconds: 0)
        /// When the loop ends in any case; nil while it is not asked to stop.
        var stopDeadline: MonotonicInstant?
        /// Memory that changes places with the driver's batch while that is carried out.
        var asked = EffectBatch.Content()
        /// Connections that may have more to read, about which no further event will come.
        var unread: [ConnectionID] = []
        /// Connections opened so far, for spreading their local addresses.
        var connectNumber: UInt32 = 0

        static let eventsMax: Int32 = 1_024
        static let readByteCountMax = 64 * 1024
        static let writeByteCountMax = 16 * 1024
        static let serviceNanoseconds: UInt64 = 1_000_000_000 / 60
        static let expiryNanoseconds: UInt64 = 50_000_000
        static let acceptPauseNanoseconds: UInt64 = 50_000_000

        /// Slots that no connection ever has: events carry these for the loop's own descriptors.
        static let listenerData: UInt64 = 0xFFFF_FFFF
        static let eventData: UInt64 = 0xFFFF_FFFE

        init(_ settings: LoopSettings, driver: any LoopDriver) {
            self.settings = settings
            self.driver = driver
            limits = settings.limits
            mailbox = settings.mailboxes[settings.index]
            sleeper = .forLoop()
            events = .allocate(capacity: Int(Self.eventsMax))
            readBuffer = .allocate(capacity: Self.readByteCountMax)
            writeBuffer = .allocate(capacity: Self.writeByteCountMax)
            table = ConnectionTable(capacity: settings.limits.connectionsMax)
            listener = settings.listener
            spare = linux_open_null()
            if listener >= 0 {
                _ = linux_epoll_add(
                    settings.epoll, listener, EPOLLIN.rawValue, Self.listenerData)
            }
            if settings.event >= 0 {
                _ = linux_epoll_add(
                    settings.epoll, settings.event, EPOLLIN.rawValue, Self.eventData)
            }
        }

        deinit {
            if spare >= 0 { _ = linux_close(spare) }
            if listener >= 0 { _ = linux_close(listener) }
            if settings.event >= 0 { _ = linux_close(settings.event) }
            _ = linux_close(settings.epoll)
            events.deallocate()
            readBuffer.deallocate()
            writeBuffer.deallocate()
        }

        /// Runs until the loop has been shut down.
        mutating func run() {
            var isRunning = true
            while isRunning {
                isRunning = wakeUp()
            }
            closeEverything(now: MonotonicClock.now())
        }

        /// One wake-up; false after the last.
        private mutating func wakeUp() -> Bool {
            let readyCount = waitForWork()
            let now = MonotonicClock.now()
            counters.wakeUps &+= 1
            wakeUpNumber = wakeUpNumber == .max ? 1 : wakeUpNumber + 1
            serviceBeat = now.advanced(byNanoseconds: Self.serviceNanoseconds)
            readMail(now: now)
            readUnread(now: now)
            handleEvents(readyCount: readyCount, now: now)
            if let resume = acceptResume, resume <= now { resumeAccepting() }
            if nextExpiry <= now { expire(now: now) }
            let pollInstant = MonotonicClock.now()
            driver.poll(now: pollInstant)
            carryOutEffects(now: pollInstant)
            let end = MonotonicClock.now()
            driver.finished(now: end)
            guard let stopDeadline else { return true }
            return table.openCount > 0 && end < stopDeadline
        }

        /// When the loop has to wake up even if nothing arrives.
        private var nextWakeUp: MonotonicInstant {
            var instant = min(driver.nextDeadline, nextExpiry)
            if let acceptResume { instant = min(instant, acceptResume) }
            if let stopDeadline { instant = min(instant, stopDeadline) }
            // Effects that could not be carried out yet must not wait for a far deadline.
            let keepsBeat = settings.wakePolicy == .beat || !driver.effects.effects.isEmpty
            if keepsBeat { return min(instant, serviceBeat) }
            return unread.isEmpty ? instant : MonotonicInstant(nanoseconds: 0)
        }

        /// Sleeps as the wake policy says; returns how many events are ready.
        private func waitForWork() -> Int32 {
            let instant = nextWakeUp
            let epoll = settings.epoll
            switch settings.wakePolicy {
            case .beat:
                if MonotonicClock.now() < instant { sleeper.sleep(until: instant) }
                return linux_epoll_wait_milliseconds(epoll, events, Self.eventsMax, 0)
            case .onArrival:
                let isEndless = instant == .distantFuture
                let waitNanoseconds = instant.nanoseconds(since: MonotonicClock.now())
                let count = linux_epoll_wait_nanoseconds(
                    epoll, events, Self.eventsMax,
                    isEndless ? -1 : Int64(clamping: waitNanoseconds))
                guard count == -ENOSYS else { return count }
                let waitMilliseconds = (waitNanoseconds &+ 999_999) / 1_000_000
                return linux_epoll_wait_milliseconds(
                    epoll, events, Self.eventsMax,
                    isEndless ? -1 : Int32(clamping: waitMilliseconds))
            }
        }

        private mutating func handleEvents(readyCount: Int32, now: MonotonicInstant) {
            var readyCount = readyCount
            var roundsLeft = table.usedCount / Int(Self.eventsMax) + 1
            while readyCount > 0 {
                for index in 0..<Int(readyCount) {
                    handle(events[index], now: now)
                }
                // A full array: there may be more.
                guard readyCount == Self.eventsMax && roundsLeft > 0 else { return }
                roundsLeft -= 1
                readyCount = linux_epoll_wait_milliseconds(
                    settings.epoll, events, Self.eventsMax, 0)
            }
        }

        private mutating func handle(_ event: epoll_event, now: MonotonicInstant) {
            let data = event.data.u64
            let id = ConnectionID(
                slot: Int32(truncatingIfNeeded: data),
                generation: UInt32(truncatingIfNeeded: data >> 32))
            guard let slot = table.find(id) else {
                if data == Self.listenerData { acceptPending(now: now) }
                return
            }
            if slot.pointee.phase == .connecting {
                finishConnecting(id, slot, now: now)
                guard table.find(id) != nil else { return }
            } else if slot.pointee.waitingCount > 0 && event.events & EPOLLOUT.rawValue != 0 {
                flush(id, slot, now: now)
                guard table.find(id) != nil else { return }
            }
            let isBroken = event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
            let isEndNear = isBroken || event.events & EPOLLRDHUP.rawValue != 0
            if isEndNear { slot.pointee.isEndNear = true }
            if isEndNear || event.events & EPOLLIN.rawValue != 0 {
                read(id, slot, isBroken: isBroken, now: now)
            }
        }

        /// Reads what the last wake-up has left unread: no event will tell of it again.
        private mutating func readUnread(now: MonotonicInstant) {
            guard !unread.isEmpty else { return }
            let connections = exchange(&unread, with: [])
            for id in connections {
                guard let slot = table.find(id) else { continue }
                if slot.pointee.lastReadWakeUp == wakeUpNumber { continue }
                read(id, slot, isBroken: false, now: now)
            }
        }

        private mutating func readMail(now: MonotonicInstant) {
            for letter in mailbox.takeLetters() {
                switch letter {
                case .adopt(let moving): adopt(moving, now: now)
                case .run(let body): body(driver)
                case .report(let body): body(counters)
                case .shutDown: beginStopping(now: now)
                }
            }
        }
    }
#endif
