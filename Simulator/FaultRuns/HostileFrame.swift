import Hyoshi
import WebSocketProtocol

/// WebSocket frames and openings as they should not be.
enum Forge {
    /// How a frame's length is written.
    enum LengthForm {
        case shortest
        /// 16 bits, whatever is said.
        case wide16(UInt16)
        /// 64 bits, whatever is said.
        case wide64(UInt64)
    }

    /// A frame of a client, lawful unless something else is asked for.
    static func frame(
        _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reservedBits: UInt8 = 0,
        isMasked: Bool = true, length: LengthForm = .shortest, key: UInt32 = 0x3C5A_96E1
    ) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | (reservedBits & 7) << 4 | opcode & 15]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch length {
        case .shortest where payload.count < 126:
            bytes.append(mask | UInt8(payload.count))
        case .shortest where payload.count <= 0xFFFF:
            bytes.append(mask | 126)
            append(UInt64(payload.count), byteCount: 2, to: &bytes)
        case .shortest:
            bytes.append(mask | 127)
            append(UInt64(payload.count), byteCount: 8, to: &bytes)
        case .wide16(let count):
            bytes.append(mask | 126)
            append(UInt64(count), byteCount: 2, to: &bytes)
        case .wide64(let count):
            bytes.append(mask | 127)
            append(count, byteCount: 8, to: &bytes)
        }
        guard isMasked else { return bytes + payload }
        append(UInt64(key), byteCount: 4, to: &bytes)
        for (position, byte) in payload.enumerated() {
            bytes.append(byte ^ UInt8(truncatingIfNeeded: key >> UInt32(24 - 8 * (position % 4))))
        }
        return bytes
    }

    /// A message of the protocol in a lawful frame.
    static func message(_ payload: [UInt8]) -> [UInt8] { frame(2, payload) }

    /// A Close frame.
    static func close(_ code: UInt16, reason: [UInt8] = []) -> [UInt8] {
        frame(8, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)] + reason)
    }

    /// The opening of a WebSocket, with more lines, each without its end.
    static func opening(
        _ path: String, host: String, offersDeflate: Bool = false, lines: [String] = []
    ) -> String {
        var text =
            "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Protocol: hyoshi.v1\r\n"
        if offersDeflate {
            text += "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
        }
        for line in lines { text += line + "\r\n" }
        return text + "\r\n"
    }

    /// Bytes as permessage-deflate has them.
    static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        guard var stream = DeflateStream(windowBits: 15, settings: CompressionSettings()) else {
            return []
        }
        var output: [UInt8] = []
        return stream.compress(bytes.span, into: &output) ? output : []
    }

    private static func append(_ number: UInt64, byteCount: Int, to bytes: inout [UInt8]) {
        for place in (0..<byteCount).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place)))
        }
    }
}

extension DeterministicRandom {
    /// A number from 0 below a bound.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next() % UInt64(max(bound, 1)))
    }

    /// True once in so many times.
    mutating func isOne(in times: Int) -> Bool { below(times) == 0 }

    /// One of some things.
    mutating func one<Thing>(of things: [Thing]) -> Thing { things[below(things.count)] }

    /// So many bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Nanoseconds from 0 up to these milliseconds.
    mutating func nanoseconds(upToMilliseconds milliseconds: Int) -> UInt64 {
        UInt64(below(milliseconds + 1)) * 1_000_000
    }
}
