import Glibc

/// A blocking socket that speaks just enough HTTP and WebSocket; it gives up after 30 s.
final class SocketPeer {
    private let descriptor: Int32
    private var received: [UInt8] = []

    struct Failure: Error {
        var call: String
    }

    /// A frame from the server.
    struct Frame {
        var opcode: UInt8
        var payload: [UInt8]

        /// The code of a Close frame, or nil.
        var closeCode: UInt16? {
            guard opcode == 8, payload.count >= 2 else { return nil }
            return UInt16(payload[0]) << 8 | UInt16(payload[1])
        }

        /// The message type: the first element of a short array.
        var messageType: UInt8? {
            opcode == 2 && payload.count > 1 && payload[0] & 0xF0 == 0x90 ? payload[1] : nil
        }
    }

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket") }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let limitSize = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, limitSize)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, limitSize)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(call: "connect") }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(call: "send") }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends a masked binary frame of at most 125 bytes.
    func sendMessage(_ payload: [UInt8], opcode: UInt8 = 2) throws {
        try send([0x80 | opcode, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload)
    }

    /// Reads once; false at the end of the stream.
    private func fill() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Failure(call: "recv") }
        received += buffer[..<count]
        return count > 0
    }

    /// Everything up to the end of the stream.
    func readToEnd() throws -> [UInt8] {
        while try fill() {}
        return received
    }

    /// Upgrades and returns the status.
    func upgrade(_ path: String) throws -> Int {
        try send(
            "GET \(path) HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        while true {
            if let end = Self.end(ofHead: received) {
                let status = Self.status(Array(received[..<end]))
                received.removeSubrange(..<end)
                return status
            }
            guard try fill() else { throw Failure(call: "upgrade") }
        }
    }

    /// Upgrades, says hello and returns the welcome's payload.
    func join(_ path: String) throws -> [UInt8] {
        guard try upgrade(path) == 101 else { throw Failure(call: "join") }
        try sendMessage([0x92, 1, 1])
        guard let frame = try nextFrame() else { throw Failure(call: "welcome") }
        return frame.payload
    }

    /// The next frame; nil at the end of the stream.
    func nextFrame() throws -> Frame? {
        while true {
            if let frame = takeFrame() { return frame }
            guard try fill() else { return nil }
        }
    }

    /// The next frame that meets the condition; nil at the end of the stream.
    func frame(where condition: (Frame) -> Bool) throws -> Frame? {
        while let frame = try nextFrame() {
            if condition(frame) { return frame }
            if frame.opcode == 8 { return nil }
        }
        return nil
    }

    private func takeFrame() -> Frame? {
        guard received.count >= 2 else { return nil }
        var start = 2
        var count = Int(received[1] & 0x7F)
        if count == 126 {
            guard received.count >= 4 else { return nil }
            count = Int(received[2]) << 8 | Int(received[3])
            start = 4
        }
        guard count < 127 || start == 4, received.count >= start + count else { return nil }
        let frame = Frame(
            opcode: received[0] & 0x0F, payload: Array(received[start..<(start + count)]))
        received.removeSubrange(..<(start + count))
        return frame
    }

    static func status(_ response: [UInt8]) -> Int {
        Int(String(decoding: response.dropFirst(9).prefix(3), as: UTF8.self)) ?? 0
    }

    static func end(ofHead bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 0...(bytes.count - 4) where bytes[index...].prefix(4) == [13, 10, 13, 10] {
            return index + 4
        }
        return nil
    }

    /// One GET request, and the status and body of its answer.
    static func get(
        _ port: UInt16, _ path: String, method: String = "GET", host: String = "127.0.0.1"
    ) throws -> (status: Int, body: [UInt8]) {
        let peer = try SocketPeer(port: port)
        try peer.send("\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        let response = try peer.readToEnd()
        guard let end = end(ofHead: response) else { return (0, []) }
        return (status(response), Array(response[end...]))
    }
}
