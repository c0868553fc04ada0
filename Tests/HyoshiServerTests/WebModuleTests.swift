import Arena
import CDeflate
import Foundation
import HyoshiServer
import Testing

/// The directory of modules that a server is given.
@Suite struct WebModuleTests {
    private static let magic: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]

    /// A directory that goes when the test ends.
    private final class Directory {
        let path = NSTemporaryDirectory() + "hyoshi-modules-\(UUID().uuidString)"

        init(_ files: [String: [UInt8]]) throws {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
            for (name, bytes) in files {
                try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func start(_ directory: String?) throws -> HyoshiServer {
        var configuration = ServerConfiguration(games: [arena])
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.adminPort = nil
        configuration.modulesDirectory = directory
        return try HyoshiServer.start(configuration)
    }

    @Test func modulesAreServedBesideThePage() throws {
        let module = Self.magic + (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let directory = try Directory(["arena.wasm": module, "notes.txt": [1, 2]])
        let server = try start(directory.path)
        defer { server.stop() }
        let (status, body) = try SocketPeer.get(server.port, "/modules/arena.wasm")
        #expect(status == 200)
        #expect(body == module)
        #expect(try SocketPeer.get(server.port, "/modules/arena.wasm", method: "HEAD").body == [])
        #expect(try SocketPeer.get(server.port, "/modules/notes.txt").status == 404)
        #expect(try SocketPeer.get(server.port, "/modules/").status == 404)
        #expect(try SocketPeer.get(server.port, "/modules/../arena.wasm").status != 200)
        #expect(try SocketPeer.get(server.port, "/").status == 200)
    }

    /// A recording may be private: no page of another name reads it, wherever that name leads.
    @Test func aRecordingIsReadUnderTheNamesOfThisMachineOnly() throws {
        let recording = Array("a recording".utf8)
        var configuration = ServerConfiguration(games: [arena])
        configuration.offersOnly(recording)
        configuration.host = "127.0.0.1"
        configuration.port = 0
        let server = try HyoshiServer.start(configuration)
        defer { server.stop() }
        let path = ServerConfiguration.offeredRecordingPath
        for host in ["127.0.0.1:\(server.port)", "localhost:\(server.port)", "[::1]"] {
            let answer = try SocketPeer.get(server.port, path, host: host)
            #expect(answer.status == 200 && answer.body == recording)
        }
        for path in [path, "/", "/replay", "/replay.js", "/beat.json"] {
            let host = "evil.example:\(server.port)"
            let answer = try SocketPeer.get(server.port, path, host: host)
            #expect(answer.status == 421)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("localhost"))
        }
        // What serves rooms is asked under any name, and has no recording.
        let rooms = try start(nil)
        defer { rooms.stop() }
        #expect(try SocketPeer.get(rooms.port, "/", host: "play.example").status == 200)
        #expect(try SocketPeer.get(rooms.port, path).status == 404)
    }

    /// What is much shorter in gzip is offered so, and is the same when it is opened.
    @Test func modulesAndThePageAreServedInGzip() throws {
        let module = Self.magic + (0..<700_000).map { UInt8(truncatingIfNeeded: $0 / 1_000) }
        let directory = try Directory(["arena.wasm": module])
        let server = try start(directory.path)
        defer { server.stop() }
        for path in ["/modules/arena.wasm", "/hyoshi.js", "/", "/replay"] {
            let plain = try SocketPeer.get(server.port, path).body
            let peer = try SocketPeer(port: server.port)
            try peer.send("GET \(path) HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
            let answer = try peer.readToEnd()
            let end = try #require(answer.firstRange(of: Array("\r\n\r\n".utf8))).upperBound
            let head = String(decoding: answer[..<end], as: UTF8.self)
            #expect(head.contains("\r\nContent-Encoding: gzip\r\n"))
            let gzip = Array(answer[end...])
            #expect(gzip.count < plain.count * 9 / 10)
            #expect(try inflated(gzip, count: plain.count) == plain)
        }
    }

    /// What a gzip member without a name holds (RFC 1952 §2.3): ten octets before, eight behind.
    private func inflated(_ gzip: [UInt8], count: Int) throws -> [UInt8] {
        #expect(Array(gzip.prefix(4)) == [0x1F, 0x8B, 8, 0])
        let stream = try #require(cdeflate_decompressor_create(15))
        defer { cdeflate_decompressor_destroy(stream) }
        let input = Array(gzip[10..<(gzip.count - 8)])
        var output = [UInt8](repeating: 0, count: count + 1)
        let step = input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                cdeflate_decompress(
                    stream, input.baseAddress, input.count, output.baseAddress, output.count)
            }
        }
        #expect(step.status == cdeflate_stream_end && step.consumed == input.count)
        return Array(output[..<step.produced])
    }

    private static let faults: [(String, [UInt8], Int, String)] = [
        ("a.wasm", [1, 2, 3], 0, "is no WebAssembly module"),
        ("a b.wasm", WebModuleTests.magic, 0, "cannot be served"),
        ("a.txt", WebModuleTests.magic, 0, "there is no .wasm"),
        ("a.wasm", WebModuleTests.magic, 8 * 1024 * 1024, "has more than 8388608 bytes"),
    ]

    @Test(arguments: faults)
    func aDirectoryThatCannotBeServedIsNamed(
        name: String, start bytes: [UInt8], zeroCount: Int, message: String
    ) throws {
        let directory = try Directory([name: bytes + [UInt8](repeating: 0, count: zeroCount)])
        let error = #expect(throws: ServerError.self) { try start(directory.path) }
        #expect(error?.setting == "web")
        #expect(error?.message.contains(message) == true)
    }

    @Test func aMissingDirectoryIsNamed() {
        let error = #expect(throws: ServerError.self) { try start("/nowhere/at/all") }
        #expect(error?.setting == "web")
        #expect(error?.message.contains("/nowhere/at/all") == true)
    }
}
