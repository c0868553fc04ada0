/// What one field of an entity or an input command is: its range, unit and use.
///
/// One declaration drives encoding, decoding, hashing and the protocol's documentation. On the wire
/// stands `value / step`, rounded to nearest; the hash covers the value itself.
public struct FieldSpecification: Sendable {
    /// How a field's values are to be understood.
    public enum Use: UInt8, Sendable {
        /// A plain number; of two commands for one tick the newer one holds.
        case number
        /// A set of named bits; of commands for one tick all bits hold, so that a short press counts.
        case flags
        /// An angle; `range` is one whole turn and values wrap around.
        case angle
        /// A coordinate.
        case coordinate
        /// A seat's number.
        case seat
    }

    /// What becomes of an input field at a tick whose command has not come in time.
    public enum LateInput: UInt8, Sendable {
        /// The last command's number holds; a late command counts at the next tick, and so do flags
        /// that it had set for a moment only.
        case hold
        /// The number of a neutral input holds until a command comes in time; late ones are dropped.
        case neutral
        /// The last number that came in time holds; late commands are dropped.
        case drop
    }

    /// How the values are to be understood.
    public var use: Use
    /// Of an input field: what becomes of a late command's number.
    public var late = LateInput.hold
    /// The least value.
    public var minimum: Int32
    /// The greatest value.
    public var maximum: Int32
    /// Values are sent as multiples of this, at least 1, which sends them exactly.
    public var step: Int32
    /// How many of the value make one `unit`, for people and generic pages, at least 1.
    public var scale: Int32
    /// The unit, or for flags the names of the bits from the lowest, separated by spaces.
    public var unit: StaticString
    /// Whether the value wraps around from `maximum` to `minimum`.
    public var wraps: Bool
    /// The field of the same entity that holds this field's change per tick, or empty.
    ///
    /// A receiver may extrapolate with it, and a delta is cut against the extrapolated value.
    public var changePerTick: StaticString

    /// Makes a specification; prefer the named ones.
    @inlinable
    public init(
        use: Use, minimum: Int32, maximum: Int32, step: Int32 = 1, scale: Int32 = 1,
        unit: StaticString = "", wraps: Bool = false, changePerTick: StaticString = ""
    ) {
        self.use = use
        self.minimum = minimum
        self.maximum = maximum
        self.step = step
        self.scale = scale
        self.unit = unit
        self.wraps = wraps
        self.changePerTick = changePerTick
    }

    /// A number in a range.
    @inlinable
    public static func number(
        _ range: ClosedRange<Int32>, step: Int32 = 1, scale: Int32 = 1, unit: StaticString = ""
    ) -> FieldSpecification {
        FieldSpecification(
            use: .number, minimum: range.lowerBound, maximum: range.upperBound, step: step,
            scale: scale, unit: unit)
    }

    /// Up to 31 named bits, lowest first, names separated by spaces.
    @inlinable
    public static func flags(_ names: StaticString, count: Int32) -> FieldSpecification {
        FieldSpecification(
            use: .flags, minimum: 0, maximum: Int32(truncatingIfNeeded: (Int64(1) << count) - 1),
            unit: names)
    }

    /// An angle of which `turn` units make a whole turn.
    @inlinable
    public static func angle(turn: Int32) -> FieldSpecification {
        FieldSpecification(
            use: .angle, minimum: 0, maximum: turn - 1, scale: turn, unit: "turn", wraps: true)
    }

    /// A coordinate; `changePerTick` names the field with its velocity.
    @inlinable
    public static func coordinate(
        _ range: ClosedRange<Int32>, step: Int32 = 1, scale: Int32 = 1, unit: StaticString = "",
        wraps: Bool = false, changePerTick: StaticString = ""
    ) -> FieldSpecification {
        FieldSpecification(
            use: .coordinate, minimum: range.lowerBound, maximum: range.upperBound, step: step,
            scale: scale, unit: unit, wraps: wraps, changePerTick: changePerTick)
    }

    /// The same specification with another rule for late commands.
    @inlinable
    public func late(_ late: LateInput) -> FieldSpecification {
        var specification = self
        specification.late = late
        return specification
    }

    /// A seat's number.
    @inlinable
    public static var seat: FieldSpecification {
        FieldSpecification(use: .seat, minimum: 0, maximum: 63)
    }

    /// The wire's number for a value: clamped to the range and divided by the step.
    @inlinable
    @inline(__always)
    public func quantized(_ value: Int32) -> Int32 {
        let inside = min(max(value, minimum), maximum)
        guard step > 1 else { return inside }
        let offset = Int64(inside) + Int64(step / 2)
        let quotient = offset >= 0 ? offset / Int64(step) : (offset - Int64(step) + 1) / Int64(step)
        return Int32(truncatingIfNeeded: quotient)
    }

    /// The value for a wire number, clamped to the range, whatever the wire said.
    @inlinable
    public func restored(_ wire: Int32) -> Int32 {
        let value = Int64(wire) &* Int64(step)
        return Int32(truncatingIfNeeded: min(max(value, Int64(minimum)), Int64(maximum)))
    }
}

/// What walks over the fields of an entity or an input command.
public protocol FieldVisitor {
    /// Meets one field: it may read the value or replace it.
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification)
}

extension FieldVisitor {
    /// Meets a field of another integer type; what does not fit into 32 bits is cut off.
    @inlinable
    public mutating func field<Number: FixedWidthInteger>(
        _ name: StaticString, _ value: inout Number, _ specification: FieldSpecification
    ) {
        var number = Int32(truncatingIfNeeded: value)
        let before = number
        field(name, &number, specification)
        if number != before { value = Number(truncatingIfNeeded: number) }
    }

    /// Meets a truth value: 0 or 1.
    @inlinable
    public mutating func field(_ name: StaticString, _ value: inout Bool) {
        var number: Int32 = value ? 1 : 0
        field(name, &number, .number(0...1))
        value = number != 0
    }

    /// Meets a seat.
    @inlinable
    public mutating func field(_ name: StaticString, _ value: inout SeatIndex) {
        var number = Int32(value.rawValue)
        field(name, &number, .seat)
        if let seat = SeatIndex(Int(number)) { value = seat }
    }
}

/// A type whose state is a fixed list of integer fields, declared once.
public protocol Fields {
    /// The state before anything has happened: a neutral input, an entity at its origin.
    init()

    /// Shows each field to the visitor, always all of them and in the same order.
    mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor)
}

/// A replicated thing of a game: a ship, a shot, the score board.
public protocol Entity: Fields {
    /// The kind's name in the protocol, in lower case.
    static var kindName: StaticString { get }

    /// How much a late snapshot of an entity of this kind matters, beside others: 1 to 1,000.
    ///
    /// Where a seat's bytes are limited, an entity of importance 4 is sent as often as one of 1 that
    /// is at a quarter of its distance.
    static var importance: Int32 { get }
}

extension Entity {
    /// 1: like any other.
    @inlinable
    public static var importance: Int32 { 1 }
}
