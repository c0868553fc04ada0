import Foundation
import HyoshiProgram
import Testing
import TransportInterface
import WebSocketProtocol

@testable import HyoshiCommand

@Suite("Conformance tools")
struct ConformanceTests {
    @Test("Addresses of conformance servers")
    func addresses() {
        #expect(SocketAddress(url: "ws://127.0.0.1:9001") == .loopback(port: 9001))
        #expect(SocketAddress(url: "ws://localhost:80") == .loopback(port: 80))
        for wrong in [
            "", "ws://", "http://127.0.0.1:9001", "ws://127.0.0.1", "ws://127.0.0.1:0",
            "ws://127.0.0.1:65536", "ws://127.0.0.1:9001/", "ws://127.0.0:1", "ws://256.0.0.1:1",
            "ws://+1.0.0.1:1", "ws://example.org:1",
        ] {
            #expect(SocketAddress(url: wrong) == nil, "\(wrong)")
        }
    }

    @Test("Transcripts keep what follows the handshake, with its cuts")
    func transcripts() throws {
        let path = NSTemporaryDirectory() + "hyoshi-transcripts-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TranscriptRecorder(path: path)
        let first = recorder.begin()
        let second = recorder.begin()
        second.open(.client, isCompressed: true)
        second.received([0x0A].span)
        second.finish()
        first.received([1, 2, 3].span)  // the handshake
        first.open(.server, isCompressed: false)
        first.skip(4)
        first.received([0x61].span)
        first.sent([1, 2, 3, 4, 0x62, 0x63].span)
        first.sent([0x64].span)
        first.finish()
        recorder.begin().finish()  // never opened
        let huge = recorder.begin()
        huge.open(.server, isCompressed: false)
        huge.received([UInt8](repeating: 0, count: 4 * 1024 * 1024).span)
        huge.finish()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            text == """
                connection 2 client deflate
                in 1


                end
                connection 1 server plain
                in 1
                a
                out 2
                bc
                out 1
                d
                end

                """)
    }

    @Test("A file that cannot be created is named")
    func unwritable() {
        #expect {
            try TranscriptRecorder(path: "/nowhere/file")
        } throws: { error in
            (error as? CommandFailure)?.description.contains("/nowhere/file") == true
        }
    }
}
