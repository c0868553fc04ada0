#if os(Linux)
    import CLinux
    import Glibc
    import TransportInterface

    /// SIGTERM and SIGINT as something to wait for, on the main thread of a program.
    package enum StopSignals {
        /// Keeps the signals for ``wait()`` and makes writes to closed pipes an error.
        ///
        /// To be called first thing in a program: threads that start later inherit it.
        package static func claim() {
            _ = linux_block_stop_signals()
            _ = linux_ignore_broken_pipes()
        }

        /// Waits for SIGTERM or SIGINT and returns its number.
        package static func wait() -> Int32 {
            while true {
                let signal = linux_wait_for_stop_signal(-1)
                if signal > 0 { return signal }
            }
        }

        /// Waits at most `nanoseconds`; nil where no signal came.
        package static func wait(nanoseconds: UInt64) -> Int32? {
            let deadline = MonotonicClock.now().advanced(byNanoseconds: nanoseconds)
            while true {
                let left = deadline.nanoseconds(since: MonotonicClock.now())
                let signal = linux_wait_for_stop_signal(Int64(clamping: left))
                if signal > 0 { return signal }
                if signal != -EINTR { return nil }
            }
        }
    }

    /// What a program asks of the system for itself.
    package enum ProcessSettings {
        /// Allows as many open descriptors as the hard limit does; returns how many that is.
        @discardableResult
        package static func raiseDescriptorLimit() throws(TransportError) -> Int {
            Int(try checked(linux_set_descriptor_limit(.max), "setrlimit"))
        }

        /// Keeps all memory of the process, present and future, from being paged out.
        package static func lockMemory() throws(TransportError) {
            _ = try checked(linux_lock_memory(), "mlockall")
        }
    }
#endif
