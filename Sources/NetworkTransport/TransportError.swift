#if os(Linux)
    import Glibc
#endif

/// Why a transport could not start.
package enum TransportError: Error, Equatable, CustomStringConvertible {
    /// The text is no numeric IPv4 or IPv6 address.
    case notAnAddress(String)
    /// A system call failed with an error number.
    case system(call: String, errorNumber: Int32)

    /// One sentence for people.
    package var description: String {
        switch self {
        case .notAnAddress(let text):
            "\"\(text)\" is not a numeric IPv4 or IPv6 address"
        case .system(let call, let errorNumber):
            "\(call): \(Self.text(ofErrorNumber: errorNumber))"
        }
    }

    private static func text(ofErrorNumber errorNumber: Int32) -> String {
        #if os(Linux)
            guard let text = strerror(errorNumber) else { return "error \(errorNumber)" }
            return String(cString: text)
        #else
            return "error \(errorNumber)"
        #endif
    }
}

/// The result of a call that returns negative error numbers, or the error as a thrown one.
func checked(_ result: Int32, _ call: String) throws(TransportError) -> Int32 {
    guard result >= 0 else { throw .system(call: call, errorNumber: -result) }
    return result
}
