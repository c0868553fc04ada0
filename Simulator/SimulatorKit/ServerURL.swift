package import TransportInterface

/// Where a server is: `ws://host[:port]` or `http://host[:port]`, host numeric or `localhost`.
package struct ServerURL: Sendable, Equatable {
    /// The host as it was written, for the Host header.
    package let host: String
    /// Address and port to connect to.
    package let address: SocketAddress

    /// Reads a URL of the given scheme; a path is not allowed, a final `/` is.
    package init(_ text: String, scheme: String, defaultPort: UInt16) throws(URLError) {
        guard text.hasPrefix("\(scheme)://") else { throw .scheme(text, wanted: scheme) }
        var rest = text.dropFirst(scheme.count + 3)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, !host.isEmpty, parts.count <= 2, !rest.contains("/") else {
            throw .malformed(text)
        }
        var port = defaultPort
        if parts.count == 2 {
            guard let number = UInt16(parts[1]), number > 0 else { throw .malformed(text) }
            port = number
        }
        guard let ipv4 = ServerURL.ipv4(host == "localhost" ? "127.0.0.1" : host) else {
            throw .host(String(host))
        }
        self.host = String(host)
        address = SocketAddress(ipv4: ipv4, port: port)
    }

    private static func ipv4(_ host: Substring) -> UInt32? {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let octet = UInt8(part), part.first != "+" else { return nil }
            number = number << 8 | UInt32(octet)
        }
        return number
    }
}

/// Why a text is not the URL of a server.
package enum URLError: Error, Equatable, CustomStringConvertible {
    /// Another scheme than the wanted one.
    case scheme(String, wanted: String)
    /// Not of the form `scheme://host:port`.
    case malformed(String)
    /// A host that would have to be looked up.
    case host(String)

    /// What is wrong, and what would be right.
    package var description: String {
        switch self {
        case .scheme(let text, let wanted): "'\(text)' does not begin with \(wanted)://"
        case .malformed(let text): "'\(text)' is not of the form scheme://host:port"
        case .host(let host): "'\(host)' is neither an IPv4 address nor localhost"
        }
    }
}

/// A duration as people write it: `80ms`, `1.5s`, `250us`.
package enum DurationText {
    /// Nanoseconds, or nil where the text is not a duration of at most an hour.
    package static func nanoseconds(_ text: String) -> UInt64? {
        let units: [(suffix: String, factor: Double)] = [
            ("ms", 1e6), ("us", 1e3), ("µs", 1e3), ("ns", 1), ("s", 1e9),
        ]
        for (suffix, factor) in units where text.hasSuffix(suffix) {
            let digits = text.dropLast(suffix.count)
            guard let first = digits.first, first.isNumber, let number = Double(digits) else {
                return nil
            }
            let nanoseconds = number * factor
            guard nanoseconds >= 0, nanoseconds <= 3.6e12 else { return nil }
            return UInt64(nanoseconds.rounded())
        }
        return text == "0" ? 0 : nil
    }
}
