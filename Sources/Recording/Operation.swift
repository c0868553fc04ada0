/// The operations in a block of events, by their first octet (docs/recording.md).
enum Operation {
    /// From 1 to 63: so many ticks, and an octet of the state's hash for each.
    static let ticksMax: UInt8 = 0x3F
    /// From 64 to 127: a seat's input changes.
    static let input: UInt8 = 0x40
    /// What follows it: below this, a field and a small difference; this itself, a mask.
    static let mask: UInt8 = 192
    /// How many differences there are for each of the first four fields: zigzag numbers below.
    static let smallDifferences: UInt32 = 48
    /// A seat is taken.
    static let join: UInt8 = 0x80
    /// A seat is freed.
    static let leave: UInt8 = 0x81
    /// The hash of the whole state, and an octet for each column of the table.
    static let check: UInt8 = 0x82
    /// From 132 to 251: the view delay of seat (octet − 132) / 2 is one less (even) or more (odd).
    static let viewDelay: UInt8 = 132
    /// Seats below have such an operation.
    static let viewDelaySeats: UInt8 = 60
}
