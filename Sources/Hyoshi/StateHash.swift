/// A running 64-bit hash of a simulation's state: equal states, equal hashes, on every machine.
///
/// FNV-1a (Fowler, Noll, Vo) over 32-bit words instead of octets, with a final mix. It finds
/// divergence, not malice.
public struct StateHash: Sendable {
    /// The hash so far, before the final mix.
    public var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Starts an empty hash.
    @inlinable
    public init() {}

    /// Adds a 32-bit word.
    @inlinable
    public mutating func combine(_ word: UInt32) {
        state = (state ^ UInt64(word)) &* 0x0000_0100_0000_01B3
    }

    /// Adds 64 bits, the low word first.
    @inlinable
    public mutating func combine(_ bits: UInt64) {
        combine(UInt32(truncatingIfNeeded: bits))
        combine(UInt32(truncatingIfNeeded: bits &>> 32))
    }

    /// The hash of everything added.
    @inlinable
    public var value: UInt64 {
        let folded = state ^ (state &>> 32)
        return folded &* 0x9E37_79B9_7F4A_7C15
    }
}

/// Hashes the fields' own values, not the quantised ones.
@usableFromInline
struct FieldHasher: FieldVisitor {
    @usableFromInline var hash: StateHash

    @inlinable
    init(hash: StateHash) {
        self.hash = hash
    }

    @inlinable
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        hash.combine(UInt32(bitPattern: value))
    }
}

/// Hashes the ids and fields of all kinds.
@usableFromInline
struct TableHasher: EntityVisitor {
    @usableFromInline var hash: StateHash

    @inlinable
    init(hash: StateHash) {
        self.hash = hash
    }

    @inlinable
    mutating func visit<Element: Entity>(_ entities: inout Entities<Element>) {
        var hasher = FieldHasher(hash: hash)
        hasher.hash.combine(UInt32(truncatingIfNeeded: entities.count))
        for position in entities.indices {
            hasher.hash.combine(entities.idNumbers[position])
            entities[position].fields(&hasher)
        }
        hash = hasher.hash
    }
}
