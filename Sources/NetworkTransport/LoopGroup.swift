#if os(Linux)
    import CLinux
    import Glibc
    import Synchronization
    package import TransportInterface

    /// How a group of loops is made.
    package struct LoopGroupOptions: Sendable {
        /// Loops, each with a thread of its own; at least 1.
        package var loopCount = 1
        /// Where to listen; nil for a group that only opens connections.
        package var listen: ListenAddress?
        /// When the loops wake up.
        package var wakePolicy = WakePolicy.beat
        /// The limits of the group.
        package var limits = TransportLimits()
        /// Processors to pin the loops to, in turn; empty pins none.
        package var processors: [Int] = []
        /// Priority of SCHED_FIFO, 1 to 99; nil for the ordinary scheduling class.
        package var realTimePriority: Int32?
        /// Opens each connection to a 127.0.0.0/8 address from another 127.x.y.z (client role).
        package var spreadsLocalAddresses = false
        /// The threads' name, up to 12 bytes; the loop's index follows it.
        package var threadName = "hyoshi-loop"

        /// One loop that listens nowhere.
        package init() {}
    }

    /// Event loops that serve one port together, each on its own thread with its own driver.
    ///
    /// A group runs until ``shutDown()``; its threads do not end with the last reference to it.
    package final class LoopGroup: Sendable {
        /// The port that the group listens on; 0 where it does not listen.
        package let port: UInt16
        private let mailboxes: [Mailbox]
        private let threads = Mutex<[pthread_t]>([])

        /// Opens the sockets and starts the threads.
        ///
        /// - Parameter makeDriver: Called once on each loop's thread with the loop's index.
        package static func start(
            _ options: LoopGroupOptions,
            makeDriver: @escaping @Sendable (_ loopIndex: Int) -> any LoopDriver
        ) throws(TransportError) -> LoopGroup {
            precondition(options.loopCount > 0, "a group needs a loop")
            var listeners: [Int32] = []
            var port: UInt16 = 0
            if let address = options.listen {
                (listeners, port) = try openListeners(
                    address, count: options.loopCount, limits: options.limits)
            }
            var openDescriptors = listeners
            do {
                let settings = try makeSettings(options, listeners, &openDescriptors)
                let group = LoopGroup(port: port, mailboxes: settings[0].mailboxes)
                try group.startThreads(settings, options, makeDriver, &openDescriptors)
                return group
            } catch {
                for descriptor in openDescriptors { _ = linux_close(descriptor) }
                throw error
            }
        }

        private init(port: UInt16, mailboxes: [Mailbox]) {
            self.port = port
            self.mailboxes = mailboxes
        }

        private static func makeSettings(
            _ options: LoopGroupOptions, _ listeners: [Int32], _ openDescriptors: inout [Int32]
        ) throws(TransportError) -> [LoopSettings] {
            var epolls: [Int32] = []
            var events: [Int32] = []
            for _ in 0..<options.loopCount {
                let epoll = try checked(linux_epoll_create(), "epoll_create1")
                openDescriptors.append(epoll)
                epolls.append(epoll)
                guard options.wakePolicy == .onArrival else {
                    events.append(-1)
                    continue
                }
                let event = try checked(linux_event_create(), "eventfd")
                openDescriptors.append(event)
                events.append(event)
            }
            let mailboxes = events.map { Mailbox(event: $0) }
            let budget = ConnectionBudget(connectionsMax: options.limits.connectionsMax)
            return (0..<options.loopCount).map { index in
                LoopSettings(
                    index: index, wakePolicy: options.wakePolicy, limits: options.limits,
                    spreadsLocalAddresses: options.spreadsLocalAddresses, mailboxes: mailboxes,
                    budget: budget, epoll: epolls[index],
                    listener: listeners.isEmpty ? -1 : listeners[index], event: events[index])
            }
        }

        private func startThreads(
            _ settings: [LoopSettings], _ options: LoopGroupOptions,
            _ makeDriver: @escaping @Sendable (Int) -> any LoopDriver,
            _ openDescriptors: inout [Int32]
        ) throws(TransportError) {
            for loop in settings {
                let thread: pthread_t
                do {
                    thread = try startThread {
                        var eventLoop = EventLoop(loop, driver: makeDriver(loop.index))
                        eventLoop.run()
                    }
                } catch {
                    stopThreads()
                    throw error
                }
                // From here on the loop owns its descriptors.
                openDescriptors.removeAll { [loop.epoll, loop.listener, loop.event].contains($0) }
                threads.withLock { $0.append(thread) }
                do {
                    try prepare(thread, loopIndex: loop.index, options)
                } catch {
                    stopThreads()
                    throw error
                }
            }
        }

        private func prepare(
            _ thread: pthread_t, loopIndex: Int, _ options: LoopGroupOptions
        ) throws(TransportError) {
            _ = linux_name_thread(thread, options.threadName + "-\(loopIndex)")
            if !options.processors.isEmpty {
                let processor = options.processors[loopIndex % options.processors.count]
                _ = try checked(
                    linux_pin_thread(thread, Int32(clamping: processor)),
                    "pthread_setaffinity_np")
            }
            if let priority = options.realTimePriority {
                _ = try checked(
                    linux_set_first_in_first_out(thread, priority), "pthread_setschedparam")
            }
        }

        private func stopThreads() {
            shutDown()
            waitUntilStopped()
        }

        /// Number of loops.
        package var loopCount: Int { mailboxes.count }

        /// Runs `body` on a loop's thread between two wake-ups.
        ///
        /// - Returns: False where the loop has ended: then `body` never runs.
        @discardableResult
        package func submit(
            toLoop index: Int, _ body: @escaping @Sendable (any LoopDriver) -> Void
        ) -> Bool {
            mailboxes[index].post(.run(body))
        }

        /// Gives a loop's counters to `body` on the loop's thread between two wake-ups.
        ///
        /// - Returns: False where the loop has ended: then `body` never runs.
        @discardableResult
        package func readCounters(
            ofLoop index: Int, _ body: @escaping @Sendable (LoopCounters) -> Void
        ) -> Bool {
            mailboxes[index].post(.report(body))
        }

        /// Asks every loop to say goodbye to its peers and to end; returns at once.
        package func shutDown() {
            for mailbox in mailboxes { _ = mailbox.post(.shutDown) }
        }

        /// Blocks until every loop has ended, after ``shutDown()``.
        package func waitUntilStopped() {
            threads.withLock { threads in
                for thread in threads { pthread_join(thread, nil) }
                threads = []
            }
        }
    }

    /// What a new thread runs.
    private final class ThreadBody {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Starts a thread that takes no signals but its own faults.
    func startThread(
        _ body: @escaping @Sendable () -> Void
    ) throws(TransportError) -> pthread_t {
        let argument = Unmanaged.passRetained(ThreadBody(body))
        var thread = pthread_t()
        let errorNumber = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                _ = linux_block_asynchronous_signals()
                Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, argument.toOpaque())
        guard errorNumber == 0 else {
            argument.release()
            throw .system(call: "pthread_create", errorNumber: errorNumber)
        }
        return thread
    }
#endif
