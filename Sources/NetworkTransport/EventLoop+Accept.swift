#if os(Linux)
    import CLinux
    import Glibc
    import TransportInterface

    /// How connections come in: from the listener, from other loops, and by the driver's wish.
    extension EventLoop {
        /// Accepts what waits, up to the limit of one wake-up.
        mutating func acceptPending(now: MonotonicInstant) {
            for _ in 0..<limits.acceptsPerWakeUpMax {
                var address = linux_address()
                let descriptor = linux_accept(listener, &address)
                if descriptor >= 0 {
                    admit(descriptor, peer: PeerAddress(address), now: now)
                    continue
                }
                switch -descriptor {
                case EAGAIN:
                    return
                case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                    shedPending()
                    pauseAccepting(now: now)
                    return
                default:
                    // The peer has left the backlog, or a signal came: on to the next.
                    continue
                }
            }
        }

        private mutating func admit(
            _ descriptor: Int32, peer: PeerAddress, now: MonotonicInstant
        ) {
            guard settings.budget.take() else {
                counters.refusedByLimit &+= 1
                _ = linux_close(descriptor)
                return
            }
            // The socket has inherited the send buffer's size from the listener.
            _ = linux_set_no_delay(descriptor)
            _ = linux_set_user_timeout(descriptor, limits.userTimeoutMilliseconds)
            guard let id = register(descriptor, peer: peer, phase: .open) else { return }
            counters.accepts &+= 1
            announce(id)
            driver.accepted(id, peer: peer, handedOver: false, now: now)
        }

        /// Puts a descriptor, whose place in the budget is taken, into the table and the epoll set.
        private mutating func register(
            _ descriptor: Int32, peer: PeerAddress, phase: ConnectionSlot.Phase
        ) -> ConnectionID? {
            guard let id = table.take(descriptor: descriptor, phase: phase),
                let slot = table.find(id)
            else {
                _ = linux_close(descriptor)
                settings.budget.giveBack()
                return nil
            }
            slot.pointee.peer = peer
            guard
                linux_epoll_add(
                    settings.epoll, descriptor, Self.connectionEvents, id.eventData) >= 0
            else {
                release(id, slot, reason: .reset, now: MonotonicInstant(nanoseconds: 0))
                return nil
            }
            counters.connectionsOpen = table.openCount
            return id
        }

        private func announce(_ id: ConnectionID) {
            table.find(id)?.pointee.isAnnounced = true
        }

        // MARK: Running out of descriptors

        /// Gives the spare descriptor up to accept and shut what waits, so that peers are told at
        /// once and the listener is no longer ready.
        private mutating func shedPending() {
            guard spare >= 0 else { return }
            _ = linux_close(spare)
            for _ in 0..<limits.acceptsPerWakeUpMax {
                var address = linux_address()
                let descriptor = linux_accept(listener, &address)
                guard descriptor >= 0 else { break }
                counters.refusedByExhaustion &+= 1
                _ = linux_close(descriptor)
            }
            spare = linux_open_null()
        }

        /// Stops listening for a moment: a listener that cannot accept stays ready, and would keep
        /// the loop spinning.
        private mutating func pauseAccepting(now: MonotonicInstant) {
            acceptResume = now.advanced(byNanoseconds: Self.acceptPauseNanoseconds)
            _ = linux_epoll_change(settings.epoll, listener, 0, Self.listenerData)
        }

        mutating func resumeAccepting() {
            acceptResume = nil
            if spare < 0 { spare = linux_open_null() }
            guard listener >= 0 else { return }
            _ = linux_epoll_change(
                settings.epoll, listener, EPOLLIN.rawValue, Self.listenerData)
        }

        // MARK: From loop to loop

        /// Takes in a connection that another loop has given up.
        mutating func adopt(_ moving: MovingConnection, now: MonotonicInstant) {
            guard let id = register(moving.descriptor, peer: moving.peer, phase: .open) else {
                return
            }
            counters.adoptions &+= 1
            announce(id)
            driver.accepted(id, peer: moving.peer, handedOver: true, now: now)
            if !moving.waiting.isEmpty, let slot = table.find(id) {
                moving.waiting.withUnsafeBufferPointer { slot.pointee.append($0) }
                driver.blocked(id, waitingByteCount: moving.waiting.count, now: now)
            }
            if !moving.received.isEmpty {
                driver.received(id, moving.received.span, now: now)
            }
        }

        /// Gives a connection to another loop, with every byte that has come and is to go.
        mutating func handOver(
            _ id: ConnectionID, toLoop target: Int, received: [UInt8], now: MonotonicInstant
        ) {
            guard let slot = announcedSlot(id), slot.pointee.phase == .open else {
                counters.staleEffects &+= 1
                return
            }
            precondition(
                settings.mailboxes.indices.contains(target), "a connection for no loop")
            let descriptor = slot.pointee.descriptor
            _ = linux_epoll_remove(settings.epoll, descriptor)
            let moving = MovingConnection(
                descriptor: descriptor, peer: slot.pointee.peer, received: received,
                waiting: Array(slot.pointee.waitingBytes))
            table.giveBack(id)
            counters.connectionsOpen = table.openCount
            counters.handOvers &+= 1
            if !settings.mailboxes[target].post(.adopt(moving)) {
                // That loop has ended, and so will this one: there is nobody to tell.
                _ = linux_close(descriptor)
                settings.budget.giveBack()
            }
        }

        // MARK: Client role

        /// Begins to open a connection.
        mutating func connect(to address: SocketAddress, tag: UInt64, now: MonotonicInstant) {
            guard let id = beginConnecting(to: address), let slot = table.find(id) else {
                counters.connectFailures &+= 1
                driver.connectFailed(tag: tag, now: now)
                return
            }
            slot.pointee.tag = tag
            setDeadline(
                slot, now.advanced(byNanoseconds: limits.connectNanoseconds), now: now)
        }

        private mutating func beginConnecting(to address: SocketAddress) -> ConnectionID? {
            guard stopDeadline == nil, settings.budget.take() else { return nil }
            let descriptor = linux_socket(4)
            guard descriptor >= 0 else {
                settings.budget.giveBack()
                return nil
            }
            _ = linux_set_no_delay(descriptor)
            _ = linux_set_user_timeout(descriptor, limits.userTimeoutMilliseconds)
            _ = linux_set_send_buffer(descriptor, limits.sendBufferByteCount)
            if settings.spreadsLocalAddresses && address.ipv4 >> 24 == 127 {
                bindToOwnAddress(descriptor)
            }
            var target = linux_address(address)
            let result = linux_connect(descriptor, &target)
            guard result >= 0 || result == -EINPROGRESS else {
                _ = linux_close(descriptor)
                settings.budget.giveBack()
                return nil
            }
            // An established socket is writable: both outcomes arrive as an event.
            let peer = PeerAddress(family: .ipv4, network: UInt64(address.ipv4))
            return register(descriptor, peer: peer, phase: .connecting)
        }

        /// Binds to 127.L.x.y, where L is the loop and x.y counts its connections.
        private mutating func bindToOwnAddress(_ descriptor: Int32) {
            let network = 0x7F01_0001 &+ UInt32(truncatingIfNeeded: settings.index) << 16
            var local = linux_address(ipv4: network &+ connectNumber % 0xFFFE, port: 0)
            connectNumber &+= 1
            _ = linux_set_late_port_choice(descriptor)
            _ = linux_bind(descriptor, &local)
        }

        /// The answer to an attempt to connect is there.
        mutating func finishConnecting(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>,
            now: MonotonicInstant
        ) {
            guard linux_socket_error(slot.pointee.descriptor) == 0 else {
                failConnecting(id, slot, now: now)
                return
            }
            clearDeadline(slot)
            slot.pointee.phase = .open
            slot.pointee.isAnnounced = true
            counters.connects &+= 1
            driver.connected(id, tag: slot.pointee.tag, now: now)
        }

        mutating func failConnecting(
            _ id: ConnectionID, _ slot: UnsafeMutablePointer<ConnectionSlot>,
            now: MonotonicInstant
        ) {
            let tag = slot.pointee.tag
            counters.connectFailures &+= 1
            release(id, slot, reason: .reset, now: now)
            driver.connectFailed(tag: tag, now: now)
        }
    }

    extension ConnectionID {
        /// The id as events of the kernel carry it.
        var eventData: UInt64 {
            UInt64(generation) << 32 | UInt64(UInt32(bitPattern: slot))
        }
    }
#endif
