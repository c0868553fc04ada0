#if os(Linux)
    import Arena
    import Glibc
    import HyoshiClient
    import HyoshiServer
    import Synchronization
    import Testing

    /// Starts a server of the arena on a free port of this machine.
    func startServer(port: UInt16 = 0, seed: UInt64? = nil) throws -> HyoshiServer {
        var configuration = ServerConfiguration(games: [arena])
        configuration.host = "127.0.0.1"
        configuration.port = port
        configuration.adminPort = nil
        configuration.seed = seed
        return try HyoshiServer.start(configuration)
    }

    /// Waits until the condition holds; a minute of a busy machine is the end.
    func eventually(_ condition: () async -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while await !condition() {
            try #require(ContinuousClock.now < end, "it has not come to that in a minute")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Collects a client's events.
    actor EventLog {
        private(set) var all: [ClientEvent] = []

        init(_ events: AsyncStream<ClientEvent>) {
            Task { [weak self] in
                for await event in events { await self?.add(event) }
                await self?.finish()
            }
        }

        private(set) var isFinished = false

        private func add(_ event: ClientEvent) { all.append(event) }
        private func finish() { isFinished = true }

        func contains(_ event: ClientEvent) -> Bool { all.contains(event) }

        var messages: [ReceivedMessage] {
            all.compactMap { event in
                if case .message(let message) = event { message } else { nil }
            }
        }

        var disconnections: Int {
            all.count { event in
                if case .disconnected = event { true } else { false }
            }
        }

        var ending: HyoshiClientError? {
            if case .ended(let error)? = all.last { error } else { nil }
        }
    }

    /// A way to a server that can be cut: each connection is passed on by a thread of its own.
    final class CuttableWay: Sendable {
        let port: UInt16
        private let listener: Int32
        private let open = Mutex<[Int32]>([])

        init(to serverPort: UInt16) throws {
            let listener = try RawSocket.listen()
            self.listener = listener.descriptor
            port = listener.port
            RawSocket.run { [self, listener = listener.descriptor] in
                while true {
                    let peer = accept(listener, nil, nil)
                    guard peer >= 0 else { return }
                    pass(peer, to: serverPort)
                }
            }
        }

        /// Ends every connection as a broken network does.
        func cut() {
            open.withLock { descriptors in
                for descriptor in descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
                descriptors = []
            }
        }

        func stop() {
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
            cut()
        }

        private func pass(_ peer: Int32, to port: UInt16) {
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = RawSocket.address(port: port)
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, size) == 0
                }
            }
            guard isConnected else {
                close(peer)
                close(server)
                return
            }
            open.withLock { $0 += [peer, server] }
            for (from, to) in [(peer, server), (server, peer)] {
                RawSocket.run {
                    var bytes = [UInt8](repeating: 0, count: 16_384)
                    while true {
                        let count = recv(from, &bytes, bytes.count, 0)
                        guard count > 0, send(to, bytes, count, Int32(MSG_NOSIGNAL)) > 0
                        else { break }
                    }
                    shutdown(from, Int32(SHUT_RDWR))
                    shutdown(to, Int32(SHUT_RDWR))
                }
            }
        }
    }

    /// A server that refuses every request with a status.
    final class RefusingServer: Sendable {
        let port: UInt16
        private let listener: Int32
        private let count = Atomic<Int>(0)

        init(status: Int) throws {
            let listener = try RawSocket.listen()
            self.listener = listener.descriptor
            port = listener.port
            RawSocket.run { [self, listener = listener.descriptor] in
                let answer = Array("HTTP/1.1 \(status) No\r\nConnection: close\r\n\r\n".utf8)
                while true {
                    let peer = accept(listener, nil, nil)
                    guard peer >= 0 else { return }
                    var bytes = [UInt8](repeating: 0, count: 4_096)
                    _ = recv(peer, &bytes, bytes.count, 0)
                    _ = send(peer, answer, answer.count, Int32(MSG_NOSIGNAL))
                    count.add(1, ordering: .relaxed)
                    // The client closes first: what it has not read yet would be lost otherwise.
                    _ = recv(peer, &bytes, bytes.count, 0)
                    close(peer)
                }
            }
        }

        var refusals: Int { count.load(ordering: .relaxed) }

        func stop() {
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
        }
    }

    /// What the servers of these tests need of the system.
    enum RawSocket {
        static func listen() throws -> (descriptor: Int32, port: UInt16) {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.address(port: 0)
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(listener, address, size) == 0
                        && getsockname(listener, address, &size) == 0
                }
            }
            try #require(isBound && Glibc.listen(listener, 16) == 0)
            return (listener, UInt16(bigEndian: address.sin_port))
        }

        static func run(_ body: @escaping @Sendable () -> Void) {
            final class Box: Sendable {
                let body: @Sendable () -> Void
                init(_ body: @escaping @Sendable () -> Void) { self.body = body }
            }
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                    return nil
                }, Unmanaged.passRetained(Box(body)).toOpaque())
            pthread_detach(thread)
        }

        static func address(port: UInt16) -> sockaddr_in {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return address
        }
    }
#endif
