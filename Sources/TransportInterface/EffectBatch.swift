/// A range of ``EffectBatch/bytes``.
package struct ByteRange: Equatable, Sendable {
    /// First byte.
    package var start: Int
    /// Number of bytes.
    package var count: Int

    /// Makes a range; `start` and `count` are not negative.
    @inlinable
    package init(start: Int, count: Int) {
        self.start = start
        self.count = count
    }

    /// No bytes.
    @inlinable
    package static var empty: ByteRange { ByteRange(start: 0, count: 0) }
}

/// How a connection is to be ended.
package enum CloseMode: Sendable, Equatable {
    /// Write what waits, shut down the sending direction, read until the peer ends too, then close;
    /// once the transport's time for lingering is over, close in any case.
    case afterFlush
    /// Close at once and forget what waits (RST where bytes are unread).
    case immediately
}

/// What a driver asks of its transport.
package enum Effect: Sendable, Equatable {
    /// Write `head` and then `body` to the connection with one system call where possible.
    ///
    /// A driver emits at most one of these per connection and batch. `body` may be shared by many
    /// effects of one batch.
    case send(ConnectionID, head: ByteRange, body: ByteRange)
    /// End the connection; ``LoopDriver/closed(_:reason:now:)`` follows.
    case close(ConnectionID, CloseMode)
    /// Move the connection to another loop of the group.
    ///
    /// `received` is every byte that came from the peer so far: the new loop's driver gets it as if
    /// it had just arrived. The old driver hears no `closed` for the connection: it forgets it when
    /// it emits this effect.
    case handOver(ConnectionID, loop: Int, received: ByteRange)
    /// Open a connection to `address` (client role); `tag` comes back with
    /// ``LoopDriver/connected(_:tag:now:)`` or ``LoopDriver/connectFailed(tag:now:)``.
    case connect(address: SocketAddress, tag: UInt64)
}

/// Where a connection leads: a numeric address and a port.
package struct SocketAddress: Hashable, Sendable {
    /// IPv4 address in host byte order.
    package var ipv4: UInt32
    /// TCP port.
    package var port: UInt16

    /// Makes an address from an IPv4 number in host byte order and a port.
    package init(ipv4: UInt32, port: UInt16) {
        self.ipv4 = ipv4
        self.port = port
    }

    /// 127.0.0.1.
    package static func loopback(port: UInt16) -> SocketAddress {
        SocketAddress(ipv4: 0x7F00_0001, port: port)
    }
}

/// Everything that one wake-up of a loop wants written, closed or moved, as one batch.
///
/// The driver appends while it handles events; the transport carries the batch out once, after
/// ``LoopDriver/poll(now:)``, and empties it. Both arrays keep their capacity, so a steady tick
/// allocates nothing. Not thread-safe: it belongs to one loop.
package final class EffectBatch {
    /// What a batch holds, in one piece: each access to a property of a class is checked for
    /// exclusivity, and a batch is taken out whole.
    package struct Content: Sendable {
        /// The bytes that the effects refer to.
        package var bytes: [UInt8] = []
        /// The effects in the order in which they are to be carried out.
        package var effects: [Effect] = []

        /// Makes an empty content.
        package init() {}

        /// Whether nothing is to be done.
        package var isEmpty: Bool { effects.isEmpty && bytes.isEmpty }

        /// Forgets all effects and bytes; keeps the memory.
        package mutating func removeAll() {
            bytes.removeAll(keepingCapacity: true)
            effects.removeAll(keepingCapacity: true)
        }
    }

    private var content = Content()

    /// Makes an empty batch.
    package init() {}

    /// The bytes that the effects refer to.
    package var bytes: [UInt8] {
        _read { yield content.bytes }
        _modify { yield &content.bytes }
    }

    /// The effects in the order in which they are to be carried out.
    package var effects: [Effect] {
        _read { yield content.effects }
        _modify { yield &content.effects }
    }

    /// Whether nothing is to be done.
    package var isEmpty: Bool { content.isEmpty }

    /// Takes everything out, to append to it for a while; ``putBack(_:)`` must follow before anyone
    /// else looks at the batch.
    ///
    /// A tick's encoding makes hundreds of accesses, and with the content in a local none is checked.
    package func take() -> Content {
        var taken = Content()
        swap(&taken, &content)
        return taken
    }

    /// Puts back what ``take()`` gave, with what was appended.
    package func putBack(_ content: consuming Content) {
        self.content = content
    }

    /// Exchanges everything for something else: a transport that hands in an empty content has the
    /// batch to itself then, and the driver goes on with its memory.
    package func exchange(_ other: inout Content) {
        swap(&content, &other)
    }

    /// Forgets all effects and bytes; keeps the memory.
    package func removeAll() {
        content.removeAll()
    }
}
