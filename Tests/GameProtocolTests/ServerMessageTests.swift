import GameProtocol
import Hyoshi
import MessagePack
import Replication
import Testing

@Suite struct ServerMessageTests {
    private func welcomed() throws -> ServerMessageDecoder {
        var decoder = ServerMessageDecoder()
        var bytes: [UInt8] = []
        ServerMessagePacker.welcome(try ExampleGame.welcome(), into: &bytes)
        _ = try decoder.decode(bytes.span)
        return decoder
    }

    @Test func aHeadIsWhatAnyWriterOfMessagePackWrites() {
        for sequence in 0...Int(UInt16.max) {
            let margin = sequence % 160 - 32
            var bytes: [UInt8] = []
            SnapshotHead(sequence: UInt16(sequence), margin: margin).append(to: &bytes)
            var expected: [UInt8] = [0x96, 0x01]
            MessagePackWriter.writeUnsigned(UInt64(sequence), into: &expected)
            MessagePackWriter.writeInteger(Int64(margin), into: &expected)
            #expect(bytes == expected)
            #expect(bytes.count <= SnapshotHead.byteCountMax)
        }
        for (margin, last) in [(-33, UInt8(0xE0)), (128, 0x7F), (.min, 0xE0), (.max, 0x7F)] {
            var bytes: [UInt8] = []
            SnapshotHead(sequence: nil, margin: margin).append(to: &bytes)
            #expect(bytes == [0x96, 0x01, 0xC0, last])
        }
    }

