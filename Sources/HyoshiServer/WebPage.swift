import CWebPage
import ServerCore

/// The built-in page: the files that were compiled in.
final class WebPage: Sendable {
    private let documents: [String: PublicDocument]

    /// Copies the files once; without `isServed` there are none.
    init(isServed: Bool) {
        var documents: [String: PublicDocument] = [:]
        if isServed {
            for index in 0..<hyoshi_web_file_count {
                let file = hyoshi_web_files[index]
                documents[String(cString: file.path)] = PublicDocument(
                    contentType: String(cString: file.content_type),
                    bytes: Array(UnsafeBufferPointer(start: file.bytes, count: file.count)),
                    changes: false)
            }
        }
        self.documents = documents
    }

    /// The file of a path, or nil.
    func document(path: String) -> PublicDocument? { documents[path] }
}
