import CDeflate
import ServerCore

extension PublicDocument {
    /// A file that stays as it is while the server runs: it is compressed once, here, for those who
    /// take it so.
    static func file(contentType: String, bytes: [UInt8]) -> PublicDocument {
        let tag = hash(of: bytes)
        var file = PublicDocument(
            contentType: contentType, bytes: bytes, changes: false, entityTag: "\"\(tag)\"")
        // What is hardly shorter is not worth its memory: pictures, recordings.
        if let gzip = gzip(bytes), gzip.count < bytes.count / 10 * 9 {
            file.compressed = CompressedForm(bytes: gzip, entityTag: "\"\(tag)-gzip\"")
        }
        return file
    }

    /// A content's 64-bit FNV-1a hash.
    private static func hash(of bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }

    /// One gzip member (RFC 1952); nil where zlib refuses.
    private static func gzip(_ bytes: [UInt8]) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: cdeflate_gzip_bound(bytes.count))
        let count = bytes.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                cdeflate_gzip(input.baseAddress, input.count, output.baseAddress, output.count)
            }
        }
        guard count > 0 else { return nil }
        output.removeLast(output.count - count)
        return output
    }
}
