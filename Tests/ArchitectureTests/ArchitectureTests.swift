import Foundation
import Testing

/// The layers as docs and Package.swift have them, held to what the files say.
@Suite struct ArchitectureTests {
    /// Which modules a pure target may import, and nothing else.
    static let pureTargets: [String: Set<String>] = [
        "TransportInterface": [],
        "MessagePack": ["CMessagePack"],
        "WebSocketProtocol": ["CDeflate", "TransportInterface"],
        "Hyoshi": [],
        "NetworkModel": ["Hyoshi", "TransportInterface"],
        "Replication": ["Hyoshi", "MessagePack"],
        "GameProtocol": ["Hyoshi", "MessagePack", "Replication"],
        "RoomCore": ["Hyoshi", "Replication", "TransportInterface"],
        "Recording": ["CDeflate", "Hyoshi", "Replication", "RoomCore"],
        "ServerCore": [
            "GameProtocol", "Hyoshi", "MessagePack", "Replication", "RoomCore",
            "TransportInterface", "WebSocketProtocol",
        ],
        "ClientCore": [
            "GameProtocol", "Hyoshi", "MessagePack", "Replication", "TransportInterface",
        ],
        "ClientSession": [
            "ClientCore", "GameProtocol", "Hyoshi", "Replication", "TransportInterface",
            "WebSocketProtocol",
        ],
        "WebCore": [
            "ClientCore", "GameProtocol", "Hyoshi", "MessagePack", "Recording", "Replication",
            "TransportInterface",
        ],
    ]

    /// What would let the outside world into a pure target: clocks, threads, system randomness, I/O.
    static let outsideWords: Set<String> = [
        "async", "await", "actor", "Task", "Date", "Clock", "ContinuousClock", "SuspendingClock",
        "SystemRandomNumberGenerator", "print", "debugPrint", "getenv", "fopen",
        "DispatchQueue", "Mutex", "Atomic", "Thread", "Logger",
    ]

    /// What Embedded Swift does not have.
    static let notEmbeddedWords: Set<String> = [
        "any", "Any", "Codable", "Encodable", "Decodable", "Mirror", "KeyPath", "WritableKeyPath",
    ]
    static let embeddedTargets: Set<String> = [
        "Hyoshi", "Replication", "ClientCore", "WebCore",
    ]

    /// Files with a `precondition`, each with why no peer's bytes can make it fail.
    static let justifiedPreconditions: [String: String] = [
        "Sources/WebSocketProtocol/Endpoint/EventDigest.swift": "a test's own number",
        "Sources/WebSocketProtocol/Endpoint/WebSocketScratch.swift": "every caller cuts to it",
        "Sources/WebSocketProtocol/Endpoint/WebSocketEndpoint+Send.swift": "what we send",
        "Sources/WebSocketProtocol/Endpoint/WebSocketEndpoint.swift": "our own close codes",
        "Sources/WebSocketProtocol/Frames/WebSocketFrame.swift": "a count of what we send",
        "Sources/WebSocketProtocol/Frames/Masking.swift": "ranges that the endpoint has judged",
        "Sources/WebSocketProtocol/Deflate/InflateStream.swift": "an offset that it returned",
        "Sources/ServerCore/ServerSettings.swift": "the program's own list of games",
        "Sources/MessagePack/MessagePackPacker.swift": "counts of what we send",
        "Sources/MessagePack/MessagePackWriter.swift": "counts of what we send",
        "Sources/MessagePack/MessagePackReader+Integers.swift": "room that the caller has made",
        "Sources/MessagePack/MessagePackReader.swift": "an offset that the caller has counted",
        "Sources/HyoshiReplay/ReplayWorld.swift": "checked when it was made",
        "Sources/HyoshiServer/HyoshiServer.swift": "checked before the loops were started",
        "Sources/NetworkTransport/LoopGroup.swift": "the program's own configuration",
        "Sources/NetworkTransport/EventLoop+Accept.swift": "the loop's own invariant",
        "Sources/NetworkTransport/EventLoop+Close.swift": "the loop's own invariant",
    ]

    static let linesOfFileMax = 500
    static let linesOfFunctionMax = 70

    private func pureFiles() throws -> [SourceFile] {
        let files = try SourceTree.swift("Sources").filter {
            ArchitectureTests.pureTargets[$0.target] != nil
        }
        #expect(files.count > 80, "the scan must see the sources")
        return files
    }

    @Test func pureTargetsImportTheirLayersOnly() throws {
        for file in try pureFiles() {
            let allowed = ArchitectureTests.pureTargets[file.target] ?? []
            for found in SourceText.imports(inBlanked: file.code) {
                #expect(allowed.contains(found.what), "\(file.path) imports: \(found)")
            }
        }
    }

