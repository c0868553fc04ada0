import Foundation

/// A Swift package with a game of one file, its server and its tests.
struct GamePackage {
    /// Where the package finds Hyoshi.
    enum Source: Equatable {
        /// A clone on this machine.
        case clone(String)
        /// A Git repository.
        case address(String, branch: String)
    }

    /// The name of the game's type and module.
    let name: String
    /// Where Hyoshi is.
    let source: Source

    /// What the libraries and the package itself already call something.
    private static let takenNames: Set<String> = [
        "Bot", "BotCommand", "BotPolicy", "BotView", "Climber",
        "DeterministicRandom", "Entities", "Entity", "EntityID", "FieldVisitor", "Fields",
        "FixedPoint", "Game", "GameProgram", "Hyoshi", "HyoshiProgram", "HyoshiReplay",
        "HyoshiServer", "Input", "Interest", "Int32", "Player", "Program",
        "SeatIndex", "SeatSet", "Self", "Server", "Simulation", "StepContext", "Swift", "Testing",
        "Tick", "Type",
    ]

    /// Why a game cannot have this name; nil where it can.
    static func complaint(about name: String) -> String? {
        let letters = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        let isUpper = name.utf8.first.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")) ~= $0 } == true
        guard letters, isUpper, name.utf8.count <= 40 else {
            return "\"\(name)\" is no name of a game; write it like MyGame: a capital letter, then "
                + "letters and digits, 40 at most"
        }
        if takenNames.contains(name) { return "\"\(name)\" is taken; choose another name" }
        return nil
    }

    /// The files by their paths in the package.
    var files: [String: String] {
        [
            "Package.swift": manifest, "Sources/\(name)/\(name).swift": rules,
            "Sources/\(name)/Climber.swift": bot,
            "Sources/Server/Program.swift": program, "Tests/\(name)Tests/\(name)Tests.swift": tests,
            "README.md": readme, ".gitignore": ".build/\n", "web.sh": webScript,
        ]
    }

    /// Writes the package; the directory must not exist.
    func write(to directory: String) throws {
        let root = URL(fileURLWithPath: directory, isDirectory: true)
        let files = FileManager.default
        guard !files.fileExists(atPath: root.path) else {
            throw CocoaError(.fileWriteFileExists)
        }
        for (path, text) in self.files.sorted(by: { $0.key < $1.key }) {
            let file = root.appendingPathComponent(path)
            try files.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try files.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: root.appendingPathComponent("web.sh").path)
    }
}
