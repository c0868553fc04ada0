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
                documents[String(cString: file.path)] = PublicDocument.file(
                    contentType: String(cString: file.content_type), bytes: bytes)
            }
            if !game.hasPrefix(WebPage.gameOfPage) { documents["/"] = documents["/debug"] }
        }
        if let recording {
            documents["/"] = documents["/replay"]
            documents[ServerConfiguration.offeredRecordingPath] = PublicDocument.file(
                contentType: "application/octet-stream", bytes: recording)
        }
        self.documents = documents
    }

    /// The file of a path, or nil.
    func document(path: String) -> PublicDocument? { documents[path] }
}
