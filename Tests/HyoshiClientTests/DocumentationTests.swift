#if os(Linux)
    import Foundation
    import HyoshiServer
    import Testing

    @Suite struct DocumentationTests {
        @Test func theDocumentShowsWhatIsCompiled() throws {
            let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            let source = try String(
                contentsOf: here.appendingPathComponent("DocumentationExample.swift"),
                encoding: .utf8)
            let parts = source.components(separatedBy: "// example ")
            try #require(parts.count == 3)
            let example = parts[1].dropFirst("begins\n".count)
            let root = here.deletingLastPathComponent().deletingLastPathComponent()
            let document = try String(
                contentsOf: root.appendingPathComponent("docs/client.md"), encoding: .utf8)
            #expect(document.contains(example))
        }

        @Test func theExampleFlies() async throws {
            let server = try startServer()
            defer { server.stop() }
            var drawn = 0
            // The own ship comes with the server's next snapshots, however long a machine takes.
            for _ in 0..<30 where drawn == 0 {
                try await fly(url: "ws://127.0.0.1:\(server.port)", frames: 60) { _, isOwn in
                    if isOwn { drawn += 1 }
                }
            }
            #expect(drawn > 0)
        }
    }
#endif
