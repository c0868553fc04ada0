package import Hyoshi
import MessagePack
import Replication

/// Writes the messages of a client, each appended to `output`.
///
/// Within Embedded Swift.
package enum ClientMessageWriter {
    /// Appends a hello; what is left out at its end has its default.
    package static func hello(
        name: String = "", role: ClientRole = .play, token: ResumptionToken? = nil,
        into output: inout [UInt8]
    ) {
        let utf8 = name.utf8.span
        let count = token != nil ? 5 : role != .play ? 4 : utf8.isEmpty ? 2 : 3
        begin(.hello, count: count, into: &output)
        MessagePackWriter.writeUnsigned(UInt64(ProtocolVersion.current), into: &output)
        if count > 2 { MessagePackWriter.writeString(utf8, into: &output) }
        if count > 3 { MessagePackWriter.writeUnsigned(UInt64(role.rawValue), into: &output) }
        if let token {
            let bytes = token.bytes
            MessagePackWriter.writeBinary(bytes.span, into: &output)
        }
    }

    /// Appends an input.
    ///
    /// - Parameter values: The newest command's values, then those of the command for the tick
    ///   before, and so on: 1 to 8 commands, or 1 where `tick` is zero.
    /// - Parameter viewDelayTicks: How many ticks before `tick` the others were that the player saw.
    package static func input(
        sequence: UInt16, tick: Tick, acknowledged: Tick, values: Span<Int32>,
        viewDelayTicks: UInt8 = 0, into output: inout [UInt8]
    ) {
        begin(.input, count: viewDelayTicks == 0 ? 5 : 6, into: &output)
        MessagePackWriter.writeUnsigned(UInt64(sequence), into: &output)
        MessagePackWriter.writeUnsigned(UInt64(tick.rawValue), into: &output)
        MessagePackWriter.writeUnsigned(UInt64(acknowledged.rawValue), into: &output)
        MessagePackWriter.writeArrayHeader(values.count, into: &output)
        for index in values.indices {
            MessagePackWriter.writeInteger(Int64(values[index]), into: &output)
        }
        if viewDelayTicks != 0 {
            MessagePackWriter.writeUnsigned(UInt64(viewDelayTicks), into: &output)
        }
    }

    /// Appends an acknowledgement.
    package static func acknowledge(
        _ acknowledgement: ClientAcknowledgement, into output: inout [UInt8]
    ) {
        begin(.acknowledge, count: 3, into: &output)
        MessagePackWriter.writeUnsigned(
            UInt64(acknowledgement.snapshot.rawValue), into: &output)
        MessagePackWriter.writeUnsigned(UInt64(acknowledgement.eventID), into: &output)
    }

    /// Appends an event: to one seat where `target` is set, otherwise to the room.
    package static func event(
        id: UInt32, target: SeatIndex?, payload: Span<UInt8>, isText: Bool,
        into output: inout [UInt8]
    ) {
        begin(.event, count: 5, into: &output)
        MessagePackWriter.writeUnsigned(UInt64(id), into: &output)
        let scope: EventScope = target == nil ? .room : .seat
        MessagePackWriter.writeUnsigned(UInt64(scope.rawValue), into: &output)
        if let target {
            MessagePackWriter.writeUnsigned(UInt64(target.rawValue), into: &output)
        } else {
            MessagePackWriter.writeNil(into: &output)
        }
        if isText {
            MessagePackWriter.writeString(payload, into: &output)
        } else {
            MessagePackWriter.writeBinary(payload, into: &output)
        }
    }

    /// Appends a ping; `stamp` is 0 to 2^53 and comes back in the pong.
    package static func ping(stamp: UInt64, into output: inout [UInt8]) {
        begin(.ping, count: 2, into: &output)
        MessagePackWriter.writeUnsigned(stamp, into: &output)
    }

    /// Appends a leave.
    package static func leave(into output: inout [UInt8]) {
        begin(.leave, count: 1, into: &output)
    }

    /// Appends a report that a snapshot's hash does not match.
    ///
    /// - Parameter columns: The column hashes of what was decoded, as
    ///   `TableHash.appendColumns(of:to:)` has them; nothing goes out of more than
    ///   `TableHash.columnsMax`.
    package static func desync(tick: Tick, columns: Span<UInt32>, into output: inout [UInt8]) {
        begin(.desync, count: 3, into: &output)
        MessagePackWriter.writeUnsigned(UInt64(tick.rawValue), into: &output)
        let count = columns.count > TableHash.columnsMax ? 0 : columns.count
        MessagePackWriter.writeArrayHeader(count, into: &output)
        for index in 0..<count {
            MessagePackWriter.writeUnsigned(UInt64(columns[index]), into: &output)
        }
    }

    private static func begin(
        _ type: ClientMessageType, count: Int, into output: inout [UInt8]
    ) {
        MessagePackWriter.writeArrayHeader(count, into: &output)
        MessagePackWriter.writeUnsigned(UInt64(type.rawValue), into: &output)
    }
}
