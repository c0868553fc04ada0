import Foundation
import ServerCore

/// The WebAssembly modules of a directory, read once when a server starts.
struct WebModules: Sendable {
    /// The modules by the path that they are served under, such as `/modules/arena.wasm`.
    let documents: [String: PublicDocument]

    /// The most modules of a server.
    static let countMax = 32
    /// The most bytes of a module; a game's is about 100 KiB.
    static let byteCountMax = 8 * 1024 * 1024
    /// The most bytes of all modules; they stay in memory.
    static let byteCountInAllMax = 32 * 1024 * 1024

    /// No modules.
    init() { documents = [:] }

    /// Reads `*.wasm` of a directory.
    ///
    /// - Throws: ``ServerError`` for the setting `web`: there is no module, or one that is too
    ///   large, or whose name or content is not a module's.
    init(directory: String) throws(ServerError) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw WebModules.failure("cannot read the directory \"\(directory)\"")
        }
        let modules = names.filter { $0.hasSuffix(".wasm") }.sorted()
        guard !modules.isEmpty else {
            throw WebModules.failure(
                "there is no .wasm in \"\(directory)\"; `make web` builds the modules")
        }
        guard modules.count <= WebModules.countMax else {
            throw WebModules.failure(
                "there are \(modules.count) modules; at most \(WebModules.countMax) are served")
        }
        var documents: [String: PublicDocument] = [:]
        var byteCount = 0
        for name in modules {
            let bytes = try WebModules.content(of: name, in: directory)
            byteCount += bytes.count
            guard byteCount <= WebModules.byteCountInAllMax else {
                throw WebModules.failure(
                    "the modules have more than \(WebModules.byteCountInAllMax) bytes in all")
            }
            documents["/modules/\(name)"] = PublicDocument.file(
                contentType: "application/wasm", bytes: bytes)
        }
        self.documents = documents
    }

    private static func content(
        of name: String, in directory: String
    ) throws(ServerError) -> [UInt8] {
        guard ServerCore.isRoomName(name) else {
            throw failure(
                "\"\(name)\" cannot be served; use at most 48 of A-Z a-z 0-9 . _ -")
        }
        let path = directory + "/" + name
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw failure("cannot read \"\(path)\"")
        }
        defer { try? file.close() }
        // One byte more tells a module that is too large from one that just fits.
        guard let content = try? file.read(upToCount: byteCountMax + 1) else {
            throw failure("cannot read \"\(path)\"")
        }
        guard content.count <= byteCountMax else {
            throw failure("\"\(path)\" has more than \(byteCountMax) bytes")
        }
        // WebAssembly §5.5.16: the magic number, and version 1.
        guard content.starts(with: [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]) else {
            throw failure("\"\(path)\" is no WebAssembly module")
        }
        return Array(content)
    }

    private static func failure(_ message: String) -> ServerError {
        ServerError(code: .setting, setting: "web", message: message)
    }
}
