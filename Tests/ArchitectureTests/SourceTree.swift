import Foundation

/// A file of the repository.
struct SourceFile {
    /// The path from the top of the repository.
    var path: String
    var text: String
    /// The text with comments and the contents of string literals blanked; lines stay where they are.
    var code: String

    /// The file's target: its folder under Sources, or the folder of a game or program.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    init(path: String, text: String) {
        self.path = path
        self.text = text
        code = SourceText.blanked(text)
    }
}

/// The repository as it lies on the disk.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// All files under the folders whose names end in one of the endings.
    static func files(under folders: [String], endings: [String]) throws -> [SourceFile] {
        var files: [SourceFile] = []
        for folder in folders {
            let start = root.appendingPathComponent(folder).resolvingSymlinksInPath()
            guard let walk = FileManager.default.enumerator(atPath: start.path) else { continue }
            for case let name as String in walk {
                guard endings.contains(where: { name.hasSuffix("." + $0) }),
                    !name.contains("node_modules"), !name.hasPrefix("."), !name.contains("/.")
                else { continue }
                let url = start.appendingPathComponent(name)
                let text = try String(contentsOf: url, encoding: .utf8)
                files.append(SourceFile(path: folder + "/" + name, text: text))
            }
        }
        return files.sorted { $0.path < $1.path }
    }

    static func swift(_ folders: String...) throws -> [SourceFile] {
        try files(under: folders, endings: ["swift"])
    }
}
