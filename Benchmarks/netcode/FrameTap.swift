import SimulatorKit
import TransportInterface

/// A driver that hands on everything to another, and shows each message of the server on its way.
final class FrameTap: LoopDriver {
    private let inner: any LoopDriver
    private var streams: [Stream] = []
    /// Called with each binary message's payload and the slot of its connection.
    var onMessage: ((_ slot: Int, _ payload: [UInt8]) -> Void)?

    /// What has come on a connection and is no whole frame yet.
    private struct Stream {
        var isOpen = false
        var bytes: [UInt8] = []
    }

    init(_ inner: any LoopDriver) {
        self.inner = inner
    }

    var effects: EffectBatch { inner.effects }
    var nextDeadline: MonotonicInstant { inner.nextDeadline }

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        inner.accepted(connection, peer: peer, handedOver: handedOver, now: now)
    }

    func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        let slot = Int(connection.slot)
        while streams.count <= slot { streams.append(Stream()) }
        streams[slot] = Stream()
        inner.connected(connection, tag: tag, now: now)
    }

    func connectFailed(tag: UInt64, now: MonotonicInstant) {
        inner.connectFailed(tag: tag, now: now)
    }

    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        read(bytes, slot: Int(connection.slot))
        inner.received(connection, bytes, now: now)
    }

    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        inner.blocked(connection, waitingByteCount: waitingByteCount, now: now)
    }

    func writable(_ connection: ConnectionID, now: MonotonicInstant) {
        inner.writable(connection, now: now)
    }

    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        inner.closed(connection, reason: reason, now: now)
    }

    func poll(now: MonotonicInstant) { inner.poll(now: now) }
    func finished(now: MonotonicInstant) { inner.finished(now: now) }
    func shutDown(now: MonotonicInstant) { inner.shutDown(now: now) }

    private func read(_ bytes: Span<UInt8>, slot: Int) {
        guard streams.indices.contains(slot) else { return }
        for index in bytes.indices { streams[slot].bytes.append(bytes[index]) }
        if !streams[slot].isOpen {
            guard let end = endOfHead(streams[slot].bytes) else { return }
            streams[slot].bytes.removeFirst(end)
            streams[slot].isOpen = true
        }
        var position = 0
        while let frame = frame(streams[slot].bytes, at: position) {
            if frame.isBinary { onMessage?(slot, Array(streams[slot].bytes[frame.payload])) }
            position = frame.payload.upperBound
        }
        streams[slot].bytes.removeFirst(position)
    }

    private func endOfHead(_ bytes: [UInt8]) -> Int? {
        bytes.indices.dropLast(3).first { start in
            bytes[start..<start + 4].elementsEqual([13, 10, 13, 10])
        }.map { $0 + 4 }
    }

    /// A server's frame: not masked, not fragmented (RFC 6455 §5.2).
    private func frame(
        _ bytes: [UInt8], at start: Int
    ) -> (isBinary: Bool, payload: Range<Int>)? {
        guard bytes.count >= start + 2 else { return nil }
        var count = Int(bytes[start + 1] & 0x7F)
        var begin = start + 2
        if count >= 126 {
            let width = count == 126 ? 2 : 8
            guard bytes.count >= begin + width else { return nil }
            count = bytes[begin..<begin + width].reduce(0) { $0 << 8 | Int($1) }
            begin += width
        }
        guard bytes.count >= begin + count else { return nil }
        return (bytes[start] & 0xF == 2, begin..<begin + count)
    }
}
