/// One transport connection of one event loop.
///
/// `slot` is a small number that is used again after the connection has ended, so that a driver
/// can keep its connections in an array; `generation` tells the connections of a slot apart.
package struct ConnectionID: Hashable, Sendable {
    /// Index into per-connection arrays, from 0; reused.
    package let slot: Int32
    /// Which use of the slot this is, from 1; wraps.
    package let generation: UInt32

    /// Makes the name of a connection; only transports do.
    @inlinable
    package init(slot: Int32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    /// Whether both are the same connection; written down so that other modules compare in place.
    @inlinable
    package static func == (left: ConnectionID, right: ConnectionID) -> Bool {
        left.slot == right.slot && left.generation == right.generation
    }
}

/// The address of a peer, as limits count it: an IPv4 address, or the /64 of an IPv6 address.
///
/// IPv4-mapped IPv6 addresses count as IPv4.
package struct PeerAddress: Hashable, Sendable {
    /// The family that the transport saw.
    package enum Family: UInt8, Sendable {
        case ipv4, ipv6
    }

    /// IPv4 or IPv6.
    package let family: Family
    /// The 32 bits of an IPv4 address, or the upper 64 bits of an IPv6 address.
    package let network: UInt64

    /// Makes the limit key of an address.
    package init(family: Family, network: UInt64) {
        self.family = family
        self.network = network
    }
}

/// How a transport connection came to its end.
package enum DisconnectReason: Sendable, Equatable {
    /// The peer ended its direction (FIN).
    case endOfStream
    /// The peer reset the connection, or the network gave up on it.
    case reset
    /// The driver asked for it with ``Effect/close(_:_:)``.
    case closedByDriver
    /// The loop is shutting down.
    case shutdown
}
