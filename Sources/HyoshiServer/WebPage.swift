import CWebPage
import ServerCore

/// What browsers are served: the built-in page, as it was compiled in, and the games' modules.
final class WebPage: Sendable {
    private let documents: [String: PublicDocument]

    /// The game that the page at `/` draws; for any other the debug page stands there.
    private static let gameOfPage = "arena"

    /// Copies the files once; without `isServed` there is no page, only the modules.
    init(
        isServed: Bool, game: String = gameOfPage, modules: WebModules = WebModules(),
        recording: [UInt8]? = nil
    ) {
        var documents = modules.documents
        if isServed {
            for index in 0..<hyoshi_web_file_count {
                let file = hyoshi_web_files[index]
                let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
                documents[String(cString: file.path)] = PublicDocument(
                    contentType: String(cString: file.content_type), bytes: bytes, changes: false,
                    entityTag: WebPage.entityTag(of: bytes))
            }
            if !game.hasPrefix(WebPage.gameOfPage) { documents["/"] = documents["/debug"] }
        }
        if let recording {
            documents["/"] = documents["/replay"]
            documents[ServerConfiguration.offeredRecordingPath] = PublicDocument(
                contentType: "application/octet-stream", bytes: recording, changes: false,
                entityTag: WebPage.entityTag(of: recording))
        }
        self.documents = documents
    }

    /// The file of a path, or nil.
    func document(path: String) -> PublicDocument? { documents[path] }

    /// A strong validator of a content: its 64-bit FNV-1a hash, in quotes.
    static func entityTag(of bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "\"" + String(hash, radix: 16) + "\""
    }
}
