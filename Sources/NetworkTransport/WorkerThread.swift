#if os(Linux)
    import CLinux
    import Glibc

    /// A thread for work that must not hold a loop up, such as writing files.
    package struct WorkerThread: Sendable {
        private let thread: pthread_t

        /// Starts it; it takes no signals but its own faults.
        package init(
            named name: String, _ body: @escaping @Sendable () -> Void
        ) throws(TransportError) {
            thread = try startThread(body)
            _ = linux_name_thread(thread, name)
        }

        /// Blocks until its body has returned; to be called once.
        package func waitUntilEnded() {
            pthread_join(thread, nil)
        }
    }
#endif
