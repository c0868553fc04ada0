#if !hasFeature(Embedded)
    package import Hyoshi
    import MessagePack
    package import Replication

    /// Packs the messages of a server, each appended to `output`.
    ///
    /// Left out of Embedded Swift, which has no msgpack-c.
    package enum ServerMessagePacker {
        /// Appends the part of a snapshot that all seats with one baseline share.
        ///
        /// It stands behind a ``SnapshotHead`` that knows whether there is a hash. Of a delta's tick only
        /// the low 16 bits go out. One call of msgpack-c for each run of numbers; no
        /// allocation once `output` has its capacity.
        package static func snapshotBody(
            _ encoder: SnapshotEncoder, hash: UInt32? = nil, into output: inout [UInt8]
        ) {
            let tick = encoder.tick.rawValue
            MessagePackPacker.packUnsigned(
                UInt64(encoder.baselineDistance == 0 ? tick : tick & 0xFFFF), into: &output)
            MessagePackPacker.packUnsigned(UInt64(encoder.baselineDistance), into: &output)
            snapshotGroups(encoder, into: &output)
            if let hash { MessagePackPacker.packUnsigned(UInt64(hash), into: &output) }
        }

        private static func snapshotGroups(
            _ encoder: SnapshotEncoder, into output: inout [UInt8]
        ) {
            let numbers = encoder.numbers.span
            let groups = encoder.groups
            guard encoder.baselineDistance != 0 else {
                MessagePackPacker.packArrayHeader(groups.count, into: &output)
                for group in groups { run(numbers, group.changed, into: &output) }
                return
            }
            MessagePackPacker.packArrayHeader(groups.count * 3, into: &output)
            for group in groups {
                MessagePackPacker.packUnsigned(UInt64(group.kind), into: &output)
                run(numbers, group.removed, into: &output)
                run(numbers, group.changed, into: &output)
            }
        }

        /// Appends a welcome.
        package static func welcome(_ welcome: Welcome, into output: inout [UInt8]) {
            begin(.welcome, count: 13, into: &output)
            unsigned(Int(ProtocolVersion.current), into: &output)
            MessagePackPacker.packString(welcome.room, into: &output)
            MessagePackPacker.packString(welcome.game, into: &output)
            seat(welcome.seat, into: &output)
            unsigned(welcome.seatsMax, into: &output)
            unsigned(welcome.tickRate, into: &output)
            MessagePackPacker.packUnsigned(UInt64(welcome.tick.rawValue), into: &output)
            if let token = welcome.token {
                let bytes = token.bytes
                MessagePackPacker.packBinary(bytes.span, into: &output)
            } else {
                MessagePackPacker.packNil(into: &output)
            }
            fields(welcome.schema.inputFields, into: &output)
            MessagePackPacker.packArrayHeader(welcome.schema.kinds.count, into: &output)
            for kind in welcome.schema.kinds {
                MessagePackPacker.packArrayHeader(3, into: &output)
                MessagePackPacker.packString(kind.name, into: &output)
                unsigned(kind.capacity, into: &output)
                fields(kind.fields, into: &output)
            }
            unsigned(min(max(welcome.rewindTicksMax, 0), 255), into: &output)
            MessagePackPacker.packUnsigned(UInt64(welcome.takenEventID), into: &output)
        }

        /// Appends a roster.
        package static func roster(_ entries: [RosterEntry], into output: inout [UInt8]) {
            begin(.roster, count: 2, into: &output)
            MessagePackPacker.packArrayHeader(entries.count, into: &output)
            for entry in entries {
                MessagePackPacker.packArrayHeader(3, into: &output)
                unsigned(entry.seat.index, into: &output)
                MessagePackPacker.packString(entry.name, into: &output)
                unsigned(Int(entry.state.rawValue), into: &output)
            }
        }

        /// Appends an event; `sender` is nil for the server or the game.
        package static func event(
            id: UInt32, sender: SeatIndex?, scope: EventScope, payload: Span<UInt8>, isText: Bool,
            into output: inout [UInt8]
        ) {
            begin(.event, count: 5, into: &output)
            MessagePackPacker.packUnsigned(UInt64(id), into: &output)
            seat(sender, into: &output)
            unsigned(Int(scope.rawValue), into: &output)
            if isText {
                MessagePackPacker.packString(payload, into: &output)
            } else {
                MessagePackPacker.packBinary(payload, into: &output)
            }
        }

        /// Appends an acknowledgement of a client's events.
        package static func acknowledge(eventID: UInt32, into output: inout [UInt8]) {
            begin(.acknowledge, count: 2, into: &output)
            MessagePackPacker.packUnsigned(UInt64(eventID), into: &output)
        }

        /// Appends a pong.
        package static func pong(_ pong: Pong, into output: inout [UInt8]) {
            begin(.pong, count: 4, into: &output)
            MessagePackPacker.packUnsigned(pong.stamp, into: &output)
            MessagePackPacker.packUnsigned(UInt64(pong.tick.rawValue), into: &output)
            MessagePackPacker.packUnsigned(UInt64(pong.phaseMicroseconds), into: &output)
        }

        /// Appends the answer to a desync.
        package static func desync(_ answer: DesyncAnswer, into output: inout [UInt8]) {
            begin(.desync, count: 4, into: &output)
            MessagePackPacker.packUnsigned(UInt64(answer.tick.rawValue), into: &output)
            position(answer.kind, into: &output)
            position(answer.field, into: &output)
        }

        /// Appends what became of a seat's commands.
        package static func counters(_ counters: CommandCounters, into output: inout [UInt8]) {
            begin(.counters, count: 6, into: &output)
            MessagePackPacker.packUnsigned(UInt64(counters.applied), into: &output)
            MessagePackPacker.packUnsigned(UInt64(counters.late), into: &output)
            MessagePackPacker.packUnsigned(UInt64(counters.early), into: &output)
            MessagePackPacker.packUnsigned(UInt64(counters.repeated), into: &output)
            MessagePackPacker.packUnsigned(UInt64(counters.dropped), into: &output)
        }

        private static func begin(
            _ type: ServerMessageType, count: Int, into output: inout [UInt8]
        ) {
            MessagePackPacker.packArrayHeader(count, into: &output)
            MessagePackPacker.packUnsigned(UInt64(type.rawValue), into: &output)
        }

        @inline(__always)
        private static func run(
            _ numbers: Span<Int32>, _ range: Range<Int>, into output: inout [UInt8]
        ) {
            MessagePackPacker.packArrayHeader(range.count, into: &output)
            if !range.isEmpty {
                MessagePackPacker.packRun(numbers.extracting(range), into: &output)
            }
        }

        private static func fields(_ fields: [FieldSchema], into output: inout [UInt8]) {
            MessagePackPacker.packArrayHeader(fields.count, into: &output)
            for field in fields {
                MessagePackPacker.packArrayHeader(9, into: &output)
                MessagePackPacker.packString(field.name, into: &output)
                unsigned(Int(field.use.rawValue), into: &output)
                MessagePackPacker.packInteger(Int64(field.minimum), into: &output)
                MessagePackPacker.packInteger(Int64(field.maximum), into: &output)
                MessagePackPacker.packInteger(Int64(field.step), into: &output)
                MessagePackPacker.packInteger(Int64(field.scale), into: &output)
                MessagePackPacker.packString(field.unit, into: &output)
                MessagePackPacker.packBool(field.wraps, into: &output)
                position(field.changeField, into: &output)
            }
        }

        private static func seat(_ seat: SeatIndex?, into output: inout [UInt8]) {
            position(seat?.index, into: &output)
        }

        private static func position(_ position: Int?, into output: inout [UInt8]) {
            if let position {
                unsigned(position, into: &output)
            } else {
                MessagePackPacker.packNil(into: &output)
            }
        }

        /// Appends a number that is not negative.
        private static func unsigned(_ number: Int, into output: inout [UInt8]) {
            MessagePackPacker.packInteger(Int64(number), into: &output)
        }
    }
#endif
