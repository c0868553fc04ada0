import Foundation
import GameProtocol
import Hyoshi
import Replication
import Testing

/// The bytes of every message, kept in files: what we write today must be what was written before.
///
/// `UPDATE_GOLDEN=1` rewrites the files; then docs/protocol.md must follow.
@Suite struct GoldenFileTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures")

    static func fixture(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "\(name).bin")))
    }

    @Test func everyMessageIsWrittenAsItWas() throws {
        let isUpdate = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"
        for example in try Examples.all() {
            let binary = Self.folder.appending(path: "\(example.name).bin")
            let text = Self.folder.appending(path: "\(example.name).txt")
            let annotation = Annotation.of(example.bytes)
            if isUpdate {
                try Data(example.bytes).write(to: binary)
                try Data(annotation.utf8).write(to: text)
            }
            #expect(try Self.fixture(example.name) == example.bytes, "\(example.name)")
            let kept = String(decoding: try Data(contentsOf: text), as: UTF8.self)
            #expect(kept == annotation, "\(example.name)")
            #expect(bytes(ofListing: kept) == example.bytes, "\(example.name)")
        }
    }

    @Test func everyFileIsAnExample() throws {
        let names = Set(try Examples.all().map(\.name))
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
        #expect(files.contains("welcome.bin"))
        for file in files where !file.hasPrefix(".") {
            let name = file.split(separator: ".")[0]
            #expect(names.contains(String(name)), "\(file)")
        }
    }

    @Test func clientMessagesAreDecodedFromTheirFiles() throws {
        try expect("hello-minimal", .hello(ClientHello(nameRange: 0..<0, role: .play, token: nil)))
        try expect("hello-name", .hello(ClientHello(nameRange: 4..<8, role: .play, token: nil)))
        try expect(
            "hello-spectator", .hello(ClientHello(nameRange: 4..<7, role: .spectate, token: nil)))
        try expect(
            "hello-resume",
            .hello(ClientHello(nameRange: 4..<8, role: .play, token: ExampleGame.token)))
        try expect(
            "input-next-tick",
            .input(
                ClientInput(sequence: 7, tick: .zero, acknowledged: .zero, commandCount: 1)),
            values: [1, 0])
        try expect(
            "input-tail",
            .input(
                ClientInput(
                    sequence: 300, tick: Tick(105), acknowledged: Tick(100), commandCount: 3)),
            values: [5, 1, 5, 0, 1, 0])
        try expect(
            "input-view-delay",
            .input(
                ClientInput(
                    sequence: 301, tick: Tick(106), acknowledged: Tick(103), commandCount: 1,
                    viewDelayTicks: 9)),
            values: [5, 1])
        try expect(
            "acknowledge", .acknowledge(ClientAcknowledgement(snapshot: Tick(103), eventID: 1)))
        try expect(
            "event-room",
            .event(
                ClientEvent(
                    id: 1, scope: .room, target: nil,
                    payload: EventPayload(range: 6..<11, isText: true))))
        try expect(
            "event-seat",
            .event(
                ClientEvent(
                    id: 2, scope: .seat, target: .first,
                    payload: EventPayload(range: 7..<9, isText: false))))
        try expect("ping", .ping(stamp: 123_456_789))
        try expect("leave", .leave)
        var columns: [UInt32] = []
        TableHash.appendColumns(of: try ExampleGame.tableAtTick104(), to: &columns)
        try expect(
            "desync", .desync(ClientDesync(tick: Tick(104), columnCount: 8)),
            values: columns.map { Int32(bitPattern: $0) })
    }

    private func expect(
        _ name: String, _ message: ClientMessage, values expected: [Int32] = []
    ) throws {
        let bytes = try Self.fixture(name)
        var values: [Int32] = []
        let decoded = try ClientMessage.decode(bytes.span, inputFieldCount: 2, values: &values)
        #expect(decoded == message, "\(name)")
        #expect(Array(values.prefix(expected.count)) == expected, "\(name)")
    }

    @Test func namesAreReadFromTheMessage() throws {
        let bytes = try Self.fixture("hello-name")
        var values: [Int32] = []
        guard
            case .hello(let hello) = try ClientMessage.decode(
                bytes.span, inputFieldCount: 2, values: &values)
        else {
            Issue.record("not a hello")
            return
        }
        #expect(hello.name(in: bytes.span) == "Zoë")
    }

    @Test func serverMessagesAreDecodedFromTheirFiles() throws {
        var decoder = ServerMessageDecoder()
        func decode(_ name: String) throws -> ServerMessage {
            let bytes = try Self.fixture(name)
            return try decoder.decode(bytes.span)
        }
        #expect(try decode("welcome") == .welcome(try ExampleGame.welcome()))
        #expect(try decode("roster") == .roster(ExampleGame.roster))
        #expect(
            try decode("snapshot-full")
                == .snapshot(
                    ServerSnapshot(
                        sequence: nil, margin: nil, tick: Tick(100), baselineDistance: 0)))
        #expect(isEqual(decoder.table, try ExampleGame.tableAtTick100()))
        #expect(
            try decode("snapshot-delta")
                == .snapshot(
                    ServerSnapshot(
                        sequence: 300, margin: 2, tick: Tick(103), baselineDistance: 3)))
        #expect(isEqual(decoder.table, try ExampleGame.tableAtTick103()))
        #expect(
            try decode("snapshot-hash")
                == .snapshot(
                    ServerSnapshot(
                        sequence: 301, margin: 2, tick: Tick(104), baselineDistance: 1,
                        hash: TableHash.hash(try ExampleGame.tableAtTick104()))))
        #expect(isEqual(decoder.table, try ExampleGame.tableAtTick104()))
        #expect(
            try decode("event")
                == .event(
                    ServerEvent(
                        id: 1, sender: SeatIndex(2), scope: .room,
                        payload: EventPayload(range: 6..<11, isText: true))))
        #expect(try decode("events-taken") == .acknowledge(eventID: 1))
        #expect(
            try decode("pong")
                == .pong(Pong(stamp: 123_456_789, tick: Tick(103), phaseMicroseconds: 4_200)))
        #expect(
            try decode("desync-answer")
                == .desync(DesyncAnswer(tick: Tick(104), kind: 0, field: 2)))
        #expect(
            try decode("counters")
                == .counters(
                    CommandCounters(applied: 300, late: 2, early: 0, repeated: 590, dropped: 0)))
    }
}

/// Compares two tables.
func isEqual(_ left: EntityTable?, _ right: EntityTable) -> Bool {
    guard let left, left.tick == right.tick, left.kinds.count == right.kinds.count else {
        return false
    }
    return left.kinds.indices.allSatisfy { kind in
        left.kinds[kind].ids == right.kinds[kind].ids
            && left.kinds[kind].values == right.kinds[kind].values
    }
}
