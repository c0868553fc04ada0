import Foundation
import WebSocketProtocol

/// What went over the wire after the handshake of one conformance case, with the cuts between the
/// pieces.
///
/// The fixtures `autobahn-server.transcripts` and `autobahn-client.transcripts` are recorded by
/// `make conformance`: raw deflate around a run of
///
///     case 1.1.1
///     in 6
///     <6 bytes>          one read, and a line feed
///     out 2
///     <2 bytes>          one write
///     end
struct WireTranscript {
    enum Piece {
        case received([UInt8])
        case sent([UInt8])
    }

    /// The number of the case in the suite, such as `6.4.1`.
    var name: String
    var pieces: [Piece] = []

    /// Everything that the peer sent.
    var received: [UInt8] {
        joined { piece in
            guard case .received(let bytes) = piece else { return [] }
            return bytes
        }
    }

    /// Everything that we sent.
    var sent: [UInt8] {
        joined { piece in
            guard case .sent(let bytes) = piece else { return [] }
            return bytes
        }
    }

    private func joined(_ bytes: (Piece) -> [UInt8]) -> [UInt8] {
        pieces.flatMap(bytes)
    }

    enum FileError: Error {
        case notDeflate
        case malformed(line: String)
    }

    /// Reads the fixture of a role.
    static func load(_ role: Role) throws -> [WireTranscript] {
        let name = role == .server ? "autobahn-server" : "autobahn-client"
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/\(name).transcripts").standardizedFileURL
        return try parse(inflate([UInt8](Data(contentsOf: url))))
    }

    private static func inflate(_ compressed: [UInt8]) throws -> [UInt8] {
        guard var stream = InflateStream(windowBits: 15) else { throw FileError.notDeflate }
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 65_536)
        defer { buffer.deallocate() }
        var output: [UInt8] = []
        var offset = 0
        while true {
            let step = stream.step(compressed.span, from: offset, into: buffer)
            guard step.isValid else { throw FileError.notDeflate }
            offset += step.consumed
            output.append(contentsOf: buffer[..<step.produced])
            if step.produced < buffer.count { break }
        }
        guard offset == compressed.count, stream.isBetweenBlocks else {
            throw FileError.notDeflate
        }
        return output
    }

    private static func parse(_ bytes: [UInt8]) throws -> [WireTranscript] {
        var transcripts: [WireTranscript] = []
        var offset = 0
        while let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: bytes[offset..<end], as: UTF8.self)
            let words = line.split(separator: " ")
            offset = end + 1
            switch (words.first, words.count) {
            case ("case", 2):
                transcripts.append(WireTranscript(name: String(words[1])))
            case ("in", 2), ("out", 2):
                guard let count = Int(words[1]), count >= 0, offset + count < bytes.count,
                    let last = transcripts.indices.last
                else { throw FileError.malformed(line: line) }
                let piece = Array(bytes[offset..<(offset + count)])
                transcripts[last].pieces.append(
                    words[0] == "in" ? .received(piece) : .sent(piece))
                offset += count + 1
            case ("end", 1):
                continue
            default:
                throw FileError.malformed(line: line)
            }
        }
        return transcripts
    }
}

/// A frame as it stands on the wire, read by the letter of RFC 6455 §5.2; shares no code with the
/// product.
struct WireFrame: Equatable {
    var firstByte: UInt8
    var maskingKey: [UInt8]
    /// Unmasked.
    var payload: [UInt8]

    /// RFC 6455 §5.5: control frames have the highest bit of the opcode set.
    var isControl: Bool { firstByte & 0x08 != 0 }

    /// What the frame means: two frames with different keys may mean the same.
    var meaning: [UInt8] { [firstByte] + payload }

    /// Cuts bytes into frames; nil where they are not whole frames.
    static func split(_ bytes: [UInt8]) -> [WireFrame]? {
        var frames: [WireFrame] = []
        var offset = 0
        while offset < bytes.count {
            guard let frame = read(bytes, &offset) else { return nil }
            frames.append(frame)
        }
        return frames
    }

    private static func read(_ bytes: [UInt8], _ offset: inout Int) -> WireFrame? {
        func take(_ count: Int) -> [UInt8]? {
            guard offset + count <= bytes.count else { return nil }
            defer { offset += count }
            return Array(bytes[offset..<(offset + count)])
        }
        guard let head = take(2) else { return nil }
        var count = Int(head[1] & 0x7F)
        if count >= 126 {
            guard let length = take(count == 126 ? 2 : 8) else { return nil }
            count = length.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let key = take(head[1] & 0x80 == 0 ? 0 : 4), let payload = take(count) else {
            return nil
        }
        let unmasked = key.isEmpty ? payload : payload.indices.map { payload[$0] ^ key[$0 % 4] }
        return WireFrame(firstByte: head[0], maskingKey: key, payload: unmasked)
    }
}
