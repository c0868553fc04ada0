#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An address as the resolver gave it.
struct ResolvedAddress: Sendable {
    var family: Int32
    /// The bytes of the `sockaddr`.
    var bytes: [UInt8]
}

/// A TCP socket that never blocks.
///
/// POSIX only, so that it is the same on Linux, macOS and iOS.
struct Socket: ~Copyable {
    /// How far a call came.
    enum Progress: Equatable {
        case done(Int)
        case wouldBlock
        /// The peer has ended or reset the connection, or the network has given up.
        case over
    }

    let descriptor: Int32

    /// Starts to connect; nil where the system refuses at once.
    init?(connectingTo address: ResolvedAddress) {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { return nil }
        Descriptor.makeNonBlocking(descriptor)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // A command must not wait for the acknowledgement of the one before it.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        #if canImport(Darwin)
            // Writing to a connection that is gone is an error and not a signal.
            setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, size)
        #endif
        let descriptor = descriptor
        let result = address.bytes.withUnsafeBytes { bytes -> Int32 in
            guard let base = bytes.baseAddress else { return -1 }
            return connect(
                descriptor, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard result == 0 || errno == EINPROGRESS || errno == EINTR else { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Whether a connection that has become writable stands.
    var isConnected: Bool {
        var problem: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        let result = getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size)
        return result == 0 && problem == 0
    }

    /// Reads into the buffer what has come.
    func read(into buffer: inout [UInt8]) -> Progress {
        let descriptor = descriptor
        let count = buffer.withUnsafeMutableBytes { bytes in
            recv(descriptor, bytes.baseAddress, bytes.count, 0)
        }
        if count > 0 { return .done(count) }
        return count < 0 && Self.isTemporary(errno) ? .wouldBlock : .over
    }

    /// Writes as much as the system takes of the bytes from `start` on.
    func write(_ bytes: [UInt8], from start: Int) -> Progress {
        #if canImport(Darwin)
            let flags: Int32 = 0
        #else
            let flags = Int32(MSG_NOSIGNAL)
        #endif
        let descriptor = descriptor
        let count = bytes.withUnsafeBytes { bytes -> Int in
            guard let base = bytes.baseAddress else { return 0 }
            return send(descriptor, base + start, bytes.count - start, flags)
        }
        if count >= 0 { return .done(count) }
        return Self.isTemporary(errno) ? .wouldBlock : .over
    }

    /// Says that nothing more will be written.
    func endWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private static func isTemporary(_ problem: Int32) -> Bool {
        problem == EAGAIN || problem == EWOULDBLOCK || problem == EINTR
    }
}

/// A pipe by which any thread wakes the one that waits in `poll`.
struct WakePipe: ~Copyable, Sendable {
    let readDescriptor: Int32
    private let writeDescriptor: Int32

    /// nil where the system has no descriptors left.
    init?() {
        var descriptors: [Int32] = [-1, -1]
        guard pipe(&descriptors) == 0 else { return nil }
        readDescriptor = descriptors[0]
        writeDescriptor = descriptors[1]
        Descriptor.makeNonBlocking(readDescriptor)
        Descriptor.makeNonBlocking(writeDescriptor)
    }

    deinit {
        close(readDescriptor)
        close(writeDescriptor)
    }

    /// Wakes the waiting thread; a full pipe wakes it too.
    func wake() {
        var byte: UInt8 = 1
        _ = write(writeDescriptor, &byte, 1)
    }

    /// Empties the pipe.
    func drain() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(readDescriptor, &bytes, bytes.count) > 0 {}
    }
}

enum Descriptor {
    static func makeNonBlocking(_ descriptor: Int32) {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Waits until one of the descriptors is ready, or the time is over.
    ///
    /// - Parameter wantsWrite: Whether the socket is waited for to take bytes, too.
    /// - Returns: Whether the socket can be read, and whether it can be written.
    static func wait(
        wake: Int32, socket: Int32?, wantsRead: Bool, wantsWrite: Bool, milliseconds: Int32
    ) -> (canRead: Bool, canWrite: Bool) {
        var events: Int16 = 0
        if wantsRead { events |= Int16(POLLIN) }
        if wantsWrite { events |= Int16(POLLOUT) }
        var list = [
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket ?? -1, events: events, revents: 0),
        ]
        guard poll(&list, nfds_t(list.count), milliseconds) > 0 else { return (false, false) }
        let found = Int32(list[1].revents)
        // A fault shows at whatever is tried next.
        let fault = found & Int32(POLLERR | POLLHUP | POLLNVAL) != 0
        return (
            found & Int32(POLLIN) != 0 || fault, found & Int32(POLLOUT) != 0 || fault
        )
    }
}

/// A thread of the system, and nothing around it.
enum SystemThread {
    /// Runs the body on a new thread; false where the system has none.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = Unmanaged.passRetained(ThreadBody(body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        #if canImport(Darwin)
            var thread: pthread_t?
            let result = pthread_create(&thread, &attributes, { threadMain($0) }, box.toOpaque())
        #else
            var thread = pthread_t()
            let result = pthread_create(&thread, &attributes, { threadMain($0) }, box.toOpaque())
        #endif
        if result != 0 { box.release() }
        return result == 0
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}

/// Names to addresses: `getaddrinfo`, which may take many seconds.
enum Resolver {
    /// All addresses of a host, in the system's order of preference; none where it has none.
    static func addresses(host: String, port: UInt16) -> [ResolvedAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0 else { return [] }
        defer { if let list { freeaddrinfo(list) } }
        var addresses: [ResolvedAddress] = []
        var next = list
        while let entry = next, addresses.count < 16 {
            if let address = entry.pointee.ai_addr {
                let bytes = UnsafeRawBufferPointer(
                    start: address, count: Int(entry.pointee.ai_addrlen))
                addresses.append(
                    ResolvedAddress(family: entry.pointee.ai_family, bytes: Array(bytes)))
            }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}
