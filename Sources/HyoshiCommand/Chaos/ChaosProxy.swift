import CLinux
import Glibc
import NetworkModel
import NetworkTransport
import TransportInterface

/// What a chaos proxy is to be.
struct ChaosSettings: Sendable {
    var listen: ChaosAddress
    var target: ChaosAddress
    var profile = NetworkProfile()
    var seed: UInt64 = 1
    /// Connections at the same time; further ones are closed at once.
    var connectionsMax = 256
}

/// What a chaos proxy tells while it runs.
enum ChaosNotice: Equatable {
    /// A connection is over.
    case over(ChaosAccount)
    /// The target does not answer, and why; told once until it answers again.
    case unreachable(String)
    /// As many connections are open as may be; told once until there is room again.
    case full
}

/// A call of the system that failed.
struct ChaosFailure: Error, CustomStringConvertible {
    let description: String

    init(_ call: String, _ result: Int32) {
        description = "\(call): \(Self.text(ofErrorNumber: -result))"
    }

    static func text(ofErrorNumber errorNumber: Int32) -> String {
        guard let text = strerror(errorNumber) else { return "error \(errorNumber)" }
        return String(cString: text)
    }
}

/// A TCP proxy on one thread: sockets around ``ChaosLink``, which decides everything.
///
/// It has its own small loop, not that of NetworkTransport: a server's loop reads whatever comes
/// and ends a connection as a whole, where a proxy must stop reading (back-pressure), end one
/// direction alone (half-close) and reset on purpose.
final class ChaosProxy {
    /// A connection's sockets.
    final class Session {
        var link: ChaosLink
        let client: String
        /// By ``ChaosSide``; −1 where there is none.
        var descriptors: [Int32]
        /// What a socket has not taken yet: the rest of one piece at most.
        var rests: [ArraySlice<UInt8>] = [[], []]
        /// What each socket is watched for; 0 where it is not watched.
        var interests: [UInt32] = [0, 0]
        var isConnecting = false

        init(link: ChaosLink, client: String, descriptor: Int32) {
            self.link = link
            self.client = client
            descriptors = [descriptor, -1]
        }
    }

    /// The port that it listens on.
    let port: UInt16
    let settings: ChaosSettings
    var sessions: [Session] = []
    var piece: [UInt8] = []
    private let tell: (ChaosNotice) -> Void
    private let epoll: Int32
    private let listener: Int32
    private var acceptedCount = 0
    private var isUnreachable = false
    private var isFull = false

    /// What the kernel may hold for each socket and direction: little, so that the network model's
    /// own buffer is the one that counts.
    private static let socketBufferByteCount: Int32 = 64 * 1024
    /// How often it is looked whether the proxy is to stop.
    private static let stopNanoseconds: UInt64 = 100_000_000
    private static let listenerData = UInt64.max
    private static let eventsMax: Int32 = 64

    /// Opens the port.
    init(
        _ settings: ChaosSettings, tell: @escaping (ChaosNotice) -> Void
    ) throws(ChaosFailure) {
        self.settings = settings
        self.tell = tell
        let (listener, port) = try Self.listen(settings.listen.numeric)
        self.listener = listener
        self.port = port
        epoll = linux_epoll_create()
        let result =
            epoll < 0
            ? epoll : linux_epoll_add(epoll, listener, EPOLLIN.rawValue, Self.listenerData)
        guard result >= 0 else { throw ChaosFailure("epoll", result) }
    }

    deinit {
        for session in sessions {
            for descriptor in session.descriptors where descriptor >= 0 {
                _ = linux_close(descriptor)
            }
        }
        if listener >= 0 { _ = linux_close(listener) }
        if epoll >= 0 { _ = linux_close(epoll) }
    }

    private static func listen(
        _ address: linux_address
    ) throws(ChaosFailure) -> (descriptor: Int32, port: UInt16) {
        var address = address
        let descriptor = linux_socket(address.family)
        guard descriptor >= 0 else { throw ChaosFailure("socket", descriptor) }
        _ = linux_set_address_reuse(descriptor)
        // Accepted sockets inherit the sizes.
        _ = linux_set_receive_buffer(descriptor, socketBufferByteCount)
        _ = linux_set_send_buffer(descriptor, socketBufferByteCount)
        var call = "bind"
        var result = linux_bind(descriptor, &address)
        if result >= 0 {
            call = "listen"
            result = linux_listen(descriptor, 128)
        }
        if result >= 0 {
            call = "getsockname"
            result = linux_local_port(descriptor)
        }
        guard result >= 0 else {
            _ = linux_close(descriptor)
            throw ChaosFailure(call, result)
        }
        return (descriptor, UInt16(truncatingIfNeeded: result))
    }

    // MARK: The loop

