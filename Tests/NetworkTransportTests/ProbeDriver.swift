import NetworkTransport
import Synchronization
import TransportInterface

/// One call that a driver got, as a test looks at it.
enum Event: Sendable, Equatable {
    case accepted(ConnectionID, PeerAddress, handedOver: Bool)
    case connected(ConnectionID, tag: UInt64)
    case connectFailed(tag: UInt64)
    case received(ConnectionID, [UInt8])
    case blocked(ConnectionID, waitingByteCount: Int)
    case writable(ConnectionID)
    case closed(ConnectionID, DisconnectReason)
    case shutDown
}

/// The events of all drivers of a test, in the order in which they happened.
final class Journal: Sendable {
    private let events = Mutex<[Event]>([])

    func append(_ event: Event) {
        events.withLock { $0.append(event) }
    }

    var all: [Event] { events.withLock { $0 } }

    func count(where isWanted: (Event) -> Bool) -> Int {
        events.withLock { $0.count(where: isWanted) }
    }
}

/// A driver that writes down what happens to it and does what its test says.
final class ProbeDriver: LoopDriver {
    let effects = EffectBatch()
    var nextDeadline = MonotonicInstant.distantFuture
    let journal: Journal
    /// Whether bytes are written down: not wanted for megabytes.
    var keepsBytes = true
    var onAccepted: (ProbeDriver, ConnectionID, Bool) -> Void = { _, _, _ in }
    var onConnected: (ProbeDriver, ConnectionID, UInt64) -> Void = { _, _, _ in }
    var onReceived: (ProbeDriver, ConnectionID, [UInt8]) -> Void = { _, _, _ in }
    var onBlocked: (ProbeDriver, ConnectionID) -> Void = { _, _ in }
    var onWritable: (ProbeDriver, ConnectionID) -> Void = { _, _ in }
    var onClosed: (ProbeDriver, ConnectionID) -> Void = { _, _ in }
    var onPoll: (ProbeDriver, MonotonicInstant) -> Void = { _, _ in }
    var onShutDown: (ProbeDriver) -> Void = { _ in }

    init(journal: Journal) {
        self.journal = journal
    }

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        journal.append(.accepted(connection, peer, handedOver: handedOver))
        onAccepted(self, connection, handedOver)
    }

    func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        journal.append(.connected(connection, tag: tag))
        onConnected(self, connection, tag)
    }

    func connectFailed(tag: UInt64, now: MonotonicInstant) {
        journal.append(.connectFailed(tag: tag))
    }

    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        let copy = bytes.withUnsafeBufferPointer { Array($0) }
        if keepsBytes { journal.append(.received(connection, copy)) }
        onReceived(self, connection, copy)
    }

    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        journal.append(.blocked(connection, waitingByteCount: waitingByteCount))
        onBlocked(self, connection)
    }

    func writable(_ connection: ConnectionID, now: MonotonicInstant) {
        journal.append(.writable(connection))
        onWritable(self, connection)
    }

    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        journal.append(.closed(connection, reason))
        onClosed(self, connection)
    }

    func poll(now: MonotonicInstant) {
        onPoll(self, now)
    }

    func shutDown(now: MonotonicInstant) {
        journal.append(.shutDown)
        onShutDown(self)
    }

    /// Appends a send whose head is `head` and whose body is `body`.
    func send(_ connection: ConnectionID, head: [UInt8] = [], _ body: [UInt8]) {
        let headRange = ByteRange(start: effects.bytes.count, count: head.count)
        effects.bytes += head
        let bodyRange = ByteRange(start: effects.bytes.count, count: body.count)
        effects.bytes += body
        effects.effects.append(.send(connection, head: headRange, body: bodyRange))
    }

    func close(_ connection: ConnectionID, _ mode: CloseMode) {
        effects.effects.append(.close(connection, mode))
    }
}

/// Waits until `condition` holds; false after a bound that no healthy run comes near.
func waits(for condition: () -> Bool) -> Bool {
    let deadline = MonotonicClock.now().advanced(byNanoseconds: 30_000_000_000)
    while !condition() {
        if MonotonicClock.now() > deadline { return false }
        pauseBriefly()
    }
    return true
}

/// Runs `body` with a group whose drivers `configure` has prepared, and shuts it down.
func withGroup(
    _ options: LoopGroupOptions = .listening(), journal: Journal = Journal(),
    configure: @escaping @Sendable (ProbeDriver, _ loopIndex: Int) -> Void,
    run body: (LoopGroup, Journal) throws -> Void
) throws {
    let group = try LoopGroup.start(options) { loopIndex in
        let driver = ProbeDriver(journal: journal)
        configure(driver, loopIndex)
        return driver
    }
    defer {
        group.shutDown()
        group.waitUntilStopped()
    }
    try body(group, journal)
}

extension LoopGroupOptions {
    /// A group on an ephemeral port of 127.0.0.1 that does not wait for peers when it ends.
    static func listening(
        _ wakePolicy: WakePolicy = .onArrival, loopCount: Int = 1
    ) -> LoopGroupOptions {
        var options = LoopGroupOptions()
        options.listen = .loopback()
        options.wakePolicy = wakePolicy
        options.loopCount = loopCount
        options.limits.shutDownNanoseconds = 0
        return options
    }
}

extension LoopGroup {
    /// A loop's counters now.
    func counters(ofLoop index: Int = 0) -> LoopCounters {
        let answer = Answer<LoopCounters>()
        readCounters(ofLoop: index) { answer.give($0) }
        return answer.wait() ?? LoopCounters()
    }
}

/// A value that another thread will give.
final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func give(_ answer: Value) {
        value.withLock { $0 = answer }
    }

    func wait() -> Value? {
        _ = waits { value.withLock { $0 != nil } }
        return value.withLock { $0 }
    }
}
