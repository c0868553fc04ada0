import Hyoshi

/// Random choices of one kind of fault.
struct Draw {
    private(set) var random: DeterministicRandom

    /// The sequence of a seed and a name: FNV-1a of the name, mixed with the seed.
    init(seed: UInt64, name: String) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        var mixer = DeterministicRandom(seed: seed)
        random = DeterministicRandom(seed: mixer.next() ^ hash)
        _ = random.next()
    }

    /// 64 bits.
    mutating func bits() -> UInt64 { random.next() }

    /// True once in `count` times.
    mutating func oneIn(_ count: Int) -> Bool { random.oneIn(Int32(clamping: count)) }

    /// A whole number.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int(
            random.number(
                in: Int32(clamping: range.lowerBound)...Int32(clamping: range.upperBound)))
    }

    /// One of these, all with the same chance.
    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[number(0...(elements.count - 1))]
    }

    /// Milliseconds, as nanoseconds.
    mutating func milliseconds(_ range: ClosedRange<Int>) -> UInt64 {
        UInt64(number(range)) * 1_000_000 + random.next() % 1_000_000
    }
}
