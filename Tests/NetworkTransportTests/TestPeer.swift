import CLinux
import Glibc

/// A blocking client socket; every operation gives up after 30 s, so that no test hangs.
struct TestPeer: ~Copyable {
    let descriptor: Int32

    /// Connects to 127.0.0.1; a small receive buffer makes a peer that does not read noticed.
    init(port: UInt16, receiveBufferByteCount: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw PeerError(call: "socket") }
        if let receiveBufferByteCount {
            _ = linux_set_receive_buffer(descriptor, receiveBufferByteCount)
        }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let limitSize = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, limitSize)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, limitSize)
        var address = linux_address()
        _ = linux_parse_address("127.0.0.1", &address)
        address.port = port
        guard linux_connect(descriptor, &address) == 0 else { throw PeerError(call: "connect") }
    }

    deinit {
        close(descriptor)
    }

    /// Sends all of it.
    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw PeerError(call: "send") }
            rest = rest.dropFirst(count)
        }
    }

    /// Receives what is there, waiting for the first byte; empty at the end of the stream.
    func receive(atMost countMax: Int = 65_536) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: countMax)
        let count = recv(descriptor, &buffer, countMax, 0)
        guard count >= 0 else { throw PeerError(call: "recv") }
        return Array(buffer[..<count])
    }

    /// Receives exactly `count` bytes, or fewer where the stream ends.
    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let part = try receive(atMost: min(count - bytes.count, 65_536))
            if part.isEmpty { break }
            bytes += part
        }
        return bytes
    }

    /// Ends the sending direction.
    func endSending() {
        _ = linux_shut_down_sending(descriptor)
    }

    /// Ends the connection with RST.
    consuming func reset() {
        _ = linux_set_reset_on_close(descriptor)
    }
}

/// A call on a peer's socket that failed, with its error number.
struct PeerError: Error {
    let call: String
    let errorNumber = errno
}

/// Lets other threads run for a millisecond.
func pauseBriefly() {
    usleep(1_000)
}

/// Bytes that look random, the same for the same seed.
func pattern(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}
