import Foundation
import Testing

@testable import HyoshiCommand

/// What `hyoshi new` writes: short, of the right names, and accepted by the compiler.
@Suite struct NewCommandTests {
    private let package = GamePackage(name: "MyGame", source: .clone("/a clone/of \"it\"'s"))

    @Test func theRulesHaveFortyLinesOfCodeAtMost() throws {
        let rules = try #require(package.files["Sources/MyGame/MyGame.swift"])
        let code = rules.split(separator: "\n").filter { line in
            !line.drop { $0 == " " }.hasPrefix("//")
        }
        #expect(code.count <= 40)
        for (path, text) in package.files where path.hasSuffix(".swift") {
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(path)")
            #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"), "\(path)")
        }
    }

    @Test func theReadmeShowsTheSameRules() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let readme = try String(
            contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        #expect(readme.contains("```swift\n" + package.rules + "```\n"))
    }

    @Test(arguments: [
        ("MyGame", true), ("X", true), ("Pong2", true), ("pong", false), ("", false),
        ("My-Game", false), ("My Game", false), ("Ünder", false), ("2Pong", false),
        ("../Up", false), ("Game", false), ("Server", false), ("Program", false),
        ("A" + String(repeating: "a", count: 40), false),
    ])
    func namesAreThoseOfSwiftTypes(name: String, isGood: Bool) {
        #expect((GamePackage.complaint(about: name) == nil) == isGood)
    }

    @Test func theManifestNamesWhereHyoshiIs() {
        #expect(
            package.manifest.contains(
                #".package(name: "hyoshi", path: "/a clone/of \"it\"'s")"#))
        #expect(package.webScript.contains(#"hyoshi='/a clone/of "it"'\''s'"#))
        let remote = GamePackage(
            name: "MyGame", source: .address("https://git.example/games/hyo.git", branch: "main"))
        #expect(
            remote.manifest.contains(
                #".package(url: "https://git.example/games/hyo.git", branch: "main")"#))
        #expect(remote.manifest.contains(#".product(name: "Hyoshi", package: "hyo")"#))
        #expect(remote.webScript.contains("hyoshi=.build/checkouts/hyo\n"))
    }

    @Test func nothingIsOverwritten() throws {
        let directory = try Directory()
        let path = directory.path + "/game"
        try package.write(to: path)
        #expect(FileManager.default.isExecutableFile(atPath: path + "/web.sh"))
        for file in package.files.keys {
            #expect(FileManager.default.fileExists(atPath: path + "/" + file))
        }
        #expect(throws: CocoaError.self) { try package.write(to: path) }
    }

    @Test func theCompilerTakesWhatIsWritten() throws {
        let directory = try Directory()
        try package.write(to: directory.path + "/game")
        let sources = directory.path + "/game/"
        let search = try CompilerSearch()
        let rules = try search.compile([
            "-emit-module", "-parse-as-library", "-module-name", "MyGame", "-emit-module-path",
            directory.path + "/MyGame.swiftmodule", sources + "Sources/MyGame/MyGame.swift",
            sources + "Sources/MyGame/Climber.swift",
        ])
        #expect(rules == "")
        let program = try search.compile([
            "-typecheck", "-parse-as-library", "-I", directory.path,
            sources + "Sources/Server/Program.swift",
        ])
        #expect(program == "")
        let tests = try search.compile([
            "-typecheck", "-parse-as-library", "-I", directory.path,
            sources + "Tests/MyGameTests/MyGameTests.swift",
        ])
        #expect(tests == "")
    }
}

/// A directory that goes when the test ends.
private final class Directory {
    let path = NSTemporaryDirectory() + "hyoshi-new-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The compiler, told where the modules of this build are.
private struct CompilerSearch {
    private var options = ["-swift-version", "6", "-warnings-as-errors"]

    /// Looks around this program: its modules, and the maps of the C modules that they use.
    init() throws {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var build = program.deletingLastPathComponent()
        let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
        if let tests { build = URL(fileURLWithPath: tests).deletingLastPathComponent() }
        options += ["-I", build.appendingPathComponent("Modules").path]
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: build.path) where name.hasSuffix(".build")
        {
            let map = build.appendingPathComponent(name + "/module.modulemap").path
            guard files.fileExists(atPath: map) else { continue }
            options += ["-Xcc", "-fmodule-map-file=" + map]
        }
        // Modules of C that bring their own maps lie in the clones of the dependencies.
        let clones = build.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("checkouts/swift-numerics/Sources/_NumericsShims/include")
        options += ["-I", clones.path]
        // The macros of tests are a plug-in, which only the package manager names to the compiler.
        if let resources = try CompilerSearch.resourceDirectory() {
            options += ["-plugin-path", resources + "/host/plugins/testing"]
        }
    }

    /// Where the compiler keeps what belongs to it.
    private static func resourceDirectory() throws -> String? {
        let information = try run(["-print-target-info"])
        let object = try JSONSerialization.jsonObject(with: Data(information.utf8))
        let paths = (object as? [String: Any])?["paths"] as? [String: Any]
        return paths?["runtimeResourcePath"] as? String
    }

    /// Compiles; returns what the compiler has to say.
    func compile(_ arguments: [String]) throws -> String {
        try CompilerSearch.run(options + arguments)
    }

    private static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["swiftc"] + arguments
        process.standardError = output
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let said = String(decoding: text, as: UTF8.self)
        return process.terminationStatus == 0 ? said : "failed: " + said
    }
}