    @Test func aSnapshotBeforeTheWelcomeIsRefused() {
        var decoder = ServerMessageDecoder()
        #expect(throws: ProtocolError.notWelcomed) {
            let bytes: [UInt8] = [0x96, 0x01, 0xC0, 0xC0, 0x01, 0x00, 0x90]
            _ = try decoder.decode(bytes.span)
        }
        #expect(decoder.table == nil)
    }

    @Test func typesOfLaterVersionsAreIgnored() throws {
        var decoder = ServerMessageDecoder()
        let bytes: [UInt8] = [0x93, 0xCD, 0x12, 0x34, 0x91, 0xC0, 0xA1, 0x78]
        #expect(try decoder.decode(bytes.span) == .unknown(type: 0x1234))
    }

    @Test func furtherElementsOfFieldsKindsAndEntriesAreIgnored() throws {
        var decoder = ServerMessageDecoder()
        let roster: [UInt8] = [0x92, 0x03, 0x91, 0x95, 0x02, 0xA1, 0x78, 0x00, 0x90, 0xC3]
        let expected = RosterEntry(seat: try #require(SeatIndex(2)), name: "x", state: .present)
        #expect(try decoder.decode(roster.span) == .roster([expected]))
        var welcome: [UInt8] = [
            0x9E, 0x02, 0x01, 0xA1, 0x72, 0xA1, 0x67, 0xC0, 0x04, 0x3C, 0x00, 0xC0, 0x90, 0x91,
        ]
        // A kind of four elements with one field of ten, of a use that we do not know.
        welcome += [0x94, 0xA1, 0x6B, 0x05, 0x91]
        welcome += [0x9A, 0xA1, 0x66, 0x63, 0x00, 0x07, 0x01, 0x01, 0xA0, 0xC2, 0xC0, 0x81, 1, 2]
        welcome += [0x92, 0x01, 0x02]
        // The rewind's limit.
        welcome += [0x0C]
        // The newest event that was taken, and an element of a later server.
        welcome += [0xCE, 0xFF, 0xFF, 0xFF, 0xFF, 0xC3]
        guard case .welcome(let decoded) = try decoder.decode(welcome.span) else {
            Issue.record("not a welcome")
            return
        }
        #expect(decoded.takenEventID == .max)
        let field = FieldSchema(name: "f", use: .number, minimum: 0, maximum: 7)
        #expect(
            decoded.schema.kinds == [KindSchema(name: "k", capacity: 5, fields: [field])])
    }

    @Test func welcomesThatAreWrong() throws {
        func refused(_ change: (inout [UInt8]) -> Void) throws -> ProtocolError? {
            var bytes: [UInt8] = []
            ServerMessagePacker.welcome(try ExampleGame.welcome(), into: &bytes)
            change(&bytes)
            var decoder = ServerMessageDecoder()
            do {
                _ = try decoder.decode(bytes.span)
                return nil
            } catch { return error }
        }
        #expect(try refused { _ in } == nil)
        #expect(try refused { $0[2] = 0x02 } == .versionNotSupported(2))
        #expect(try refused { $0[14] = 0x40 } == .valueOutOfRange)  // seat 64
        #expect(try refused { $0[15] = 0x00 } == .valueOutOfRange)  // no seats
        #expect(try refused { $0[16] = 0x00 } == .valueOutOfRange)  // no ticks
        // Before the last two: the change field of the last field refers to itself, to none.
        #expect(try refused { $0[$0.count - 3] = 0x01 } == .schema(.changeFieldCycle))
        #expect(try refused { $0[$0.count - 3] = 0x02 } == .schema(.unknownChangeField))
        // The newest taken event is no number of 32 bits, or is not there.
        #expect(try refused { $0[$0.count - 1] = 0xFF } != nil)
        #expect(try refused { $0.replaceLast(with: [0xC0]) } != nil)
        #expect(try refused { $0.replaceLast(with: [0xCF, 0, 0, 0, 1, 0, 0, 0, 0]) } != nil)
        #expect(
            try refused {
                $0[0] = 0x9C
                $0.removeLast()
            } == .elementsMissing)
    }

    @Test func snapshotsThatAreWrong() throws {
        let cases: [([UInt8], ProtocolError)] = [
            ([0x96, 0x01, 0xC0, 0xC0, 0x00, 0x00, 0x92, 0x90, 0x90], .valueOutOfRange),
            ([0x96, 0x01, 0xC0, 0xC0, 0x05, 0x00, 0x91, 0x90], .snapshot(.wrongKindCount)),
            ([0x96, 0x01, 0xC0, 0xC0, 0x05, 0x01, 0x90], .snapshot(.missingBaseline)),
            ([0x96, 0x01, 0xC0, 0xC0, 0x05, 0x01, 0x91, 0x00], .elementsMissing),
            (
                [0x96, 0x01, 0xC0, 0xC0, 0x05, 0x00, 0x92, 0x91, 0x01, 0x90],
                .snapshot(.entityIncomplete)
            ),
            ([0x95, 0x01, 0xC0, 0xC0, 0x05, 0x00], .elementsMissing),
        ]
        for (bytes, error) in cases {
            var decoder = try welcomed()
            #expect(throws: error, "\(bytes)") { _ = try decoder.decode(bytes.span) }
        }
    }

    @Test func aClientThatLostItsBaselineGoesOnWithAFullSnapshot() throws {
        var decoder = try welcomed()
        var history = SnapshotHistory()
        history.record(try ExampleGame.tableAtTick100())
        var encoder = SnapshotEncoder(schema: try ExampleGame.schema())
        let table = try ExampleGame.tableAtTick103()
        encoder.encode(table, baseline: Tick(100), history: history)
        #expect(throws: ProtocolError.snapshot(.missingBaseline)) {
            _ = try decoder.decode(message(encoder).span)
        }
        encoder.encode(table, baseline: .zero, history: history)
        _ = try decoder.decode(message(encoder).span)
        #expect(isEqual(decoder.table, table))
    }

    @Test func aLongMatchArrivesWhateverIsAcknowledged() throws {
        for seed in UInt64(0)..<20 {
            var random = DeterministicRandom(seed: seed)
            var decoder = try welcomed()
            var history = SnapshotHistory()
            var encoder = SnapshotEncoder(schema: try ExampleGame.schema())
            var table = try ExampleGame.tableAtTick100()
            var acknowledged = Tick.zero
            var deltas = 0
            for _ in 0..<300 {
                encoder.encode(table, baseline: acknowledged, history: history)
                history.record(table)
                // A slow reader misses some; they are never acknowledged.
                if !random.oneIn(5) {
                    _ = try decoder.decode(message(encoder).span)
                    try #require(isEqual(decoder.table, table))
                    if encoder.baselineDistance > 0 { deltas += 1 }
                    if random.oneIn(3) { acknowledged = table.tick }
                    if random.oneIn(40) { acknowledged = .zero }
                }
                advance(&table, &random)
            }
            #expect(deltas > 150)
        }
    }

    @Test func theLowBitsOfATickMeanTheNextOne() {
        #expect(Tick(100).next(withLowBits: 101) == Tick(101))
        #expect(Tick(100).next(withLowBits: 100) == Tick(65_636))
        #expect(Tick(100).next(withLowBits: 99) == Tick(65_635))
        #expect(Tick(65_535).next(withLowBits: 0) == Tick(65_536))
        #expect(Tick(0x12_FFFE).next(withLowBits: 3) == Tick(0x13_0003))
        #expect(Tick(.max - 1).next(withLowBits: 0xFFFF) == Tick(.max))
        #expect(Tick(.max).next(withLowBits: 0) == nil)
    }

    /// 65,536 is a tick like any other: also where the snapshots around it did not come or could
    /// not be decoded.
    @Test func aDeltaBeyondSixteenBitsHasItsWholeTick() throws {
        var decoder = try welcomed()
        var history = SnapshotHistory()
        var encoder = SnapshotEncoder(schema: try ExampleGame.schema())
        var random = DeterministicRandom(seed: 3)
        var table = try ExampleGame.tableAtTick100()
        var bytesOfDeltas: Set<Int> = []
        table.tick = Tick(65_530)
        for tick in UInt32(65_530)...65_560 {
            table.tick = Tick(tick)
            let baseline = tick == 65_530 ? Tick.zero : Tick(tick == 65_541 ? 65_531 : tick - 1)
            encoder.encode(table, baseline: baseline, history: history)
            history.record(table)
            if tick == 65_540 { continue }
            let bytes = message(encoder)
            guard case .snapshot(let snapshot) = try decoder.decode(bytes.span) else {
                Issue.record("not a snapshot")
                return
            }
            #expect(snapshot.tick == Tick(tick))
            #expect(isEqual(decoder.table, table))
            if snapshot.baselineDistance > 0 { bytesOfDeltas.insert(bytes.count) }
            advance(&table, &random)
        }
        #expect(bytesOfDeltas.count > 1)
        // One whose baseline is gone counts as received all the same.
        for (tick, error) in [(65_700, true), (131_100, true), (196_700, false)] {
            table.tick = Tick(UInt32(tick))
            if error {
                var elsewhere = SnapshotHistory()
                var before = table
                before.tick = table.tick.advanced(by: -1)
                elsewhere.record(before)
                encoder.encode(table, baseline: before.tick, history: elsewhere)
                #expect(throws: ProtocolError.snapshot(.missingBaseline)) {
                    _ = try decoder.decode(message(encoder).span)
                }
            } else {
                encoder.encodeFull(table)
                _ = try decoder.decode(message(encoder).span)
                #expect(decoder.table?.tick == table.tick)
            }
        }
        // Without the whole tick of a delta there is nothing to read.
        let whole: [UInt8] = [0x96, 0x01, 0xC0, 0xC0, 0xCE, 0, 3, 0, 0x62, 0x01, 0x90]
        #expect(throws: ProtocolError.valueOutOfRange) { _ = try decoder.decode(whole.span) }
    }

    private func message(_ encoder: SnapshotEncoder) -> [UInt8] {
        var bytes: [UInt8] = []
        SnapshotHead(sequence: 1, margin: 0).append(to: &bytes)
        ServerMessagePacker.snapshotBody(encoder, into: &bytes)
        return bytes
    }

    /// Moves the example's world by a tick; ships and shots come and go.
    private func advance(_ table: inout EntityTable, _ random: inout DeterministicRandom) {
        table.tick = table.tick.advanced(by: 1)
        for kind in 0..<2 {
            let width = table.kinds[kind].fieldCount
            let velocity = kind == 0 ? 1 : 0
            for row in table.kinds[kind].ids.indices {
                let first = row * width
                if random.oneIn(8) {
                    table.kinds[kind].values[first + velocity] = random.number(in: -100...100)
                }
                let x = first + velocity + 1
                let moved =
                    table.kinds[kind].values[x] + table.kinds[kind].values[first + velocity]
                table.kinds[kind].values[x] = (moved + 1_000) % 1_000
            }
            if random.oneIn(6), !table.kinds[kind].ids.isEmpty {
                let row = Int(random.number(in: 0...Int32(table.kinds[kind].ids.count - 1)))
                table.kinds[kind].ids.remove(at: row)
                table.kinds[kind].values.removeSubrange(row * width..<(row + 1) * width)
            }
            if random.oneIn(5), table.kinds[kind].ids.count < 16 {
                table.kinds[kind].ids.append(table.tick.rawValue * 2)
                table.kinds[kind].values +=
                    kind == 0
                    ? [random.number(in: 0...255), 0, random.number(in: 0...999), 7]
                    : [random.number(in: -100...100), random.number(in: 0...999)]
            }
        }
    }
}

extension [UInt8] {
    fileprivate mutating func replaceLast(with bytes: [UInt8]) {
        removeLast()
        append(contentsOf: bytes)
    }
}
