import GameProtocol
import Hyoshi
import Replication

/// A message that docs/protocol.md shows: its name there, and the bytes that we write.
struct Example {
    var name: String
    var bytes: [UInt8]
}

/// Every message of the protocol, in the order of docs/protocol.md.
enum Examples {
    static func all() throws -> [Example] { try client() + server() }

    static func client() throws -> [Example] {
        var examples: [Example] = []
        func add(_ name: String, _ write: (inout [UInt8]) -> Void) {
            var bytes: [UInt8] = []
            write(&bytes)
            examples.append(Example(name: name, bytes: bytes))
        }
        add("hello-minimal") { ClientMessageWriter.hello(into: &$0) }
        add("hello-name") { ClientMessageWriter.hello(name: "Zoë", into: &$0) }
        add("hello-spectator") {
            ClientMessageWriter.hello(name: "Eve", role: .spectate, into: &$0)
        }
        add("hello-resume") {
            ClientMessageWriter.hello(name: "Zoë", token: ExampleGame.token, into: &$0)
        }
        add("input-next-tick") {
            let values: [Int32] = [1, 0]
            ClientMessageWriter.input(
                sequence: 7, tick: .zero, acknowledged: .zero, values: values.span, into: &$0)
        }
        add("input-tail") {
            let values: [Int32] = [5, 1, 5, 0, 1, 0]
            ClientMessageWriter.input(
                sequence: 300, tick: Tick(105), acknowledged: Tick(100), values: values.span,
                into: &$0)
        }
        add("input-view-delay") {
            let values: [Int32] = [5, 1]
            ClientMessageWriter.input(
                sequence: 301, tick: Tick(106), acknowledged: Tick(103), values: values.span,
                viewDelayTicks: 9, into: &$0)
        }
        add("acknowledge") {
            ClientMessageWriter.acknowledge(
                ClientAcknowledgement(snapshot: Tick(103), eventID: 1), into: &$0)
        }
        add("event-room") {
            ClientMessageWriter.event(
                id: 1, target: nil, payload: "hello".utf8.span, isText: true, into: &$0)
        }
        add("event-seat") {
            let payload: [UInt8] = [0xDE, 0xAD]
            ClientMessageWriter.event(
                id: 2, target: .first, payload: payload.span, isText: false, into: &$0)
        }
        add("ping") { ClientMessageWriter.ping(stamp: 123_456_789, into: &$0) }
        add("leave") { ClientMessageWriter.leave(into: &$0) }
        var columns: [UInt32] = []
        TableHash.appendColumns(of: try ExampleGame.tableAtTick104(), to: &columns)
        add("desync") {
            ClientMessageWriter.desync(tick: Tick(104), columns: columns.span, into: &$0)
        }
        return examples
    }

    static func server() throws -> [Example] {
        var examples: [Example] = []
        func add(_ name: String, _ write: (inout [UInt8]) throws -> Void) rethrows {
            var bytes: [UInt8] = []
            try write(&bytes)
            examples.append(Example(name: name, bytes: bytes))
        }
        try add("welcome") {
            ServerMessagePacker.welcome(try ExampleGame.welcome(), into: &$0)
        }
        add("roster") { ServerMessagePacker.roster(ExampleGame.roster, into: &$0) }
        var encoder = SnapshotEncoder(schema: try ExampleGame.schema())
        var history = SnapshotHistory()
        let before = try ExampleGame.tableAtTick100()
        history.record(before)
        encoder.encodeFull(before)
        add("snapshot-full") {
            SnapshotHead(sequence: nil, margin: nil).append(to: &$0)
            ServerMessagePacker.snapshotBody(encoder, into: &$0)
        }
        encoder.encode(try ExampleGame.tableAtTick103(), baseline: Tick(100), history: history)
        add("snapshot-delta") {
            SnapshotHead(sequence: 300, margin: 2).append(to: &$0)
            ServerMessagePacker.snapshotBody(encoder, into: &$0)
        }
        history.record(try ExampleGame.tableAtTick103())
        let after = try ExampleGame.tableAtTick104()
        encoder.encode(after, baseline: Tick(103), history: history)
        add("snapshot-hash") {
            SnapshotHead(sequence: 301, margin: 2, hasHash: true).append(to: &$0)
            ServerMessagePacker.snapshotBody(encoder, hash: TableHash.hash(after), into: &$0)
        }
        add("event") {
            ServerMessagePacker.event(
                id: 1, sender: SeatIndex(2), scope: .room, payload: "hello".utf8.span,
                isText: true, into: &$0)
        }
        add("events-taken") { ServerMessagePacker.acknowledge(eventID: 1, into: &$0) }
        add("pong") {
            ServerMessagePacker.pong(
                Pong(stamp: 123_456_789, tick: Tick(103), phaseMicroseconds: 4_200), into: &$0)
        }
        add("desync-answer") {
            ServerMessagePacker.desync(
                DesyncAnswer(tick: Tick(104), kind: 0, field: 2), into: &$0)
        }
        add("counters") {
            ServerMessagePacker.counters(
                CommandCounters(applied: 300, late: 2, early: 0, repeated: 590, dropped: 0),
                into: &$0)
        }
        return examples
    }
}
