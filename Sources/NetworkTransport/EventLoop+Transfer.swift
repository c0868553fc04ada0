#if os(Linux)
    import CLinux
    import Glibc
    import TransportInterface

    /// How bytes come and go.
    extension EventLoop {
        /// What every connection is watched for from its first moment to its last.
        ///
        /// Edge-triggered: the kernel looks at a socket once per arrival, where level-triggered it
        /// would look again at the next wake-up (measured: 2 % of a loop's time), and nothing needs
        /// to change while a connection is blocked. In return the loop remembers what it has left
        /// unread (``unread``).
        static var connectionEvents: UInt32 {
            EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | 1 << 31
        }

        /// The slot of a connection that the driver may still speak of.
        func announcedSlot(_ id: ConnectionID) -> UnsafeMutablePointer<ConnectionSlot>? {
            guard let slot = table.find(id), slot.pointee.isAnnounced else { return nil }
            return slot
        }

        // MARK: Reading

        /// Reads once, and again only where the whole buffer was filled; what is left unread is
        /// read in the next wake-up.
        mutating func read(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>, isBroken: Bool,
            now: MonotonicInstant
        ) {
            guard slot.pointee.lastReadWakeUp != wakeUpNumber else {
                unread.append(id)
                return
            }
            slot.pointee.lastReadWakeUp = wakeUpNumber
            for readIndex in 0..<limits.readsPerWakeUpMax {
                let count = linux_receive(
                    slot.pointee.descriptor, readBuffer, Int64(Self.readByteCountMax))
                guard count > 0 else {
                    if readIndex == 0 {
                        endReading(id, slot, result: count, isBroken: isBroken, now: now)
                    } else if count != -Int64(EAGAIN) {
                        // The answer to the bytes before the end is written first.
                        unread.append(id)
                    }
                    return
                }
                counters.reads &+= 1
                counters.bytesIn &+= UInt64(count)
                let isFull = count == Self.readByteCountMax
                let effectCount = isFull ? driver.effects.effects.count : 0
                if slot.pointee.phase == .open {
                    let bytes = UnsafeBufferPointer(start: readBuffer, count: Int(count))
                    driver.received(id, Span(_unsafeElements: bytes), now: now)
                }
                guard isFull else {
                    if slot.pointee.isEndNear { unread.append(id) }
                    return
                }
                guard !isGivenUp(id, since: effectCount) else { break }
            }
            unread.append(id)
        }

        /// Whether the driver has just asked to close the connection or to hand it over: what comes
        /// next is not for it.
        private func isGivenUp(_ id: ConnectionID, since effectCount: Int) -> Bool {
            for effect in driver.effects.effects.dropFirst(effectCount) {
                switch effect {
                case .close(id, _), .handOver(id, _, _): return true
                default: continue
                }
            }
            return false
        }

        private mutating func endReading(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>, result: Int64,
            isBroken: Bool, now: MonotonicInstant
        ) {
            if result == -Int64(EAGAIN) || result == -Int64(EINTR) {
                if isBroken { drop(id, slot, now: now) }
                return
            }
            guard result == 0 else {
                drop(id, slot, now: now)
                return
            }
            if slot.pointee.waitingCount == 0 {
                release(id, slot, reason: .endOfStream, now: now)
                return
            }
            // The peer may still read what waits for it.
            let wasOpen = slot.pointee.phase == .open
            slot.pointee.phase = .farewell
            if wasOpen {
                beginLingering(slot, now: now)
                slot.pointee.isAnnounced = false
                driver.closed(id, reason: .endOfStream, now: now)
            }
        }

        // MARK: Writing

        /// Writes `head` and `body` with one system call, and keeps what the kernel does not take.
        mutating func send(
            _ id: ConnectionID, head: UnsafeBufferPointer<UInt8>,
            body: UnsafeBufferPointer<UInt8>, now: MonotonicInstant
        ) {
            guard let slot = announcedSlot(id), slot.pointee.phase == .open else {
                counters.staleEffects &+= 1
                return
            }
            guard slot.pointee.waitingCount == 0 else {
                keepBehindWaiting(id, slot, head, body, now: now)
                return
            }
            let byteCount = head.count + body.count
            guard byteCount > 0 else { return }
            let result = write(slot.pointee.descriptor, head, body)
            if result == Int64(byteCount) {
                counters.sends &+= 1
                counters.bytesOut &+= UInt64(byteCount)
                return
            }
            guard result >= 0 || result == -Int64(EAGAIN) else {
                drop(id, slot, now: now)
                return
            }
            countPartialWrite(result)
            keepRemainder(id, slot, head, body, written: max(Int(result), 0), now: now)
        }

        private func write(
            _ descriptor: Int32, _ head: UnsafeBufferPointer<UInt8>,
            _ body: UnsafeBufferPointer<UInt8>
        ) -> Int64 {
            guard let headStart = head.baseAddress, head.count > 0 else {
                return linux_send(descriptor, body.baseAddress, Int64(body.count))
            }
            guard let bodyStart = body.baseAddress, body.count > 0 else {
                return linux_send(descriptor, headStart, Int64(head.count))
            }
            let byteCount = head.count + body.count
            guard byteCount <= Self.writeByteCountMax else {
                return linux_send_two(
                    descriptor, headStart, Int64(head.count), bodyStart, Int64(body.count))
            }
            writeBuffer.update(from: headStart, count: head.count)
            (writeBuffer + head.count).update(from: bodyStart, count: body.count)
            return linux_send(descriptor, writeBuffer, Int64(byteCount))
        }

        private mutating func countPartialWrite(_ result: Int64) {
            guard result > 0 else {
                counters.refusedWrites &+= 1
                return
            }
            counters.partialWrites &+= 1
            counters.sends &+= 1
            counters.bytesOut &+= UInt64(result)
        }

        private mutating func keepRemainder(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>,
            _ head: UnsafeBufferPointer<UInt8>, _ body: UnsafeBufferPointer<UInt8>, written: Int,
            now: MonotonicInstant
        ) {
            let remainingCount = head.count + body.count - written
            guard remainingCount <= limits.waitingByteCountMax else {
                overflow(id, slot, now: now)
                return
            }
            let headWritten = min(written, head.count)
            slot.pointee.append(UnsafeBufferPointer(rebasing: head[headWritten...]))
            slot.pointee.append(UnsafeBufferPointer(rebasing: body[(written - headWritten)...]))
            driver.blocked(id, waitingByteCount: remainingCount, now: now)
        }

        /// A blocked connection gets more: a driver does that only to say why it closes.
        private mutating func keepBehindWaiting(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>,
            _ head: UnsafeBufferPointer<UInt8>, _ body: UnsafeBufferPointer<UInt8>,
            now: MonotonicInstant
        ) {
            let waitingCount = slot.pointee.waitingCount + head.count + body.count
            guard waitingCount <= limits.waitingByteCountMax else {
                overflow(id, slot, now: now)
                return
            }
            slot.pointee.append(head)
            slot.pointee.append(body)
            driver.blocked(id, waitingByteCount: waitingCount, now: now)
        }

        private mutating func overflow(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>,
            now: MonotonicInstant
        ) {
            counters.overflows &+= 1
            _ = linux_set_reset_on_close(slot.pointee.descriptor)
            release(id, slot, reason: .reset, now: now)
        }

        /// Writes what waits, as far as the kernel takes it.
        mutating func flush(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>,
            now: MonotonicInstant
        ) {
            guard slot.pointee.waitingCount > 0, let waiting = slot.pointee.waiting else { return }
            let result = linux_send(
                slot.pointee.descriptor, waiting + slot.pointee.waitingStart,
                Int64(slot.pointee.waitingCount))
            guard result >= 0 || result == -Int64(EAGAIN) else {
                drop(id, slot, now: now)
                return
            }
            let written = max(Int(result), 0)
            slot.pointee.waitingStart += written
            slot.pointee.waitingCount -= written
            guard slot.pointee.waitingCount == 0 else {
                countPartialWrite(result)
                return
            }
            counters.sends &+= 1
            counters.bytesOut &+= UInt64(written)
            slot.pointee.forgetWaiting()
            switch slot.pointee.phase {
            case .open:
                driver.writable(id, now: now)
            case .flushing:
                linger(id, slot)
            case .farewell:
                release(id, slot, reason: .endOfStream, now: now)
            case .free, .connecting, .lingering:
                break
            }
        }
    }
#endif
