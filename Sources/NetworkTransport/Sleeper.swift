#if os(Linux)
    import CLinux
    import Glibc
    package import TransportInterface

    /// A way to sleep until an instant; they differ in how late they wake.
    package enum SleepStrategy: String, Sendable, CaseIterable {
        /// `clock_nanosleep` to an absolute instant, with the kernel's default slack of 50 µs.
        case sleep
        /// The same under SCHED_FIFO, which needs a privilege.
        case sleepFIFO
        /// `clock_nanosleep` until 200 µs before the instant, then spinning on the clock.
        case spin
        /// `epoll_pwait2` with a relative timeout in nanoseconds.
        case epollNanoseconds
        /// `epoll_wait` with a relative timeout in whole milliseconds, rounded up.
        case epollMilliseconds
        /// `clock_nanosleep` to an absolute instant with a timer slack of 1 ns: what loops do.
        case slack1
    }

    /// Puts the calling thread to sleep until given instants, by one strategy.
    ///
    /// Making one changes the calling thread's slack and scheduling class as the strategy asks.
    package struct Sleeper: ~Copyable {
        /// How it sleeps.
        package let strategy: SleepStrategy
        private let epoll: Int32
        private let event: UnsafeMutablePointer<epoll_event>
        private static let spinNanoseconds: UInt64 = 200_000
        private static let defaultSlackNanoseconds: UInt = 50_000
        private static let defaultPriority: Int32 = 50

        /// Prepares the calling thread; throws where the system refuses the strategy.
        package init(_ strategy: SleepStrategy) throws(TransportError) {
            if strategy == .sleepFIFO {
                _ = try checked(
                    linux_set_first_in_first_out(pthread_self(), Self.defaultPriority),
                    "pthread_setschedparam")
            }
            let usesEpoll = strategy == .epollNanoseconds || strategy == .epollMilliseconds
            let epoll = usesEpoll ? try checked(linux_epoll_create(), "epoll_create1") : -1
            self.init(preparing: strategy, epoll: epoll)
        }

        /// What a loop's own thread sleeps with.
        static func forLoop() -> Sleeper {
            Sleeper(preparing: .slack1, epoll: -1)
        }

        private init(preparing strategy: SleepStrategy, epoll: Int32) {
            self.strategy = strategy
            self.epoll = epoll
            event = .allocate(capacity: 1)
            let isExact = strategy == .slack1 || strategy == .sleepFIFO
            // Where the system refuses it, sleeping is a little less exact.
            _ = linux_set_timer_slack(isExact ? 1 : Self.defaultSlackNanoseconds)
        }

        deinit {
            if epoll >= 0 { _ = linux_close(epoll) }
            event.deallocate()
        }

        /// Sleeps until `instant`; returns at once where that has passed, and early on a signal.
        package func sleep(until instant: MonotonicInstant) {
            switch strategy {
            case .sleep, .sleepFIFO, .slack1:
                _ = linux_sleep_until(instant.nanoseconds)
            case .spin:
                let early = min(instant.nanoseconds, Self.spinNanoseconds)
                _ = linux_sleep_until(instant.nanoseconds - early)
                while MonotonicClock.now() < instant {}
            case .epollNanoseconds:
                let waitNanoseconds = instant.nanoseconds(since: MonotonicClock.now())
                _ = linux_epoll_wait_nanoseconds(
                    epoll, event, 1, Int64(clamping: waitNanoseconds))
            case .epollMilliseconds:
                let waitNanoseconds = instant.nanoseconds(since: MonotonicClock.now())
                let waitMilliseconds = waitNanoseconds / 1_000_000 + 1
                _ = linux_epoll_wait_milliseconds(
                    epoll, event, 1, Int32(clamping: waitMilliseconds))
            }
        }
    }
#endif