    /// Carries connections until it is asked to stop, then closes what is open.
    func run(until isAskedToStop: () -> Bool) {
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Int(Self.eventsMax))
        defer { events.deallocate() }
        while !isAskedToStop() {
            let readyCount = wait(events)
            let now = MonotonicClock.now()
            var accepts = false
            for index in 0..<max(Int(readyCount), 0) {
                let data = events[index].data.u64
                if data == Self.listenerData {
                    accepts = true
                } else if let session = sessions.first(where: { $0.link.number == data >> 1 }) {
                    let side: ChaosSide = data & 1 == 0 ? .client : .target
                    handle(session, side, events[index].events, now: now)
                }
            }
            if accepts { acceptAll(now: now) }
            turn(now: now)
        }
        let now = MonotonicClock.now()
        for session in sessions { session.link.stop(now: now) }
        turn(now: now)
    }

    private func wait(_ events: UnsafeMutablePointer<epoll_event>) -> Int32 {
        let now = MonotonicClock.now()
        var due = now.advanced(byNanoseconds: Self.stopNanoseconds)
        for session in sessions {
            due = min(due, session.link.nextDue)
            let reads = session.link.readsClientFrom
            if reads > now { due = min(due, reads) }
        }
        let nanoseconds = due.nanoseconds(since: now)
        let count = linux_epoll_wait_nanoseconds(
            epoll, events, Self.eventsMax, Int64(clamping: nanoseconds))
        guard count == -ENOSYS else { return count }
        return linux_epoll_wait_milliseconds(
            epoll, events, Self.eventsMax, Int32(clamping: (nanoseconds + 999_999) / 1_000_000))
    }

    /// Does what is due on every connection, and says what each socket is watched for.
    private func turn(now: MonotonicInstant) {
        var isOver = false
        for session in sessions {
            while let action = session.link.next(now: now, piece: &piece) {
                carryOut(action, session, now: now)
            }
            if session.descriptors[0] < 0 {
                isOver = true
                tell(.over(session.link.account(client: session.client, now: now)))
            } else {
                watch(session, now: now)
            }
        }
        guard isOver else { return }
        sessions.removeAll { $0.descriptors[0] < 0 }
        isFull = false
    }

    /// Watches each socket for just what can be used: one that is ready for more would keep the
    /// loop awake.
    private func watch(_ session: Session, now: MonotonicInstant) {
        for side in ChaosSide.allCases {
            let descriptor = session.descriptors[side.rawValue]
            guard descriptor >= 0 else { continue }
            var events: UInt32 = 0
            if session.link.readByteCount(from: side, now: now) > 0 { events |= EPOLLIN.rawValue }
            let connects = side == .target && session.isConnecting
            if connects || !session.rests[side.rawValue].isEmpty { events |= EPOLLOUT.rawValue }
            let before = session.interests[side.rawValue]
            guard events != before else { continue }
            let data = UInt64(session.link.number) << 1 | UInt64(side.rawValue)
            if events == 0 {
                _ = linux_epoll_remove(epoll, descriptor)
            } else if before == 0 {
                _ = linux_epoll_add(epoll, descriptor, events, data)
            } else {
                _ = linux_epoll_change(epoll, descriptor, events, data)
            }
            session.interests[side.rawValue] = events
        }
    }

    // MARK: Connections

    private func acceptAll(now: MonotonicInstant) {
        while true {
            var peer = linux_address()
            let descriptor = linux_accept(listener, &peer)
            if descriptor == -ECONNABORTED || descriptor == -EINTR { continue }
            guard descriptor >= 0 else { return }
            guard sessions.count < settings.connectionsMax else {
                _ = linux_close(descriptor)
                if !isFull { tell(.full) }
                isFull = true
                continue
            }
            _ = linux_set_no_delay(descriptor)
            acceptedCount += 1
            let link = ChaosLink(
                number: acceptedCount, profile: settings.profile, seed: settings.seed, now: now)
            sessions.append(Session(link: link, client: peer.text, descriptor: descriptor))
        }
    }

    /// Opens a connection to the target.
    func connect(_ session: Session, now: MonotonicInstant) {
        var address = settings.target.numeric
        let descriptor = linux_socket(address.family)
        guard descriptor >= 0 else {
            fail(session, -descriptor, now: now)
            return
        }
        session.descriptors[ChaosSide.target.rawValue] = descriptor
        _ = linux_set_receive_buffer(descriptor, Self.socketBufferByteCount)
        _ = linux_set_send_buffer(descriptor, Self.socketBufferByteCount)
        _ = linux_set_no_delay(descriptor)
        let result = linux_connect(descriptor, &address)
        if result >= 0 {
            finishConnecting(session, now: now)
        } else if result == -EINPROGRESS {
            session.isConnecting = true
        } else {
            fail(session, -result, now: now)
        }
    }

    /// The system has an answer of the target.
    func finishConnecting(_ session: Session, now: MonotonicInstant) {
        session.isConnecting = false
        let errorNumber = linux_socket_error(session.descriptors[ChaosSide.target.rawValue])
        guard errorNumber == 0 else {
            fail(session, abs(errorNumber), now: now)
            return
        }
        isUnreachable = false
        session.link.connected()
    }

    private func fail(_ session: Session, _ errorNumber: Int32, now: MonotonicInstant) {
        session.link.connectFailed(now: now)
        close(session, .target, resets: false)
        if !isUnreachable { tell(.unreachable(ChaosFailure.text(ofErrorNumber: errorNumber))) }
        isUnreachable = true
    }

    /// Closes one of a connection's sockets.
    func close(_ session: Session, _ side: ChaosSide, resets: Bool) {
        let descriptor = session.descriptors[side.rawValue]
        guard descriptor >= 0 else { return }
        if resets { _ = linux_set_reset_on_close(descriptor) }
        // The kernel takes a closed socket out of the set.
        _ = linux_close(descriptor)
        session.descriptors[side.rawValue] = -1
        session.interests[side.rawValue] = 0
        session.rests[side.rawValue] = []
    }
}