    @Test func thePackageSaysTheSame() throws {
        let manifest = try #require(
            try SourceTree.files(under: ["."], endings: ["swift"]).first {
                $0.path == "./Package.swift"
            })
        for (target, allowed) in ArchitectureTests.pureTargets {
            let declaration = try #require(Manifest.declaration(of: target, in: manifest.text))
            #expect(Manifest.dependencies(declaration) == allowed, "\(target)")
            #expect(declaration.contains("pureSettings"), "\(target)")
        }
    }

    @Test func pureTargetsKnowNoOutsideWorld() throws {
        for file in try pureFiles() {
            let words = ArchitectureTests.outsideWords
            for found in SourceText.words(words, inBlanked: file.code) {
                Issue.record("\(file.path): \(found)")
            }
            // Without a generator handed in, the numbers are the system's.
            for call in [".random(in", ".random()", ".randomElement()", ".shuffled()"] {
                #expect(!file.code.contains(call), "\(file.path): \(call)")
            }
            for found in SourceText.globalState(inBlanked: file.code) {
                Issue.record("\(file.path): global state: \(found)")
            }
        }
    }

    @Test func whatRunsInABrowserIsWithinEmbeddedSwift() throws {
        for file in try pureFiles() where ArchitectureTests.embeddedTargets.contains(file.target) {
            let words = ArchitectureTests.notEmbeddedWords
            for found in SourceText.words(words, inBlanked: file.code) {
                Issue.record("\(file.path): \(found)")
            }
        }
    }

    @Test func nothingIsForced() throws {
        let files = try SourceTree.swift("Sources", "Games", "Simulator")
        #expect(files.count > 100, "the scan must see the sources")
        for file in files {
            for found in SourceText.forces(inBlanked: file.code) {
                Issue.record("\(file.path): forced: \(found)")
            }
            for found in SourceText.words(["fatalError"], inBlanked: file.code) {
                Issue.record("\(file.path): \(found)")
            }
            let preconditions: Set = ["precondition", "preconditionFailure", "assertionFailure"]
            if let first = SourceText.words(preconditions, inBlanked: file.code).first {
                #expect(
                    ArchitectureTests.justifiedPreconditions[file.path] != nil,
                    "\(file.path): not justified: \(first)")
            }
        }
    }

    @Test func filesAndFunctionsAreShort() throws {
        let files = try SourceTree.files(
            under: ["Sources", "Games", "Simulator", "Tests", "Fuzz"], endings: ["swift", "c", "h"])
        for file in files {
            // The page's bytes, as a program wrote them.
            if file.path.hasPrefix("Sources/CWebPage/") { continue }
            let count = SourceText.lines(file.text).count - 1
            #expect(count <= ArchitectureTests.linesOfFileMax, "\(file.path)")
            guard file.path.hasSuffix(".swift") else { continue }
            let functions = SourceText.longFunctions(
                inBlanked: file.code, linesMax: ArchitectureTests.linesOfFunctionMax)
            for found in functions { Issue.record("\(file.path): \(found)") }
        }
    }

    @Test func nothingIsLeftOver() throws {
        // In pieces, so that this file does not find itself.
        let marks = ["TO" + "DO", "FIX" + "ME", "/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/"]
        let files = try SourceTree.files(
            under: ["Sources", "Games", "Simulator", "Tests", "Fuzz", "Clients", "docs"],
            endings: ["swift", "c", "h", "js", "mjs", "css", "html", "md", "py", "sh", "mk", "txt"])
        for file in files {
            for (number, line) in SourceText.lines(file.text).enumerated() {
                for mark in marks where line.contains(mark) {
                    Issue.record("\(file.path):\(number + 1): \(mark)")
                }
            }
        }
    }
}

/// The parts of Package.swift that the tests compare.
enum Manifest {
    /// The text of a target's declaration.
    static func declaration(of target: String, in text: String) -> String? {
        let starts = [".target(name: \"\(target)\"", ".target(\n            name: \"\(target)\""]
        for start in starts {
            guard let range = text.range(of: start) else { continue }
            let rest = text[range.lowerBound...]
            guard let end = rest.range(of: "ettings)") else { continue }
            return String(rest[..<end.upperBound])
        }
        return nil
    }

    /// The quoted names in the list of dependencies.
    static func dependencies(_ declaration: String) -> Set<String> {
        guard let start = declaration.range(of: "dependencies: ["),
            let end = declaration[start.upperBound...].firstIndex(of: "]")
        else { return [] }
        let parts = declaration[start.upperBound..<end].split(
            separator: "\"", omittingEmptySubsequences: false)
        var names: Set<String> = []
        // Between the quotes; around them stand commas and spaces.
        for position in stride(from: 1, to: parts.count, by: 2) {
            names.insert(String(parts[position]))
        }
        return names
    }
}
