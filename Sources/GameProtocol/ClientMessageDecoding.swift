import Hyoshi
import MessagePack
import Replication

extension ClientMessage {
    /// Decodes a message from a client; server side.
    ///
    /// - Parameters:
    ///   - bytes: The whole WebSocket message, hostile.
    ///   - inputFieldCount: The number of values of a command in this room, 0 to 16.
    ///   - values: A buffer to be reused. Of an input, command i (0 is the newest) has the
    ///     `inputFieldCount` numbers from `i * inputFieldCount` on; what is behind them is old.
    ///     With the first input it gets as long as the longest can be, and never grows again.
    /// - Returns: The message; ranges in it are of `bytes`.
    ///
    /// Of a desync they are its column hashes.
    ///
    /// Input, acknowledge, ping and leave allocate nothing. On an error the connection is closed
    /// with ``ProtocolError/closeCode``.
    package static func decode(
        _ bytes: Span<UInt8>, inputFieldCount: Int, values: inout [Int32],
        limits: ProtocolLimits = ProtocolLimits()
    ) throws(ProtocolError) -> ClientMessage {
        var reader = try MessageReader(bytes, limits: limits.reading)
        try reader.element()
        let number: UInt32 = try reader.integer(bytes)
        guard let type = ClientMessageType(rawValue: number) else { throw .unknownType(number) }
        let message: ClientMessage
        switch type {
        case .input:
            message = try input(
                &reader, bytes, fieldCount: inputFieldCount, values: &values, limits: limits)
        case .acknowledge:
            try reader.element()
            let snapshot: UInt32 = try reader.integer(bytes)
            try reader.element()
            let eventID: UInt32 = try reader.integer(bytes)
            message = .acknowledge(
                ClientAcknowledgement(snapshot: Tick(snapshot), eventID: eventID))
        case .hello:
            message = try hello(&reader, bytes, limits: limits)
        case .event:
            message = try event(&reader, bytes, limits: limits)
        case .ping:
            try reader.element()
            let stamp: UInt64 = try reader.integer(bytes)
            guard stamp <= 1 << 53 else { throw .valueOutOfRange }
            message = .ping(stamp: stamp)
        case .leave:
            message = .leave
        case .desync:
            message = try desync(&reader, bytes, values: &values)
        }
        try reader.finish(bytes)
        return message
    }

    private static func input(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>, fieldCount: Int,
        values: inout [Int32], limits: ProtocolLimits
    ) throws(ProtocolError) -> ClientMessage {
        try reader.element()
        let sequence: UInt16 = try reader.integer(bytes)
        try reader.element()
        let tick: UInt32 = try reader.integer(bytes)
        try reader.element()
        let acknowledged: UInt32 = try reader.integer(bytes)
        try reader.element()
        let count = try reader.arrayHeader(bytes)
        let width = max(fieldCount, 1)
        let valuesMax = limits.commandsMax &* width
        guard count > 0, count <= valuesMax, count % width == 0 else { throw .commandCount }
        let commandCount = count / width
        guard commandCount == 1 || tick != 0 else { throw .commandCount }
        if values.count < valuesMax { values = Array(repeating: 0, count: valuesMax) }
        try reader.integers(bytes, count: count, into: &values, at: 0)
        var input = ClientInput(
            sequence: sequence, tick: Tick(tick), acknowledged: Tick(acknowledged),
            commandCount: commandCount)
        if reader.hasElement {
            try reader.element()
            input.viewDelayTicks = try reader.integer(bytes)
        }
        return .input(input)
    }

    /// Reads the column hashes as numbers of the same bits.
    private static func desync(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>, values: inout [Int32]
    ) throws(ProtocolError) -> ClientMessage {
        try reader.element()
        let tick: UInt32 = try reader.integer(bytes)
        try reader.element()
        let count = try reader.arrayHeader(bytes)
        guard count <= TableHash.columnsMax else { throw .tooManyEntries }
        while values.count < count { values.append(0) }
        for column in 0..<count {
            let hash: UInt32 = try reader.integer(bytes)
            values[column] = Int32(bitPattern: hash)
        }
        return .desync(ClientDesync(tick: Tick(tick), columnCount: count))
    }

    private static func hello(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>, limits: ProtocolLimits
    ) throws(ProtocolError) -> ClientMessage {
        try reader.element()
        let version: UInt32 = try reader.integer(bytes)
        // What follows in another version is not ours to judge.
        guard version == ProtocolVersion.current else { throw .versionNotSupported(version) }
        var hello = ClientHello(nameRange: 0..<0, role: .play, token: nil)
        if reader.hasElement {
            try reader.element()
            hello.nameRange = try reader.stringRange(bytes, byteCountMax: limits.nameBytesMax)
            guard
                PlayerName.isAllowed(
                    bytes.extracting(hello.nameRange), charactersMax: limits.nameCharactersMax)
            else { throw .nameNotAllowed }
        }
        if reader.hasElement {
            try reader.element()
            guard let role = ClientRole(rawValue: try reader.integer(bytes)) else {
                throw .valueOutOfRange
            }
            hello.role = role
        }
        if reader.hasElement {
            try reader.element()
            hello.token = try reader.token(bytes)
        }
        return .hello(hello)
    }

    private static func event(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>, limits: ProtocolLimits
    ) throws(ProtocolError) -> ClientMessage {
        try reader.element()
        let id: UInt32 = try reader.integer(bytes)
        try reader.element()
        guard id > 0, let scope = EventScope(rawValue: try reader.integer(bytes)) else {
            throw .valueOutOfRange
        }
        try reader.element()
        let target = try reader.seat(bytes)
        guard scope == .room || target != nil else { throw .targetMissing }
        try reader.element()
        let payload = try reader.payload(bytes, byteCountMax: limits.payloadBytesMax)
        return .event(
            ClientEvent(
                id: id, scope: scope, target: scope == .seat ? target : nil, payload: payload))
    }
}

extension MessageReader {
    /// Reads a seat's number, or nil.
    mutating func seat(_ bytes: Span<UInt8>) throws(ProtocolError) -> SeatIndex? {
        guard let number: UInt8 = try optionalInteger(bytes) else { return nil }
        guard let seat = SeatIndex(Int(number)) else { throw .valueOutOfRange }
        return seat
    }
}
