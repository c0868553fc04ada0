import GameProtocol
import Hyoshi

/// Invariant: a client's message that decodes is written back by the client's writer, and decodes to
/// the same again; its ranges lie in its bytes.
enum ClientMessageTarget {
    private struct Decoded: Equatable {
        var message: ClientMessage
        var values: [Int32]
        var content: [UInt8]
    }

    static func run(_ input: [UInt8]) throws(InvariantBroken) {
        var reader = InputReader(input)
        let fieldCount = Int(reader.byte() % 5)
        let bytes = reader.rest()
        let first: Decoded
        do throws(ProtocolError) {
            first = try decode(bytes, fieldCount)
        } catch {
            try require(error.closeCode.rawValue >= 1000, "an error without a close code")
            return
        }
        let copy = written(first)
        let second: Decoded
        do throws(ProtocolError) {
            second = try decode(copy, fieldCount)
        } catch { throw InvariantBroken("what we wrote does not decode: \(error)") }
        try require(
            second.values == first.values && second.content == first.content,
            "\(second) is not \(first)")
        let third = written(second)
        try require(third == copy, "written twice, it differs")
    }

    private static func decode(
        _ bytes: [UInt8], _ fieldCount: Int
    ) throws(ProtocolError) -> Decoded {
        var values: [Int32] = []
        let message = try ClientMessage.decode(
            bytes.span, inputFieldCount: fieldCount, values: &values)
        var decoded = Decoded(message: message, values: [], content: [])
        switch message {
        case .input(let input):
            decoded.values = Array(values.prefix(input.commandCount * max(fieldCount, 1)))
        case .hello(let hello):
            decoded.content = Array(hello.name(in: bytes.span).utf8)
        case .event(let event):
            decoded.content = Array(bytes[event.payload.range])
        case .desync(let desync):
            decoded.values = Array(values.prefix(desync.columnCount))
        case .acknowledge, .ping, .leave:
            break
        }
        return decoded
    }

    private static func written(_ decoded: Decoded) -> [UInt8] {
        var copy: [UInt8] = []
        switch decoded.message {
        case .input(let input):
            ClientMessageWriter.input(
                sequence: input.sequence, tick: input.tick, acknowledged: input.acknowledged,
                values: decoded.values.span, viewDelayTicks: input.viewDelayTicks, into: &copy)
        case .hello(let hello):
            ClientMessageWriter.hello(
                name: String(decoding: decoded.content, as: UTF8.self), role: hello.role,
                token: hello.token, into: &copy)
        case .event(let event):
            ClientMessageWriter.event(
                id: event.id, target: event.target, payload: decoded.content.span,
                isText: event.payload.isText, into: &copy)
        case .acknowledge(let acknowledgement):
            ClientMessageWriter.acknowledge(acknowledgement, into: &copy)
        case .desync(let desync):
            let columns = decoded.values.map { UInt32(bitPattern: $0) }
            ClientMessageWriter.desync(tick: desync.tick, columns: columns.span, into: &copy)
        case .ping(let stamp):
            ClientMessageWriter.ping(stamp: stamp, into: &copy)
        case .leave:
            ClientMessageWriter.leave(into: &copy)
        }
        return copy
    }
}
