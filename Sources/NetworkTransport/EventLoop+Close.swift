#if os(Linux)
    import CLinux
    import Glibc
    import TransportInterface

    /// How effects are carried out, and how connections and the loop itself end.
    extension EventLoop {
        /// Carries out what the driver has asked for since the last time, as one batch.
        ///
        /// Carrying out may call the driver, which may ask for more: a few times that is done at
        /// once, and what is asked for after that waits for the next wake-up.
        mutating func carryOutEffects(now: MonotonicInstant) {
            let batch = driver.effects
            for _ in 0..<4 where !batch.effects.isEmpty {
                batch.exchange(&asked)
                var current = EffectBatch.Content()
                swap(&current, &asked)
                current.bytes.withUnsafeBufferPointer { bytes in
                    for index in current.effects.indices {
                        carryOut(current.effects[index], bytes, now: now)
                    }
                }
                asked = consume current
                asked.removeAll()
                // Give the driver the memory back that is warm in the cache.
                if batch.isEmpty { batch.exchange(&asked) }
            }
            if batch.effects.isEmpty && !batch.bytes.isEmpty { batch.removeAll() }
        }

        private mutating func carryOut(
            _ effect: Effect, _ bytes: UnsafeBufferPointer<UInt8>, now: MonotonicInstant
        ) {
            switch effect {
            case .send(let id, let head, let body):
                send(id, head: bytes.part(head), body: bytes.part(body), now: now)
            case .close(let id, let mode):
                close(id, mode, now: now)
            case .handOver(let id, let target, let received):
                handOver(id, toLoop: target, received: Array(bytes.part(received)), now: now)
            case .connect(let address, let tag):
                connect(to: address, tag: tag, now: now)
            }
        }

        // MARK: Ending connections

        private mutating func close(_ id: ConnectionID, _ mode: CloseMode, now: MonotonicInstant) {
            guard let slot = announcedSlot(id) else {
                counters.staleEffects &+= 1
                return
            }
            switch mode {
            case .immediately:
                if slot.pointee.waitingCount > 0 {
                    // Otherwise the kernel would go on holding bytes for a peer that reads nothing.
                    _ = linux_set_reset_on_close(slot.pointee.descriptor)
                }
                release(id, slot, reason: .closedByDriver, now: now)
            case .afterFlush:
                guard slot.pointee.phase == .open else { return }
                beginLingering(slot, now: now)
                if slot.pointee.waitingCount > 0 {
                    slot.pointee.phase = .flushing
                } else {
                    linger(id, slot)
                }
            }
        }

        /// Ends our direction and waits for the peer to end theirs.
        ///
        /// Closing at once would send RST where input is unread, and that can destroy what the
        /// peer has not read yet (RFC 6455 §7.1.1 asks for this order).
        mutating func linger(_ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>) {
            _ = linux_shut_down_sending(slot.pointee.descriptor)
            slot.pointee.phase = .lingering
        }

        /// The peer or the network has ended the connection against the rules.
        mutating func drop(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>,
            now: MonotonicInstant
        ) {
            counters.resets &+= 1
            release(id, slot, reason: .reset, now: now)
        }

        /// Closes the socket, gives the slot back and tells the driver.
        mutating func release(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>,
            reason: DisconnectReason, now: MonotonicInstant
        ) {
            clearDeadline(slot)
            let isAnnounced = slot.pointee.isAnnounced
            let isOpen = slot.pointee.phase == .open
            _ = linux_close(slot.pointee.descriptor)
            table.giveBack(id)
            settings.budget.giveBack()
            counters.connectionsOpen = table.openCount
            guard isAnnounced else { return }
            // From `close(_:.afterFlush)` on it is the driver that has ended the connection.
            driver.closed(
                id, reason: isOpen || reason == .shutdown ? reason : .closedByDriver, now: now)
        }

        // MARK: Deadlines

        mutating func setDeadline(
            _ slot: UnsafeMutablePointer<ConnectionSlot>, _ deadline: MonotonicInstant,
            now: MonotonicInstant
        ) {
            if slot.pointee.deadlineNanoseconds == 0 { timedCount += 1 }
            slot.pointee.deadlineNanoseconds = max(deadline.nanoseconds, 1)
            if nextExpiry == .distantFuture {
                nextExpiry = now.advanced(byNanoseconds: Self.expiryNanoseconds)
            }
        }

        /// Gives the peer time to take what it has not taken yet.
        mutating func beginLingering(
            _ slot: UnsafeMutablePointer<ConnectionSlot>, now: MonotonicInstant
        ) {
            slot.pointee.leftByteCount = UInt32(clamping: leftByteCount(slot))
            setDeadline(
                slot, now.advanced(byNanoseconds: limits.lingerNanoseconds), now: now)
        }

        /// What the peer has not taken, of the kernel's buffer and of what waits here.
        private func leftByteCount(_ slot: UnsafeMutablePointer<ConnectionSlot>) -> Int {
            let unsent = linux_unsent_byte_count(slot.pointee.descriptor)
            return slot.pointee.waitingCount + Int(max(unsent, 0))
        }

        mutating func clearDeadline(_ slot: UnsafeMutablePointer<ConnectionSlot>) {
            guard slot.pointee.deadlineNanoseconds != 0 else { return }
            slot.pointee.deadlineNanoseconds = 0
            timedCount -= 1
        }

        /// Ends what has taken too long.
        ///
        /// Only connections that are being opened or closed have deadlines: while there are any,
        /// all slots are looked at 20 times a second.
        mutating func expire(now: MonotonicInstant) {
            for index in 0..<table.usedCount {
                guard timedCount > 0 else { break }
                guard let id = table.connection(atSlot: index), let slot = table.find(id) else {
                    continue
                }
                let deadlineNanoseconds = slot.pointee.deadlineNanoseconds
                guard deadlineNanoseconds != 0 && deadlineNanoseconds <= now.nanoseconds else {
                    continue
                }
                let left = slot.pointee.leftByteCount
                if slot.pointee.phase == .connecting {
                    failConnecting(id, slot, now: now)
                } else if Int(left) >= leftByteCount(slot) + limits.lingerByteCountMin {
                    beginLingering(slot, now: now)
                } else {
                    _ = linux_set_reset_on_close(slot.pointee.descriptor)
                    release(id, slot, reason: .closedByDriver, now: now)
                }
            }
            nextExpiry =
                timedCount > 0
                ? now.advanced(byNanoseconds: Self.expiryNanoseconds) : .distantFuture
        }

        // MARK: Ending the loop

        mutating func beginStopping(now: MonotonicInstant) {
            guard stopDeadline == nil else { return }
            stopDeadline = now.advanced(byNanoseconds: limits.shutDownNanoseconds)
            if listener >= 0 {
                _ = linux_close(listener)
                listener = -1
            }
            acceptResume = nil
            driver.shutDown(now: now)
            for index in 0..<table.usedCount {
                guard let id = table.connection(atSlot: index), let slot = table.find(id),
                    slot.pointee.phase == .connecting
                else { continue }
                failConnecting(id, slot, now: now)
            }
        }

        /// Closes what is left and answers the letters that nobody has read.
        mutating func closeEverything(now: MonotonicInstant) {
            for index in 0..<table.usedCount {
                guard let id = table.connection(atSlot: index), let slot = table.find(id) else {
                    continue
                }
                release(id, slot, reason: .shutdown, now: now)
            }
            for letter in mailbox.close() {
                switch letter {
                case .adopt(let moving):
                    _ = linux_close(moving.descriptor)
                    settings.budget.giveBack()
                case .run(let body): body(driver)
                case .report(let body): body(counters)
                case .shutDown: break
                }
            }
        }
    }

    extension UnsafeBufferPointer<UInt8> {
        /// The bytes that a driver's range names; a range beyond the end is the driver's mistake.
        fileprivate func part(_ range: ByteRange) -> UnsafeBufferPointer<UInt8> {
            precondition(
                range.start >= 0 && range.count >= 0 && range.start <= count
                    && range.count <= count - range.start, "a range outside the batch")
            guard let baseAddress else { return UnsafeBufferPointer(start: nil, count: 0) }
            return UnsafeBufferPointer(start: baseAddress + range.start, count: range.count)
        }
    }
#endif
