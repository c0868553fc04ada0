import ArgumentParser
import Foundation
import HyoshiProgram

/// `hyoshi new`: writes a package with a game of one file and its server.
struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a package with a game of your own: one file of rules, and its server.",
        discussion: """
            hyoshi new MyGame writes MyGame/, a Swift package. In it:

              swift run      serves the game; open http://127.0.0.1:8080/ in several windows; with
                             --record DIR it records, and with replay FILE it looks into that
              swift test     plays it without a network
              ./web.sh       compiles the rules to WebAssembly, so that browsers predict with them

            Exit codes: 0 written, 64 a wrong option, 73 a file could not be written.
            """)

    @Argument(help: "The game's name, a Swift type's: MyGame.")
    var name: String
    @Option(
        help: "Directory to write to; it must not exist. (default: the name)",
        completion: .directory)
    var path: String?
    @Option(
        help: "Directory of a clone of Hyoshi. (default: the one that this program was built in)",
        completion: .directory)
    var hyoshiPath: String?
    @Option(help: "Git address of Hyoshi, in place of a clone.")
    var hyoshiURL: String?
    @Option(help: "Branch that --hyoshi-url means. (default: main)")
    var hyoshiBranch: String?

    mutating func validate() throws {
        if let complaint = GamePackage.complaint(about: name) { throw ValidationError(complaint) }
        guard hyoshiPath == nil || hyoshiURL == nil else {
            throw ValidationError("--hyoshi-path and --hyoshi-url: give one of them")
        }
        guard hyoshiBranch == nil || hyoshiURL != nil else {
            throw ValidationError("--hyoshi-branch goes with --hyoshi-url")
        }
    }

    func run() throws {
        let package = GamePackage(name: name, source: try source())
        let directory = path ?? name
        try CommandFailure.reported {
            do {
                try package.write(to: directory)
            } catch let error as CocoaError where error.code == .fileWriteFileExists {
                throw CommandFailure(.cannotCreate, "--path: \"\(directory)\" is there already")
            } catch {
                throw CommandFailure(
                    .cannotCreate, "cannot write \"\(directory)\": \(error.localizedDescription)")
            }
        }
        print(
            """
            \(directory)/ is written. What is in it:
              Sources/\(name)/\(name).swift   the rules: start here
              Sources/\(name)/Climber.swift   a bot that plays it: bots --help
              Sources/Server/Program.swift   the program: serves, and looks into recordings
              README.md                   what to do next

            Next:
              cd \(directory) && swift run
            """)
    }

    /// Where the package finds Hyoshi.
    private func source() throws -> GamePackage.Source {
        if let hyoshiURL {
            return .address(hyoshiURL, branch: hyoshiBranch ?? "main")
        }
        guard let hyoshiPath else {
            guard let clone = NewCommand.ownClone else {
                throw ValidationError(
                    "this program's own clone of Hyoshi is gone; give --hyoshi-path or --hyoshi-url"
                )
            }
            return .clone(clone)
        }
        let clone = URL(fileURLWithPath: hyoshiPath).standardizedFileURL.path
        guard NewCommand.isClone(clone) else {
            throw ValidationError("--hyoshi-path: there is no package \"hyoshi\" in \(clone)")
        }
        return .clone(clone)
    }

    /// The clone that this program was built in, while it is there.
    private static var ownClone: String? {
        // This file is Sources/HyoshiCommand/NewCommand.swift of it.
        let file = URL(fileURLWithPath: #filePath)
        let clone = file.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().standardizedFileURL.path
        return isClone(clone) ? clone : nil
    }

    private static func isClone(_ directory: String) -> Bool {
        let manifest = try? String(contentsOfFile: directory + "/Package.swift", encoding: .utf8)
        return manifest?.contains("name: \"hyoshi\"") == true
    }
}
