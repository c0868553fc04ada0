import Hyoshi
import Replication

/// Reads a welcome: what a client must know of its room, everything bounded.
struct WelcomeReader {
    /// The bounds.
    let limits: ProtocolLimits

    /// Reads the elements after the type.
    func read(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> Welcome {
        try reader.element()
        let version: UInt32 = try reader.integer(bytes)
        guard version == ProtocolVersion.current else { throw .versionNotSupported(version) }
        try reader.element()
        let room = try reader.string(bytes, byteCountMax: limits.roomNameBytesMax)
        try reader.element()
        let game = try reader.string(bytes, byteCountMax: limits.roomNameBytesMax)
        try reader.element()
        let seat = try reader.seat(bytes)
        try reader.element()
        let seatsMax: UInt8 = try reader.integer(bytes)
        try reader.element()
        let tickRate: UInt8 = try reader.integer(bytes)
        guard seatsMax >= 1, Int(seatsMax) <= limits.seatsMax, tickRate >= 1 else {
            throw .valueOutOfRange
        }
        try reader.element()
        let tick: UInt32 = try reader.integer(bytes)
        try reader.element()
        let token = try reader.token(bytes)
        try reader.element()
        let inputFields = try fields(
            &reader, bytes, countMax: SchemaLimits.inputFieldsMax)
        try reader.element()
        let kinds = try kinds(&reader, bytes)
        try reader.element()
        let rewindTicksMax: UInt8 = try reader.integer(bytes)
        try reader.element()
        let takenEventID: UInt32 = try reader.integer(bytes)
        do throws(SchemaError) {
            return Welcome(
                room: room, game: game, seat: seat, seatsMax: Int(seatsMax),
                tickRate: Int(tickRate), tick: Tick(tick), token: token,
                schema: try Schema(kinds: kinds, inputFields: inputFields),
                rewindTicksMax: Int(rewindTicksMax), takenEventID: takenEventID)
        } catch { throw .schema(error) }
    }

    private func kinds(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> [KindSchema] {
        let count = try reader.arrayHeader(bytes)
        guard count <= SchemaLimits.kindsMax else { throw .schema(.tooManyKinds) }
        var kinds: [KindSchema] = []
        for _ in 0..<count {
            let elementCount = try reader.arrayHeader(bytes)
            guard elementCount >= 3 else { throw .elementsMissing }
            let name = try reader.string(bytes, byteCountMax: SchemaLimits.nameBytesMax)
            let capacity: UInt32 = try reader.integer(bytes)
            guard capacity <= UInt32(SchemaLimits.capacityMax) else {
                throw .schema(.capacityOutOfRange)
            }
            let fields = try fields(&reader, bytes, countMax: SchemaLimits.fieldsMax)
            for _ in 3..<elementCount { try reader.skip(bytes) }
            kinds.append(KindSchema(name: name, capacity: Int(capacity), fields: fields))
        }
        return kinds
    }

    private func fields(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>, countMax: Int
    ) throws(ProtocolError) -> [FieldSchema] {
        let count = try reader.arrayHeader(bytes)
        guard count <= countMax else { throw .schema(.tooManyFields) }
        var fields: [FieldSchema] = []
        for _ in 0..<count { fields.append(try field(&reader, bytes)) }
        return fields
    }

    private func field(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> FieldSchema {
        let elementCount = try reader.arrayHeader(bytes)
        guard elementCount >= 9 else { throw .elementsMissing }
        let name = try reader.string(bytes, byteCountMax: SchemaLimits.nameBytesMax)
        // A use that a later server knows is a number to us.
        let use = FieldSpecification.Use(rawValue: try reader.integer(bytes)) ?? .number
        let minimum: Int32 = try reader.integer(bytes)
        let maximum: Int32 = try reader.integer(bytes)
        let step: Int32 = try reader.integer(bytes)
        let scale: Int32 = try reader.integer(bytes)
        let unit = try reader.string(bytes, byteCountMax: SchemaLimits.unitBytesMax)
        let wraps = try reader.bool(bytes)
        let changeField: UInt8? = try reader.optionalInteger(bytes)
        for _ in 9..<elementCount { try reader.skip(bytes) }
        return FieldSchema(
            name: name, use: use, minimum: minimum, maximum: maximum, step: step, scale: scale,
            unit: unit, wraps: wraps, changeField: changeField.map { Int($0) })
    }
}
