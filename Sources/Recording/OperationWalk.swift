package import Hyoshi

/// A walk over the operations of a recording: who is there and what they want, tick by tick.
///
/// It knows no rules. Copying it copies some hundred octets.
package struct OperationWalk {
    /// What the walk comes upon.
    package enum Event: Equatable {
        /// A seat was taken, before the next tick.
        case joined(SeatIndex)
        /// A seat was freed, before the next tick.
        case left(SeatIndex)
        /// A tick was made; the lowest octet of the hash of the state after it.
        case tick(UInt8)
        /// The hash of the whole state after the last tick, and where the octets of its table's
        /// columns stand in the operations.
        case check(hash: UInt64, columns: Range<Int>)
    }

    /// The last tick that was met.
    package internal(set) var tick = Tick.zero
    /// The seats that are taken.
    package internal(set) var seats = SeatSet()
    /// The inputs that hold, one row for each seat of the game.
    package internal(set) var inputs: [Int32] = []
    /// The view delays that hold, by seat.
    package internal(set) var viewDelays = [UInt8](repeating: 0, count: SeatIndex.limit)
    /// How often an input has changed.
    package private(set) var inputChanges = 0
    /// How often a view delay has moved by one.
    package private(set) var viewDelayChanges = 0

    private let header: RecordingHeader
    private var reader: ByteReader
    /// Ticks of the present run that are left.
    private var ticksLeft = 0

    /// Starts before the first tick.
    init(header: RecordingHeader, operations: [UInt8]) {
        self.header = header
        reader = ByteReader(operations)
        for _ in 0..<header.gameSeatsMax { inputs.append(contentsOf: header.neutralInput) }
    }

    /// Goes on with other operations, from a position on.
    mutating func `continue`(in operations: [UInt8], at position: Int) {
        reader = ByteReader(operations, position: position)
        ticksLeft = 0
    }

    /// Whether the next operation is a check.
    package var isBeforeCheck: Bool { ticksLeft == 0 && reader.peeked == Operation.check }

    /// The next event; nil at the end.
    package mutating func next() throws(RecordingError) -> Event? {
        if ticksLeft > 0 {
            ticksLeft -= 1
            return try tickEvent()
        }
        while !reader.isAtEnd {
            let octet = try reader.byte()
            switch octet {
            case 1...Operation.ticksMax:
                ticksLeft = Int(octet) - 1
                return try tickEvent()
            case Operation.input..<Operation.join:
                try takeInput(seat: try seat(octet & 0x3F))
            case Operation.join:
                let seat = try seat(try reader.byte())
                guard !seats.contains(seat) else { throw .malformed }
                seats.insert(seat)
                return .joined(seat)
            case Operation.leave:
                let seat = try seat(try reader.byte())
                guard seats.contains(seat) else { throw .malformed }
                seats.remove(seat)
                viewDelays[seat.index] = 0
                let width = header.neutralInput.count
                for field in 0..<width {
                    inputs[seat.index * width + field] = header.neutralInput[field]
                }
                return .left(seat)
            case Operation.check:
                guard tick != .zero else { throw .malformed }
                let hash = try reader.word()
                let start = reader.position
                try reader.skip(header.columnCount)
                return .check(hash: hash, columns: start..<reader.position)
            case Operation.viewDelay..<(Operation.viewDelay + 2 * Operation.viewDelaySeats):
                try takeViewDelay(octet - Operation.viewDelay)
            default:
                throw .malformed
            }
        }
        return nil
    }

    private mutating func tickEvent() throws(RecordingError) -> Event {
        guard tick.rawValue < UInt32.max - 1 else { throw .malformed }
        tick = tick.advanced(by: 1)
        return .tick(try reader.byte())
    }

    private func seat(_ number: UInt8) throws(RecordingError) -> SeatIndex {
        guard Int(number) < header.seatsMax, let seat = SeatIndex(Int(number)) else {
            throw .malformed
        }
        return seat
    }

    private mutating func takeInput(seat: SeatIndex) throws(RecordingError) {
        let width = header.neutralInput.count
        let start = seat.index * width
        guard seats.contains(seat) else { throw .malformed }
        inputChanges += 1
        let octet = try reader.byte()
        guard octet >= Operation.mask else {
            let (field, folded) = UInt32(octet).quotientAndRemainder(
                dividingBy: Operation.smallDifferences)
            guard Int(field) < width, folded > 0 else { throw .malformed }
            inputs[start + Int(field)] &+= Int32(
                bitPattern: (folded &>> 1) ^ (0 &- (folded & 1)))
            return
        }
        let mask = try reader.number(max: (2 &<< UInt64(width)) - 1)
        guard octet == Operation.mask, mask != 0 else { throw .malformed }
        if mask & 1 != 0 { viewDelays[seat.index] = try reader.byte() }
        for field in 0..<width where mask & (2 &<< UInt64(field)) != 0 {
            inputs[start + field] &+= try reader.difference()
        }
    }

    private mutating func takeViewDelay(_ number: UInt8) throws(RecordingError) {
        let seat = try seat(number / 2)
        let before = viewDelays[seat.index]
        let isUp = number & 1 != 0
        guard seats.contains(seat), before != (isUp ? .max : 0) else { throw .malformed }
        viewDelays[seat.index] = isUp ? before + 1 : before - 1
        viewDelayChanges += 1
    }
}
